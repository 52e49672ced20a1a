#include "base/error.h"
#include "cli/context.h"
#include "repo/snapshot.h"

namespace ain::cli {
namespace {

int run(Context& context) {
  std::vector<std::string> paths = context.options.texts("PATH");
  repo::Repository& repository = context.repository();
  if (context.options.flag("all")) {
    if (!paths.empty()) fail(ErrorKind::usage, "either --all or paths");
    paths = {repository.work_folder().string()};
  }
  if (paths.empty()) {
    fail_with_hint(ErrorKind::usage, "everything: ain add --all", "nothing was named, so nothing is added");
  }
  repo::add_paths(repository, paths);
  return 0;
}

void declare(Declaration& options) {
  options.flag("all", 'A', "everything that changed, in the whole repository").positionals("PATH", "files and folders");
}

}  // namespace

extern const Command add_command;
const Command add_command = {.name = "add",
                             .group = Group::repository,
                             .summary = "Choose what the next commit holds",
                             .needs = {.repository = true},
                             .declare = declare,
                             .run = run};

}  // namespace ain::cli
