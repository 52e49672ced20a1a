// The help texts, made from the commands' own declarations.
#pragma once

#include <string>
#include <string_view>

#include "cli/command.h"

namespace ain::cli {

std::string version_line();  // "ain 0.1.0"
std::string overview_text();
std::string family_help_text(std::string_view family);
std::string command_help_text(const Command& command);
std::string usage_line(const Command& command, const std::vector<Option>& options);

}  // namespace ain::cli
