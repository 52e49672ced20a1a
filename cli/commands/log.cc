#include "cli/command.h"

namespace ain::cli {

extern const Command log_command;
const Command log_command = {
    .name = "log", .group = Group::repository, .summary = "Show the history", .needs = {.repository = true}, .to_git = true};

}  // namespace ain::cli
