#include "cli/git.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>

#include "base/error.h"
#include "base/text.h"
#include "repo/commits.h"

namespace ain::cli {

void make_helper_findable() {
  static const bool once = [] {
    constexpr const char* kHelper = "git-remote-ain";
    if (find_program(kHelper)) return true;
    std::error_code error;
    const auto folder = std::filesystem::read_symlink("/proc/self/exe", error).parent_path();
    if (!error && std::filesystem::exists(folder / kHelper, error)) {
      setenv("PATH", fmt::format("{}:{}", folder.string(), environment_variable("PATH").value_or("/usr/bin:/bin")).c_str(), 1);
    }
    return true;
  }();
  static_cast<void>(once);
}

bool git_has(const std::string& word) {
  const Completed listed =
      run_process({.argv = {"git", "--list-cmds=main,others,alias,nohelpers"}, .stderr_fd = -1});
  const auto names = split(listed.out, '\n');
  return std::find(names.begin(), names.end(), word) != names.end();
}

std::vector<std::string> git_common_commands() {
  return {"bisect", "branch", "checkout", "cherry-pick", "grep",  "merge", "mv",  "rebase",  "reflog",
          "remote", "reset",  "restore",  "revert",      "rm",    "stash", "switch", "tag", "worktree"};
}

std::vector<std::string> signing_arguments(Context& context) {
  auto& repository = context.repository_if_any();
  if (!repository) return {};
  const auto account = context.account_if_any();
  if (!account) return {};
  return repo::git_signing_arguments(*repository, account->key_file);
}

void exec_program(std::vector<std::string> argv, const std::vector<std::string>& environment) {
  AIN_ASSERT(!argv.empty());
  std::vector<char*> words, variables;
  for (std::string& word : argv) words.push_back(word.data());
  words.push_back(nullptr);
  std::vector<std::string> kept = environment;
  for (std::string& variable : kept) variables.push_back(variable.data());
  variables.push_back(nullptr);
  std::fflush(nullptr);
  // ain ignores it; the program would inherit that.
  std::signal(SIGPIPE, SIG_DFL);
  execvpe(words[0], words.data(), variables.data());
  const int code = errno;
  std::signal(SIGPIPE, SIG_IGN);
  fail_with_hint(ErrorKind::failed, code == ENOENT ? fmt::format("install it: apt-get install {}", argv[0]) : "",
                 "cannot start '{}': {}", argv[0], errno_text(code));
}

void exec_git(Context& context, const std::vector<std::string>& arguments) {
  make_helper_findable();
  std::vector<std::string> argv = {"git"};
  const auto signing = signing_arguments(context);
  argv.insert(argv.end(), signing.begin(), signing.end());
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  exec_program(std::move(argv), current_environment());
}

int run_git(Context& context, const std::vector<std::string>& arguments, const std::filesystem::path& folder) {
  make_helper_findable();
  std::vector<std::string> argv = {"git"};
  const auto signing = signing_arguments(context);
  argv.insert(argv.end(), signing.begin(), signing.end());
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  context.out.flush();
  return spawn({.argv = std::move(argv),
                .folder = folder,
                .stdin_fd = STDIN_FILENO,
                .stdout_fd = STDOUT_FILENO,
                .stderr_fd = STDERR_FILENO})
      .wait();
}

std::string git_output(const std::vector<std::string>& arguments, const std::filesystem::path& folder) {
  make_helper_findable();
  std::vector<std::string> argv = {"git"};
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  Completed done = run_process({.argv = std::move(argv), .folder = folder});
  if (done.exit_code != 0) {
    std::string why(trim(done.err));
    why = why.substr(why.rfind('\n') + 1);
    if (why.starts_with("fatal: ")) why = why.substr(7);
    fail(ErrorKind::failed, "git {} failed: {}", arguments.front(), sanitize(why));
  }
  return done.out;
}

}  // namespace ain::cli
