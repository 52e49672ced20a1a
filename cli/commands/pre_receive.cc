// What git calls in the middle of a push (remote/node/host_role.h): refuses what must not be taken.
#include <unistd.h>

#include "base/error.h"
#include "base/files.h"
#include "base/process.h"
#include "cli/context.h"
#include "remote/node/host_role.h"

namespace ain::cli {
namespace {

constexpr size_t kUpdatesBytesMax = 1 << 20;

int run(Context&) {
  const auto repository = environment_variable("AIN_HOOK_REPOSITORY"), pusher = environment_variable("AIN_HOOK_PUSHER");
  if (!repository || !pusher) fail(ErrorKind::usage, "this is for git to call, on a node that hosts repositories");
  remote::check_push(environment_variable("GIT_DIR").value_or("."), RepositoryId::parse(*repository), AccountId::parse(*pusher),
                     read_all(STDIN_FILENO, kUpdatesBytesMax, "the updates of a push"));
  return 0;
}

}  // namespace

extern const Command pre_receive_command;
const Command pre_receive_command = {.name = "__pre-receive",
                                     .group = Group::internal,
                                     .summary = "Judge a push",
                                     .needs = {},
                                     .declare = nullptr,
                                     .run = run};

}  // namespace ain::cli
