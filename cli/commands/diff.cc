#include "cli/command.h"

namespace ain::cli {

extern const Command diff_command;
const Command diff_command = {
    .name = "diff", .group = Group::repository, .summary = "Show changes line by line", .needs = {.repository = true}, .to_git = true};

}  // namespace ain::cli
