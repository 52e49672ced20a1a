#include "base/error.h"
#include "cli/context.h"
#include "cli/repository_setup.h"

namespace ain::cli {
namespace {

namespace fs = std::filesystem;

repo::Repository open_or_make(Context& context, const fs::path& folder) {
  if (fs::exists(folder / ".git")) {
    auto there = repo::Repository::discover(folder);
    if (!there) fail_with_hint(ErrorKind::failed, "look at it: git fsck", "'{}' is no git repository", (folder / ".git").string());
    return std::move(*there);
  }
  repo::Repository made = repo::Repository::init(folder, false);
  context.out.say("made a git repository in '{}'", folder.string());
  return made;
}

int run(Context& context) {
  const fs::path folder = fs::weakly_canonical(fs::absolute(context.options.text_or("DIR", ".")));
  repo::Repository repository = open_or_make(context, folder);
  const Account& account = context.account();
  auto identity = repo::read_identity(repository);
  const bool is_new = !identity.has_value();
  if (is_new) {
    const fs::path named = folder.filename().empty() ? folder.parent_path() : folder;
    const std::string name = context.options.text_or("name", repository_name_of(named));
    identity = repo::create_identity(repository, name, {account.name, account.key}, *context.signer());
  }
  set_up_signing(repository, account);
  allow_delegates(repository, *identity);
  set_up_origin(repository, identity->id);
  const std::string url = repo::repository_url(identity->id);
  if (context.out.json()) {
    context.out.document({{"repository", identity->id.text()},
                          {"name", identity->name},
                          {"url", url},
                          {"account", account.id.text()},
                          {"created", is_new}});
    return 0;
  }
  context.out.line("{}", url);
  context.out.say("{} '{}'; '{}' signs its commits", is_new ? "this is now the repository" : "this is already the repository",
                  identity->name, account.name);
  return 0;
}

void declare(Declaration& options) {
  options.positional("DIR", "the folder (default: this one)", false)
      .value("name", 0, "NAME", "the repository's name (default: the folder's)");
}

}  // namespace

extern const Command init_command;
const Command init_command = {.name = "init",
                              .group = Group::repository,
                              .summary = "Make a folder a repository with an identity of its own",
                              .needs = {.account = true},
                              .declare = declare,
                              .run = run};

}  // namespace ain::cli
