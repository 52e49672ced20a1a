// Handing over to the `git` program, with ain's signing set.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/process.h"
#include "cli/context.h"

namespace ain::cli {

// True for git's own commands, its extensions on the PATH and the user's aliases.
bool git_has(const std::string& word);
std::vector<std::string> git_common_commands();  // for suggestions

// git's arguments that sign with the current account, where there is a repository and an account.
std::vector<std::string> signing_arguments(Context& context);
// Becomes `git <signing> ARGUMENTS`; returns only by throwing.
[[noreturn]] void exec_git(Context& context, const std::vector<std::string>& arguments);
// Runs it and waits, with ain's own stdin, stdout and stderr; returns its exit code.
int run_git(Context& context, const std::vector<std::string>& arguments, const std::filesystem::path& folder = {});
// Runs it and collects what it says; throws `failed` with the last line of its stderr when it fails.
std::string git_output(const std::vector<std::string>& arguments, const std::filesystem::path& folder = {});
// git finds git-remote-ain along PATH; where ain was started by its path alone, its folder is added. The functions here see to it.
void make_helper_findable();
// For what needs no context: becomes argv[0], searched in PATH.
[[noreturn]] void exec_program(std::vector<std::string> argv, const std::vector<std::string>& environment);

}  // namespace ain::cli
