#include "cli/command.h"

namespace ain::cli {

extern const Command pull_command;
const Command pull_command = {
    .name = "pull", .group = Group::repository, .summary = "Fetch and merge", .needs = {.repository = true}, .to_git = true};

}  // namespace ain::cli
