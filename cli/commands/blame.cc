#include "repo/blame.h"

#include <ctime>

#include "base/error.h"
#include "base/text.h"
#include "cli/blame_view.h"
#include "cli/known_accounts.h"
#include "cli/pager.h"
#include "cli/walk_progress.h"
#include "repo/identity.h"

namespace ain::cli {
namespace {

namespace fs = std::filesystem;

struct Asked {
  std::optional<repo::ObjectId> commit;  // nothing: the file as it is in the work folder
  std::string revision = "HEAD";
  std::string path;  // from the repository's root
  bool porcelain = false;
  bool each_line = false;
  repo::BlameOptions options;
};

// A path that was typed in the current folder, from the repository's root.
std::string path_in_repository(const repo::Repository& repository, const std::string& typed) {
  if (repository.work_folder().empty()) return typed;
  const fs::path root = fs::canonical(repository.work_folder());
  const fs::path path = (fs::current_path() / typed).lexically_normal().lexically_relative(root);
  if (path.empty() || *path.begin() == "..") {
    fail(ErrorKind::failed, "'{}' is outside of the repository at '{}'", sanitize(typed), root.string());
  }
  return path.string();
}

Asked read_options(Context& context) {
  const repo::Repository& repository = context.repository();
  const Values& options = context.options;
  const std::vector<std::string> words = options.texts("FILE");
  if (words.empty() || words.size() > 2) {
    fail_with_hint(ErrorKind::usage, "ain blame [REV] FILE", "{} file was named", words.empty() ? "no" : "more than one");
  }
  Asked asked;
  for (const char* form : {"porcelain", "line-porcelain"}) {
    const char* other = options.flag("tokens") ? "tokens" : context.out.json() ? "json" : nullptr;
    if (other != nullptr && options.flag(form)) fail(ErrorKind::usage, "--{} beside --{}: there is one form at a time", other, form);
  }
  asked.path = path_in_repository(repository, words.back());
  asked.porcelain = options.flag("porcelain") || options.flag("line-porcelain");
  asked.each_line = options.flag("line-porcelain");
  asked.options = {options.flag("ignore-space"), !options.flag("no-follow")};
  if (words.size() == 2) asked.revision = words.front();
  // Without a work folder there is nothing but HEAD, and tokens that nobody has signed are nobody's.
  if (words.size() == 2 || repository.work_folder().empty() || options.flag("tokens")) {
    asked.commit = repository.resolve_commit(asked.revision);
    if (!repo::has_file(repository, *asked.commit, asked.path)) {
      const bool is_folder = repo::has_path(repository, *asked.commit, asked.path);
      fail_with_hint(ErrorKind::failed, fmt::format("the files that are there: git ls-tree -r --name-only {}", sanitize(asked.revision)),
                     "{} '{}' in {}", is_folder ? "no file, but a folder, is" : "no such path", sanitize(asked.path), sanitize(asked.revision));
    }
  }
  return asked;
}

// As git tells of lines that nobody has committed yet.
repo::CommitDetails uncommitted(const Asked& asked) {
  const std::time_t now = std::time(nullptr);
  std::tm local{};
  localtime_r(&now, &local);
  char text[64];
  const std::string iso(text, std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S %z", &local));
  const std::string date = asked.porcelain ? fmt::format("{} {}", now, iso.substr(iso.rfind(' ') + 1)) : iso;
  const repo::Signature nobody{"Not Committed Yet", "not.committed.yet", date, now};
  return {repo::kUncommitted, "", false, nobody, nobody, fmt::format("Version of {0} from {0}", asked.path)};
}

std::map<repo::ObjectId, BlamedCommit> tell_commits(Context& context, const Asked& asked, std::vector<repo::ObjectId> ids) {
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  std::map<repo::ObjectId, BlamedCommit> commits;
  const repo::Repository& repository = context.repository();
  if (std::erase(ids, repo::kUncommitted) > 0) {
    commits[repo::kUncommitted] = {uncommitted(asked), ""};
    if (ids.empty()) ids.push_back(*repository.head_commit());  // tells how short an id may be
  }
  const std::string mode = asked.porcelain ? "raw" : repository.config("blame.date").value_or("iso");
  std::optional<KnownAccounts> accounts;
  if (!asked.porcelain) accounts.emplace(context);
  for (repo::CommitDetails& details : repo::commit_details(repository, ids, mode)) {
    BlamedCommit& commit = commits[details.commit];
    if (accounts) commit.account = accounts->signer_of(details.commit).value_or("");
    commit.details = std::move(details);
  }
  return commits;
}

void add_previous(const repo::Repository& repository, const Asked& asked, BlameView& view) {
  std::vector<repo::FileVersion> versions;
  for (const repo::BlameGroup& group : view.groups) {
    if (group.commit != repo::kUncommitted) versions.push_back({group.commit, group.path});
    else if (const auto before = repo::version_before_work(repository, asked.path, asked.options.follow)) {
      view.previous.emplace(repo::FileVersion{group.commit, group.path}, *before);
    }
  }
  std::sort(versions.begin(), versions.end());
  versions.erase(std::unique(versions.begin(), versions.end()), versions.end());
  const auto found = repo::previous_versions(repository, versions, asked.options.follow);
  for (size_t i = 0; i < versions.size(); ++i) {
    if (found[i]) view.previous.emplace(versions[i], *found[i]);
  }
}

template <typename Find>
auto walk_with_progress(Context& context, Find find) {
  WalkProgress progress(context.out);
  return find(progress.report());
}

void write(Context& context, const std::string& text) {
  page(context.out, text, context.repository().config("core.pager"));
}

int show_tokens(Context& context, const Asked& asked) {
  const repo::TokenBlame blame = walk_with_progress(context, [&](const repo::WalkReport& report) {
    return repo::blame_tokens(context.repository(), repo::read_identity(context.repository()), *asked.commit, asked.path, asked.options.follow,
                              report);
  });
  if (blame.runs.empty()) context.out.say("'{}' has no tokens in {}", sanitize(asked.path), sanitize(asked.revision));
  TokenView view{.path = asked.path, .lines = lines_of(blame.text)};
  const KnownAccounts accounts(context);
  for (const repo::Owner& owner : blame.owners) {
    view.owners.push_back(owner.claimed ? "@" + accounts.name_of(owner.payee).value_or(owner.payee) : owner.email);
    view.payees.push_back(owner.payee);
  }
  std::vector<repo::ObjectId> ids;
  for (const LineRange& range : line_ranges(context.options.texts("lines"), view.lines, asked.path)) {
    for (const repo::TokenRun& run : blame.runs) {
      if (run.line < range.first || run.line > range.last) continue;
      view.runs.push_back(run);
      ids.push_back(run.commit);
    }
  }
  view.commits = tell_commits(context, asked, std::move(ids));
  if (context.out.json()) context.out.document(tokens_json(view));
  else write(context, tokens_text(view, context.out));
  return 0;
}

int show_lines(Context& context, const Asked& asked) {
  const repo::Repository& repository = context.repository();
  const repo::Blame blame = walk_with_progress(context, [&](const repo::WalkReport& report) {
    return asked.commit ? repo::blame(repository, *asked.commit, asked.path, asked.options, report)
                        : repo::blame_work_folder(repository, asked.path, asked.options, report);
  });
  BlameView view{.path = asked.path, .lines = lines_of(blame.text)};
  view.groups = clip(blame.groups, line_ranges(context.options.texts("lines"), view.lines, asked.path));
  std::vector<repo::ObjectId> ids;
  for (const repo::BlameGroup& group : view.groups) ids.push_back(group.commit);
  view.commits = tell_commits(context, asked, std::move(ids));
  if (context.out.json()) {
    context.out.document(blame_json(view));
  } else if (asked.porcelain) {
    add_previous(repository, asked, view);
    write(context, porcelain_text(view, asked.each_line, repository.config("core.quotePath").value_or("true") != "false"));
  } else {
    write(context, blame_text(view, context.out));
  }
  return 0;
}

int run(Context& context) {
  const Asked asked = read_options(context);
  return context.options.flag("tokens") ? show_tokens(context, asked) : show_lines(context, asked);
}

void declare(Declaration& options) {
  options.flag("ignore-space", 'w', "blanks do not count: who changed nothing else changed nothing")
      .flag("no-follow", 0, "stop where the file was renamed")
      .list("lines", 'L', "RANGE", "only these lines: 10,20 or 10,+5 or /regex/,+5")
      .flag("porcelain", 0, "for programs, byte for byte git's")
      .flag("line-porcelain", 0, "the same, all of it for each line")
      .flag("tokens", 0, "whose each token is, in the commit (default: HEAD): what the payment of authors counts")
      .positionals("FILE", "one file, as it is in the work folder, or, after a REV, in that commit", true);
}

}  // namespace

extern const Command blame_command;
const Command blame_command = {.name = "blame",
                               .group = Group::repository,
                               .summary = "Show who last changed each line of a file",
                               .needs = {.repository = true},
                               .declare = declare,
                               .run = run};

}  // namespace ain::cli
