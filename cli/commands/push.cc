#include "base/error.h"
#include "base/text.h"
#include "cli/context.h"
#include "cli/git.h"
#include "cli/registration.h"
#include "cli/repository_setup.h"

namespace ain::cli {
namespace {

constexpr const char* kIdentityRefspec = "refs/ain/identity:refs/ain/identity";

// The host's default branch as the clone was told; else the one that is checked out.
bool is_default_branch(const repo::Repository& repository, const std::string& remote) {
  const std::string prefix = fmt::format("refs/remotes/{}/", remote);
  try {
    const std::string head(trim(git_output({"symbolic-ref", "--quiet", prefix + "HEAD"}, repository.git_folder())));
    return head == prefix + repository.head_name();
  } catch (const Error&) {
    return true;
  }
}

bool git_succeeds(const std::vector<std::string>& arguments) {
  try {
    git_output(arguments);
    return true;
  } catch (const Error&) {
    return false;
  }
}

// True when our identity holds revisions that the host lacks. When it is the host's that is newer, ours follows it.
bool identity_to_push(repo::Repository& repository, const std::string& remote) {
  const auto ours = repository.reference(repo::kIdentityRef);
  if (!ours) return false;
  const std::string theirs_name = theirs_reference(remote);
  if (!git_succeeds({"fetch", "--quiet", remote, fmt::format("+{}:{}", repo::kIdentityRef, theirs_name)})) {
    return true;  // nothing there yet: the first push brings it
  }
  const auto theirs = repository.reference(theirs_name);
  if (!theirs) return true;
  if (*ours == *theirs) return false;
  if (!git_succeeds({"merge-base", "--is-ancestor", *ours, *theirs})) return true;
  const auto newer = repo::read_identity_at(repository, *theirs);
  const auto known = repo::read_identity(repository);
  if (!newer || !known || newer->id != known->id) {
    fail(ErrorKind::bad_signature, "the identity at '{}' is another repository's", remote);
  }
  repository.set_reference(repo::kIdentityRef, *theirs, "from " + remote);
  allow_delegates(repository, *newer);
  return false;
}

int run(Context& context) {
  repo::Repository& repository = context.repository();
  const Values& options = context.options;
  const std::string remote = options.text_or("REMOTE", "origin");
  const auto url = repository.config(fmt::format("remote.{}.url", remote)).value_or(remote);
  std::vector<std::string> refspecs = options.texts("REFSPEC");
  std::vector<std::string> arguments = {"push"};
  for (const char* flag : {"force", "tags", "all", "dry-run", "delete", "quiet"}) {
    if (options.flag(flag)) arguments.push_back(fmt::format("--{}", flag));
  }
  if (refspecs.empty() && !options.flag("all")) {
    if (!repository.head_commit()) {
      fail_with_hint(ErrorKind::failed, "ain add --all && ain commit -m 'first'", "there is no commit to push yet");
    }
    const std::string branch = repository.head_name();
    if (!repository.reference("refs/heads/" + branch)) {
      fail_with_hint(ErrorKind::usage, fmt::format("ain push {} HEAD:refs/heads/NAME", remote), "there is no branch checked out to push");
    }
    refspecs.push_back(fmt::format("refs/heads/{0}:refs/heads/{0}", branch));
  }
  if (!options.flag("delete")) arguments.emplace_back("--set-upstream");
  if (repo::parse_repository_url(url) && !options.flag("delete")) {
    context.account();
    if (identity_to_push(repository, remote)) refspecs.emplace_back(kIdentityRefspec);
  }
  arguments.push_back(remote);
  arguments.insert(arguments.end(), refspecs.begin(), refspecs.end());
  const bool publishes = repo::parse_repository_url(url) && !options.flag("delete") && !options.flag("dry-run");
  const auto identity = publishes ? repo::read_identity(repository) : std::nullopt;
  const auto head = repository.head_commit();
  std::optional<repo::ClaimTree> tree;
  if (identity && head) tree = register_root(context, *identity, *head);
  if (run_git(context, arguments) != 0) return static_cast<int>(ErrorKind::failed);
  if (identity && head) {
    // With refspecs of one's own it may be another branch that went.
    const bool anchored = options.texts("REFSPEC").empty() && is_default_branch(repository, remote);
    register_on_ledger(context, *identity, {*head, anchored}, tree);
  }
  return 0;
}

void declare(Declaration& options) {
  options.positional("REMOTE", "where to (default: origin)", false)
      .positionals("REFSPEC", "what (default: the branch, and the repository's identity)")
      .flag("force", 'f', "overwrite what is there")
      .flag("tags", 0, "all tags as well")
      .flag("all", 0, "all branches")
      .flag("delete", 'd', "delete the named references there")
      .flag("dry-run", 'n', "only say what would be done");
}

}  // namespace

extern const Command push_command;
const Command push_command = {.name = "push",
                              .group = Group::repository,
                              .summary = "Publish commits on a node that hosts the repository",
                              .needs = {.repository = true},
                              .declare = declare,
                              .run = run};

}  // namespace ain::cli
