// `ain`, and `git-remote-ain`, which is ain under another name.
#include <filesystem>
#include <string>
#include <vector>

#include "cli/git_remote_ain.h"
#include "cli/main.h"

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + (argc > 0 ? 1 : 0), argv + argc);
  const std::string name = argc > 0 ? std::filesystem::path(argv[0]).filename().string() : "ain";
  if (name == "git-remote-ain") return ain::cli::run_git_remote(arguments);
  return ain::cli::run_command_line(arguments);
}
