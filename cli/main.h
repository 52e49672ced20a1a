// The command line's entry: finds the command, its options and what it needs, runs it, and turns failures into exit codes.
#pragma once

#include <string>
#include <vector>

namespace ain::cli {

// `arguments` without the program's name. Returns the exit code.
int run_command_line(const std::vector<std::string>& arguments);

// True when errors are to be JSON, known before anything is parsed: --json before `--`, or AIN_JSON.
bool json_wanted(const std::vector<std::string>& arguments);

}  // namespace ain::cli
