// A home of its own for a test: folders, environment and git settings that touch nothing of the user's.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/files.h"
#include "base/paths.h"
#include "base/process.h"

namespace ain::cli {

class ScratchHome {
 public:
  ScratchHome() : folder_("ain-cli-test") {}

  std::filesystem::path folder() const { return folder_.path(); }
  Paths paths() const {
    const auto home = folder() / "home";
    return {home, home / "data", home / "state", home / "cache", home / "run"};
  }
  void set(const std::string& name, const std::string& value) { extra_[name] = value; }

  std::vector<std::string> environment() const {
    std::map<std::string, std::string> variables = {
        {"PATH", std::string(AIN_BINARY_FOLDER) + ":" + environment_variable("PATH").value_or("/usr/bin:/bin")},
        {"HOME", (folder() / "user").string()},
        {"AIN_HOME", (folder() / "home").string()},
        {"USER", "ada"},
        {"LC_ALL", "C.UTF-8"},
        {"GIT_CONFIG_GLOBAL", "/dev/null"},
        {"GIT_CONFIG_NOSYSTEM", "1"},
        {"GIT_TERMINAL_PROMPT", "0"},
        {"GIT_AUTHOR_NAME", "Ada"},
        {"GIT_AUTHOR_EMAIL", "ada@example.org"},
        {"GIT_COMMITTER_NAME", "Ada"},
        {"GIT_COMMITTER_EMAIL", "ada@example.org"}};
    for (const auto& [name, value] : extra_) variables[name] = value;
    std::vector<std::string> result;
    for (const auto& [name, value] : variables) result.push_back(name + "=" + value);
    return result;
  }

  Completed run(std::vector<std::string> argv, const std::filesystem::path& where = {}) const {
    // Programs are searched along this process's own PATH.
    if (argv[0] == "ain") argv[0] = std::string(AIN_BINARY_FOLDER) + "/ain";
    return run_process({.argv = argv, .environment = environment(), .folder = where.empty() ? folder() : where});
  }

 private:
  TemporaryFolder folder_;
  std::map<std::string, std::string> extra_;
};

// Sets a variable of this process for as long as it lives.
class ScopedVariable {
 public:
  ScopedVariable(const char* name, const char* value) : name_(name) { setenv(name, value, 1); }
  ~ScopedVariable() { unsetenv(name_); }
  ScopedVariable(const ScopedVariable&) = delete;
  ScopedVariable& operator=(const ScopedVariable&) = delete;

 private:
  const char* name_;
};

// The Error that `action` throws; fails the test when it throws none.
template <typename Action>
Error error_of(Action action) {
  try {
    action();
  } catch (const Error& error) {
    return error;
  }
  return Error(ErrorKind::bug, "nothing was thrown");
}

}  // namespace ain::cli
