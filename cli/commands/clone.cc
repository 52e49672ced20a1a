#include <unistd.h>

#include "base/error.h"
#include "base/files.h"
#include "cli/context.h"
#include "cli/git.h"
#include "cli/repository_setup.h"

namespace ain::cli {
namespace {

namespace fs = std::filesystem;

constexpr const char* kIdentityRefspec = "refs/ain/identity:refs/ain/identity";

// Fetches and verifies the identity alone, so that nothing of a repository is taken that is not what its id says.
repo::Identity fetch_identity(const Context& context, const std::string& url, const RepositoryId& id) {
  const TemporaryFolder folder("ain-clone");
  repo::Repository scratch = repo::Repository::init(folder.path(), true);
  const Completed fetched = run_process({.argv = {"git", "fetch", "--quiet", url, kIdentityRefspec},
                                         .folder = folder.path()});
  if (fetched.exit_code != 0) {
    fail_with_hint(ErrorKind::failed,
                   fmt::format("is it on network '{}', and did its author `ain push` it? others: ain network list, --network NAME",
                               context.network_name()), "cannot fetch '{}': {}", url, std::string(fetched.err.substr(0, fetched.err.find_last_not_of('\n') + 1)));
  }
  const auto identity = repo::read_identity(scratch);
  if (!identity || identity->id != id) {
    fail(ErrorKind::bad_signature, "the node has another repository than '{}' under that name", id.text());
  }
  return *identity;
}

int run(Context& context) {
  make_helper_findable();
  const std::string url = *context.options.text("URL");
  const auto id = repo::parse_repository_url(url);
  std::vector<std::string> arguments = {"clone"};
  if (context.out.quiet() || context.out.json()) arguments.emplace_back("--quiet");
  std::string folder = context.options.text_or("DIR", "");
  if (id) {
    const repo::Identity identity = fetch_identity(context, url, *id);
    if (folder.empty()) folder = repository_name_of(identity.name);
    arguments.insert(arguments.end(), {"--config", fmt::format("remote.origin.fetch={}", kIdentityRefspec)});
  }
  if (const auto branch = context.options.text("branch")) arguments.insert(arguments.end(), {"--branch", *branch});
  arguments.insert(arguments.end(), {"--", url});
  if (!folder.empty()) {
    arguments.push_back(folder);
  } else {
    // git's own rule for the folder's name; asked here, as what follows needs to know it.
    std::string name = url.substr(0, url.find_last_not_of('/') + 1);
    if (name.ends_with("/.git")) name.resize(name.size() - 5);
    name = name.substr(name.find_last_of("/:") + 1);
    if (name.ends_with(".git")) name.resize(name.size() - 4);
    folder = name;
    arguments.push_back(folder);
  }
  context.out.flush();
  const int code =
      spawn({.argv = [&] { auto argv = arguments; argv.insert(argv.begin(), "git"); return argv; }(),
             .stdin_fd = STDIN_FILENO,
             .stdout_fd = STDERR_FILENO,
             .stderr_fd = STDERR_FILENO})
          .wait();
  if (code != 0) fail(ErrorKind::failed, "git could not clone '{}'", url);
  auto repository = repo::Repository::discover(folder);
  AIN_ASSERT(repository.has_value());
  const auto identity = repo::read_identity(*repository);
  if (const auto account = context.account_if_any()) set_up_signing(*repository, *account);
  if (identity) allow_delegates(*repository, *identity);
  if (context.out.json()) {
    context.out.document({{"folder", fs::absolute(folder).string()},
                          {"url", url},
                          {"repository", identity ? Json(identity->id.text()) : Json()},
                          {"commit", repository->head_commit() ? Json(*repository->head_commit()) : Json()}});
  } else {
    context.out.line("{}", folder);
  }
  return 0;
}

void declare(Declaration& options) {
  options.positional("URL", "ain://repo1… or anything that git takes")
      .positional("DIR", "where to (default: the repository's name)", false)
      .value("branch", 'b', "NAME", "the branch to check out");
}

}  // namespace

extern const Command clone_command;
const Command clone_command = {.name = "clone",
                               .group = Group::repository,
                               .summary = "Copy a repository, verified against its id",
                               .needs = {},
                               .declare = declare,
                               .run = run};

}  // namespace ain::cli
