#include "base/process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "base/error.h"
#include "base/files.h"
#include "base/text.h"

extern char** environ;

namespace ain {
namespace {

int exit_code_of(int status) { return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status); }

std::vector<char*> pointers(const std::vector<std::string>& strings) {
  std::vector<char*> result;
  for (const std::string& s : strings) result.push_back(const_cast<char*>(s.c_str()));
  result.push_back(nullptr);
  return result;
}

// The actions that give the child exactly the descriptors of the spec.
class SpawnActions {
 public:
  SpawnActions() {
    posix_spawn_file_actions_init(&actions_);
    posix_spawnattr_init(&attributes_);
  }
  ~SpawnActions() {
    posix_spawn_file_actions_destroy(&actions_);
    posix_spawnattr_destroy(&attributes_);
  }
  SpawnActions(const SpawnActions&) = delete;
  SpawnActions& operator=(const SpawnActions&) = delete;

  void stream(int number, int fd, bool writable) {
    if (fd == -1) {
      posix_spawn_file_actions_addopen(&actions_, number, "/dev/null", writable ? O_WRONLY : O_RDONLY, 0);
    } else if (fd >= 0) {
      posix_spawn_file_actions_adddup2(&actions_, fd, number);
    }
  }
  // Close-on-exec is not enough: libraries open sockets without it, and a child that outlives a killed node
  // would keep its port.
  void keep_only(std::vector<int> fds) {
    std::sort(fds.begin(), fds.end());
    int next = STDERR_FILENO + 1;
    for (const int fd : fds) {
      for (; next < fd; ++next) posix_spawn_file_actions_addclose(&actions_, next);
      // Onto itself: clears close-on-exec, in the child only.
      posix_spawn_file_actions_adddup2(&actions_, fd, fd);
      next = std::max(next, fd + 1);
    }
    posix_spawn_file_actions_addclosefrom_np(&actions_, next);
  }
  void folder(const std::filesystem::path& path) { posix_spawn_file_actions_addchdir_np(&actions_, path.c_str()); }
  void flags(bool new_session) {
    // The child starts with default signal handling whatever ain has blocked or ignored.
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_setsigmask(&attributes_, &none);
    posix_spawnattr_setsigdefault(&attributes_, &all);
    short flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
    if (new_session) flags |= POSIX_SPAWN_SETSID;
    posix_spawnattr_setflags(&attributes_, flags);
  }
  const posix_spawn_file_actions_t* actions() const { return &actions_; }
  const posix_spawnattr_t* attributes() const { return &attributes_; }

 private:
  posix_spawn_file_actions_t actions_;
  posix_spawnattr_t attributes_;
};

// Feeds `input` and reads both outputs until all three are closed.
void pump(Fd in, std::string_view input, Fd out, Fd err, const std::function<void(std::string_view)>& on_out,
          const std::function<void(std::string_view)>& on_err) {
  fcntl(in.get(), F_SETFL, O_NONBLOCK);
  std::array<char, 64 << 10> buffer;
  if (input.empty()) in.reset();
  while (out || err) {
    std::array<pollfd, 3> polls{{{out.get(), POLLIN, 0}, {err.get(), POLLIN, 0}, {in.get(), POLLOUT, 0}}};
    if (poll(polls.data(), polls.size(), -1) < 0 && errno != EINTR) fail_errno("cannot wait for a program");
    for (auto [fd, sink, index] : {std::tuple(&out, &on_out, 0), std::tuple(&err, &on_err, 1)}) {
      if (!*fd || polls[static_cast<size_t>(index)].revents == 0) continue;
      const ssize_t got = read(fd->get(), buffer.data(), buffer.size());
      if (got > 0) (*sink)({buffer.data(), static_cast<size_t>(got)});
      if (got == 0 || (got < 0 && errno != EINTR)) fd->reset();
    }
    if (in && polls[2].revents != 0) {
      const ssize_t wrote = write(in.get(), input.data(), input.size());
      if (wrote > 0) input.remove_prefix(static_cast<size_t>(wrote));
      if (input.empty() || (wrote < 0 && errno != EAGAIN && errno != EINTR)) in.reset();
    }
  }
}

// SIGPIPE would kill ain when a program stops reading; main() ignores it, tests may not.
void ignore_sigpipe() {
  static const bool once = [] {
    signal(SIGPIPE, SIG_IGN);
    return true;
  }();
  static_cast<void>(once);
}

int run_pumped(ProcessSpec spec, std::string_view input, const std::function<void(std::string_view)>& on_out,
               const std::function<void(std::string_view)>& on_err) {
  ignore_sigpipe();
  Pipe in = make_pipe(), out = make_pipe(), err = make_pipe();
  spec.stdin_fd = in.read_end.get();
  spec.stdout_fd = out.write_end.get();
  spec.stderr_fd = err.write_end.get();
  Child child = spawn(spec);
  in.read_end.reset();
  out.write_end.reset();
  err.write_end.reset();
  try {
    pump(std::move(in.write_end), input, std::move(out.read_end), std::move(err.read_end), on_out, on_err);
  } catch (...) {
    child.signal(SIGKILL);
    child.wait();
    throw;
  }
  return child.wait();
}

std::function<void(std::string_view)> collect_into(std::string& text, size_t bytes_max, const std::string& program) {
  return [&text, bytes_max, program](std::string_view bytes) {
    if (text.size() + bytes.size() > bytes_max) fail(ErrorKind::failed, "'{}' printed more than {} bytes", program, bytes_max);
    text += bytes;
  };
}

}  // namespace

