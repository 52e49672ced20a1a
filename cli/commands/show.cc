#include "cli/command.h"

namespace ain::cli {

extern const Command show_command;
const Command show_command = {
    .name = "show", .group = Group::repository, .summary = "Show a commit", .needs = {.repository = true}, .to_git = true};

}  // namespace ain::cli
