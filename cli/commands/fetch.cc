#include "cli/command.h"

namespace ain::cli {

extern const Command fetch_command;
const Command fetch_command = {
    .name = "fetch", .group = Group::repository, .summary = "Get what is new from a remote", .needs = {.repository = true}, .to_git = true};

}  // namespace ain::cli
