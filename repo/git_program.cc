#include "repo/git_program.h"

#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <csignal>

#include "base/error.h"
#include "base/files.h"
#include "base/process.h"
#include "base/text.h"
#include "repo/libgit.h"

namespace ain::repo {
namespace {

constexpr size_t kMessageBytesMax = 64 << 10;
constexpr size_t kCollectedBytesMax = 256 << 20;

bool is_variable(std::string_view entry, std::string_view name) {
  return entry.size() > name.size() && entry.starts_with(name) && entry[name.size()] == '=';
}

// git's own words without its prefixes: ours come in front of them.
std::string clean_message(std::string_view text) {
  std::string_view line = trim(text.substr(0, kMessageBytesMax));
  for (const std::string_view prefix : {"fatal: ", "error: "}) {
    if (line.starts_with(prefix)) line.remove_prefix(prefix.size());
  }
  return sanitize(line);
}

std::string collect(const Fd& file, size_t bytes_max) {
  if (lseek(file.get(), 0, SEEK_SET) < 0) fail_errno("cannot read what git said");
  return read_all(file.get(), bytes_max, "git's output");
}

std::string collect_error(const Fd& file) {
  std::array<char, kMessageBytesMax> buffer;
  const ssize_t size = pread(file.get(), buffer.data(), buffer.size(), 0);
  return clean_message({buffer.data(), size > 0 ? static_cast<size_t>(size) : 0});
}

[[noreturn]] void fail_git(std::string_view what, int exit_code, const std::string& err) {
  const bool full = err.find("No space left on device") != std::string::npos ||
                    err.find("Disk quota exceeded") != std::string::npos;
  for (const char* damage : {"index file corrupt", "bad index file", "index file smaller than expected"}) {
    if (err.find(damage) != std::string::npos) fail_damaged_index();
  }
  fail(full ? ErrorKind::exhausted : ErrorKind::failed, "{}: {}", what,
       err.empty() ? fmt::format("git ended with status {}", exit_code) : err);
}

ProcessSpec process_of(const GitCall& call) {
  ProcessSpec spec;
  spec.argv = {"git"};
  spec.argv.insert(spec.argv.end(), call.arguments.begin(), call.arguments.end());
  spec.environment = call.environment;
  spec.folder = call.folder;
  return spec;
}

// A child that does not outlive a throw.
class Running {
 public:
  explicit Running(Child child) : child_(child) {}
  ~Running() {
    if (waited_) return;
    child_.signal(SIGTERM);
    child_.wait();
  }
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;
  int wait() {
    waited_ = true;
    return child_.wait();
  }