int Child::wait() {
  int status = 0;
  while (waitpid(pid_, &status, 0) < 0) {
    if (errno != EINTR) fail_errno("cannot wait for a program");
  }
  return exit_code_of(status);
}

std::optional<int> Child::try_wait() {
  int status = 0;
  const pid_t result = waitpid(pid_, &status, WNOHANG);
  if (result == 0) return std::nullopt;
  if (result < 0) fail_errno("cannot wait for a program");
  return exit_code_of(status);
}

void Child::signal(int number) const { kill(pid_, number); }

Child spawn(const ProcessSpec& spec) {
  AIN_ASSERT(!spec.argv.empty());
  SpawnActions actions;
  actions.stream(0, spec.stdin_fd, false);
  actions.stream(1, spec.stdout_fd, true);
  actions.stream(2, spec.stderr_fd, true);
  actions.keep_only(spec.inherit);
  if (!spec.folder.empty()) actions.folder(spec.folder);
  actions.flags(spec.new_session);
  std::vector<char*> argv = pointers(spec.argv);
  std::vector<char*> envp;
  if (spec.environment) envp = pointers(*spec.environment);
  pid_t pid = -1;
  const int code = posix_spawnp(&pid, argv[0], actions.actions(), actions.attributes(), argv.data(),
                                spec.environment ? envp.data() : environ);
  if (code == ENOENT && find_program(spec.argv[0])) {
    fail(ErrorKind::failed, "cannot start '{}' in '{}': {}", spec.argv[0], spec.folder.string(), errno_text(code));
  }
  if (code == ENOENT) {
    fail_with_hint(ErrorKind::failed, fmt::format("install it, e.g.: apt install {}", spec.argv[0]),
                   "the program '{}' is not installed", spec.argv[0]);
  }
  if (code != 0) fail(ErrorKind::failed, "cannot start '{}': {}", spec.argv[0], errno_text(code));
  return Child(pid);
}

Completed run_process(ProcessSpec spec, std::string_view input, size_t bytes_max) {
  Completed completed;
  const std::string program = spec.argv.at(0);
  completed.exit_code = run_pumped(std::move(spec), input, collect_into(completed.out, bytes_max, program),
                                   collect_into(completed.err, bytes_max, program));
  return completed;
}

int run_process_streaming(ProcessSpec spec, std::string_view input,
                          const std::function<void(std::string_view)>& on_stdout, std::string& err) {
  constexpr size_t kErrorBytesMax = 1 << 20;
  const std::string program = spec.argv.at(0);
  return run_pumped(std::move(spec), input, on_stdout, collect_into(err, kErrorBytesMax, program));
}

Pipe make_pipe() {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) fail_errno("cannot make a pipe");
  return {Fd(ends[0]), Fd(ends[1])};
}

std::optional<std::filesystem::path> find_program(std::string_view name) {
  if (name.find('/') != std::string_view::npos) {
    return access(std::string(name).c_str(), X_OK) == 0 ? std::optional<std::filesystem::path>(name) : std::nullopt;
  }
  const auto path = environment_variable("PATH").value_or("/usr/local/bin:/usr/bin:/bin");
  for (const std::string& folder : split(path, ':')) {
    std::filesystem::path candidate = std::filesystem::path(folder.empty() ? "." : folder) / name;
    std::error_code ignored;
    if (access(candidate.c_str(), X_OK) == 0 && std::filesystem::is_regular_file(candidate, ignored)) return candidate;
  }
  return std::nullopt;
}

std::vector<std::string> current_environment() {
  std::vector<std::string> result;
  for (char** entry = environ; *entry; ++entry) result.emplace_back(*entry);
  return result;
}

std::optional<std::string> environment_variable(const char* name) {
  const char* value = getenv(name);
  if (!value) return std::nullopt;
  return value;
}

}  // namespace ain
