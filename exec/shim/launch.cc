#include "exec/shim/launch.h"

#include <fcntl.h>
#include <grp.h>
#include <linux/close_range.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace ain::shim {

namespace {

constexpr int kCannotStart = 125;
constexpr int kNotExecutable = 126;
constexpr int kNotFound = 127;
constexpr rlim_t kOpenFilesMax = 65'536;

void say(const std::string& text) {
  std::string line = "ain: " + text + "\n";
  [[maybe_unused]] ssize_t put = write(STDERR_FILENO, line.data(), line.size());
}

[[noreturn]] void give_up(const std::string& what) {
  say(what + ": " + strerror(errno));
  _exit(kCannotStart);
}

std::vector<char*> pointers(const std::vector<std::string>& texts) {
  std::vector<char*> result;
  for (const auto& text : texts) result.push_back(const_cast<char*>(text.c_str()));
  result.push_back(nullptr);
  return result;
}

// Binds the job's folders below kStageFolder, in a mount namespace of this process and its children.
void stage(const Spec& spec) {
  std::vector<std::pair<std::string, int>> sources;
  if (unshare(CLONE_NEWNS) != 0) give_up("cannot make a mount namespace");
  if (mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) give_up("cannot make the mounts private");
  // Opened before the tmpfs hides what may lie below it.
  for (const auto& [name, path] : spec.stage) {
    int fd = open(path.c_str(), O_PATH | O_CLOEXEC);
    if (fd < 0) give_up("cannot open '" + path + "'");
    sources.emplace_back(name, fd);
  }
  if (mount("ain", kStageFolder, "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755,size=1m") != 0)
    give_up("cannot mount a tmpfs");
  for (const auto& [name, fd] : sources) {
    std::string target = std::string(kStageFolder) + "/" + name, source = "/proc/self/fd/" + std::to_string(fd);
    struct stat info = {};
    if (fstat(fd, &info) != 0) give_up("cannot inspect '" + name + "'");
    if (S_ISDIR(info.st_mode)) {
      if (mkdir(target.c_str(), 0755) != 0) give_up("cannot make '" + target + "'");
    } else {
      int file = open(target.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
      if (file < 0) give_up("cannot make '" + target + "'");
      close(file);
    }
    if (mount(source.c_str(), target.c_str(), nullptr, MS_BIND, nullptr) != 0) give_up("cannot bind '" + target + "'");
    close(fd);
  }
}

void become(uid_t user) {
  if (setgroups(0, nullptr) != 0) give_up("cannot drop the groups");
  if (setresgid(user, user, user) != 0) give_up("cannot take the job's group");
  if (setresuid(user, user, user) != 0) give_up("cannot take the job's user");
  // Nothing of root may be left: else bubblewrap's user namespace would map back to it.
  if (getuid() != user || geteuid() != user || setresuid(0, 0, 0) == 0) {
    errno = EPERM;
    give_up("cannot leave root behind");
  }
}

void put_at(int fd, int number) {
  if (fd == number) {
    fcntl(fd, F_SETFD, 0);
  } else if (dup2(fd, number) < 0) {
    give_up("cannot place a descriptor");
  }
}

void set_limit(decltype(RLIMIT_CORE) resource, rlim_t value) {
  rlimit limit = {};
  getrlimit(resource, &limit);
  if (limit.rlim_max != RLIM_INFINITY && value > limit.rlim_max) value = limit.rlim_max;
  limit = {value, value};
  setrlimit(resource, &limit);
}

[[noreturn]] void exec_sandbox(const Spec& spec) {
  std::vector<std::string> arguments = spec.sandbox;
  arguments.insert(arguments.end(), spec.command.begin(), spec.command.end());
  std::vector<std::string> environment = {"PATH=/usr/bin:/bin", "LANG=C.UTF-8"};
  execve(arguments[0].c_str(), pointers(arguments).data(), pointers(environment).data());
  give_up("cannot run '" + arguments[0] + "'");
}

}  // namespace

bool parse_spec(std::string_view text, Spec& spec) {
  Records records = split_records(text, '\0');
  spec.isolation = value_of(records, "isolation");
  std::string user = value_of(records, "user");
  spec.has_user = !user.empty();
  spec.user = static_cast<uid_t>(strtoul(user.c_str(), nullptr, 10));
  spec.folder = value_of(records, "folder");
  spec.sandbox = values_of(records, "sandbox");
  for (const auto& entry : values_of(records, "stage")) {
    size_t slash = entry.find('/');
    if (slash == std::string::npos || slash == 0) return false;
    spec.stage.emplace_back(entry.substr(0, slash), entry.substr(slash));
  }
  spec.command = values_of(records, "command");
  spec.environment = values_of(records, "environment");
  spec.groups = groups_from(records);
  spec.limits = {number_of(records, "memory_bytes"), number_of(records, "processes"), number_of(records, "cpus")};
  spec.file_bytes_max = number_of(records, "file_bytes_max");
  spec.run_us_max = number_of(records, "run_us_max");
  spec.grace_ms = number_of(records, "grace_ms");
  spec.log_bytes_max = number_of(records, "log_bytes_max");
  // A root without a user of the job's own would be root in the job: never with a sandbox that was asked for.
  bool user_ok = !spec.has_user || spec.user != 0;
  bool sandbox_ok = spec.isolation == "none" ||
                    (spec.isolation == "bubblewrap" && !spec.sandbox.empty() && (geteuid() != 0 || spec.has_user));
  return user_ok && sandbox_ok && !spec.command.empty() && !spec.folder.empty() && spec.limits.memory_bytes > 0 &&
         spec.limits.processes > 0 && spec.log_bytes_max > 0;
}

void launch(const Spec& spec, int hello, int job_folder) {
  for (int number = 1; number < NSIG; ++number) signal(number, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  umask(022);
  write_existing_file("/proc/self/oom_score_adj", "500");  // the machine's own processes come first
  set_limit(RLIMIT_CORE, 0);
  if (spec.isolation == "none") {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (chdir(spec.folder.c_str()) != 0) give_up("cannot enter '" + spec.folder + "'");
    run_inner(hello, 0, spec.file_bytes_max, pointers(spec.command).data(), pointers(spec.environment).data());
  }
  int filter = openat(job_folder, kSeccompFile, O_RDONLY | O_CLOEXEC);
  if (filter < 0) give_up("cannot open the system call filter");
  if (!spec.stage.empty()) stage(spec);
  if (spec.has_user) become(spec.user);
  // Below kHelloFd only the standard streams are wanted; both descriptors may sit on the other's place, so go through high numbers.
  int high_hello = fcntl(hello, F_DUPFD_CLOEXEC, 64), high_filter = fcntl(filter, F_DUPFD_CLOEXEC, 64);
  if (high_hello < 0 || high_filter < 0) give_up("cannot place a descriptor");
  put_at(high_hello, kHelloFd);
  put_at(high_filter, kSeccompFd);
  if (syscall(SYS_close_range, 3, kHelloFd - 1, 0) != 0 || syscall(SYS_close_range, kSeccompFd + 1, ~0U, 0) != 0)
    give_up("cannot close descriptors");
  exec_sandbox(spec);
}

void run_inner(int hello, int64_t processes_max, int64_t file_bytes_max, char* const* command,
               char* const* environment) {
  fcntl(hello, F_SETFD, FD_CLOEXEC);
  setsid();
  set_limit(RLIMIT_CORE, 0);
  if (processes_max > 0) set_limit(RLIMIT_NPROC, static_cast<rlim_t>(processes_max));
  if (file_bytes_max > 0) set_limit(RLIMIT_FSIZE, static_cast<rlim_t>(file_bytes_max));
  set_limit(RLIMIT_NOFILE, kOpenFilesMax);
  // The kernel adds our process id as the shim sees it. The shim puts us under the job's limits before it answers, and then sees the
  // socket close with exec: that is the start.
  char word = 'h';
  if (write(hello, &word, 1) != 1 || read(hello, &word, 1) != 1) _exit(kCannotStart);
  environ = const_cast<char**>(environment);  // PATH is taken from it
  execvp(command[0], command);
  int error = errno;
  say(std::string("cannot run '") + command[0] + "': " + strerror(error));
  _exit(error == ENOENT || error == ENOTDIR ? kNotFound : kNotExecutable);
}

}  // namespace ain::shim