 private:
  Child child_;
  bool waited_ = false;
};

}  // namespace

Fd memory_file(std::string_view bytes) {
  Fd file(memfd_create("ain-git", MFD_CLOEXEC));
  if (!file) fail_errno("cannot make a memory file");
  write_all(file.get(), bytes, "memory file");
  if (lseek(file.get(), 0, SEEK_SET) < 0) fail_errno("cannot rewind a memory file");
  return file;
}

std::vector<std::string> user_environment(const Repository& repository) {
  std::vector<std::string> result;
  for (std::string& entry : current_environment()) {
    const bool replaced = is_variable(entry, "GIT_DIR") || is_variable(entry, "GIT_WORK_TREE") ||
                          is_variable(entry, "GIT_INDEX_FILE") || is_variable(entry, "GIT_PREFIX") ||
                          is_variable(entry, "LC_ALL") || is_variable(entry, "LANGUAGE");
    if (!replaced) result.push_back(std::move(entry));
  }
  result.push_back("LC_ALL=C");
  result.push_back(fmt::format("GIT_DIR={}", git_repository_path(repository.raw())));
  if (const char* work = git_repository_workdir(repository.raw()))
    result.push_back(fmt::format("GIT_WORK_TREE={}", work));
  if (environment_variable("GIT_INDEX_FILE")) {
    GitIndex index;
    check(git_repository_index(out(index), repository.raw()), "cannot read the index");
    result.push_back(fmt::format("GIT_INDEX_FILE={}", git_index_path(index.get())));
  }
  return result;
}

std::vector<std::string> clean_environment(const GitSettings& settings) {
  GitSettings all = {{"safe.directory", "*"},         {"protocol.file.allow", "never"},
                     {"protocol.ext.allow", "never"}, {"transfer.fsckObjects", "true"},
                     {"receive.fsckObjects", "true"}, {"gc.auto", "0"},
                     {"maintenance.auto", "false"},   {"core.fsmonitor", "false"},
                     {"core.hooksPath", "/dev/null"}, {"core.fsync", "committed"}};
  all.insert(all.end(), settings.begin(), settings.end());
  std::vector<std::string> result = {
      "PATH=" + environment_variable("PATH").value_or("/usr/local/bin:/usr/bin:/bin"),
      "HOME=/nonexistent",
      "LC_ALL=C",
      "GIT_CONFIG_NOSYSTEM=1",
      "GIT_CONFIG_GLOBAL=/dev/null",
      "GIT_ATTR_NOSYSTEM=1",
      "GIT_TERMINAL_PROMPT=0",
      "GIT_NO_REPLACE_OBJECTS=1",
      "GIT_CONFIG_COUNT=" + std::to_string(all.size()),
  };
  for (size_t i = 0; i < all.size(); ++i) {
    result.push_back(fmt::format("GIT_CONFIG_KEY_{}={}", i, all[i].first));
    result.push_back(fmt::format("GIT_CONFIG_VALUE_{}={}", i, all[i].second));
  }
  if (const auto folder = environment_variable("TMPDIR")) result.push_back("TMPDIR=" + *folder);
  return result;
}

std::vector<std::string> environment_for(const Repository& repository) {
  if (!repository.hardened()) return user_environment(repository);
  std::vector<std::string> result = clean_environment();
  result.push_back(fmt::format("GIT_DIR={}", git_repository_path(repository.raw())));
  if (const char* work = git_repository_workdir(repository.raw()))
    result.push_back(fmt::format("GIT_WORK_TREE={}", work));
  return result;
}

GitResult try_git(const GitCall& call) {
  ProcessSpec spec = process_of(call);
  Fd input;
  if (call.stdin_fd < 0 && !call.input.empty()) input = memory_file(call.input);
  spec.stdin_fd = call.stdin_fd >= 0 ? call.stdin_fd : input.get();
  Fd output;
  if (call.stdout_fd < 0) output = memory_file({});
  spec.stdout_fd = call.stdout_fd >= 0 ? call.stdout_fd : output.get();
  const Fd err = memory_file({});
  spec.stderr_fd = err.get();
  GitResult result;
  result.exit_code = spawn(spec).wait();
  if (output) result.out = collect(output, kCollectedBytesMax);
  result.err = collect_error(err);
  return result;
}

std::string run_git(const GitCall& call, std::string_view what) {
  GitResult result = try_git(call);
  if (result.exit_code != 0) fail_git(what, result.exit_code, result.err);
  return std::move(result.out);
}

void stream_git(const GitCall& call, std::string_view what,
                const std::function<void(std::string_view)>& on_output) {
  ProcessSpec spec = process_of(call);
  spec.stdin_fd = call.stdin_fd;
  const Fd err = memory_file({});
  spec.stderr_fd = err.get();
  Pipe pipe = make_pipe();
  spec.stdout_fd = pipe.write_end.get();
  Running running(spawn(spec));
  pipe.write_end.reset();
  std::vector<char> buffer(64 << 10);
  for (;;) {
    const ssize_t size = read(pipe.read_end.get(), buffer.data(), buffer.size());
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) fail_errno(what);
    if (size == 0) break;
    on_output({buffer.data(), static_cast<size_t>(size)});
  }
  if (const int code = running.wait(); code != 0) fail_git(what, code, collect_error(err));
}

}  // namespace ain::repo
