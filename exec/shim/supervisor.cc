#include "exec/shim/supervisor.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string>

#include "exec/shim/launch.h"
#include "exec/shim/log_writer.h"
#include "exec/shim/processes.h"

namespace ain::shim {

namespace {

constexpr int64_t kSecond = 1'000'000;
constexpr int64_t kSetupUsMax = 30 * kSecond;      // from the fork to the command's start
constexpr int64_t kKillUsMax = 10 * kSecond;       // from SIGKILL to the last process's end
constexpr int64_t kDrainUsMax = 2 * kSecond;       // of output left in the pipes after that
constexpr int64_t kMemoryWatchUsMin = 20'000;      // between two looks, where no control group holds the memory
constexpr int64_t kMemoryWatchShare = 20;          // a look may cost 1/20 of the time
constexpr size_t kSetupErrorBytesMax = 4096;
constexpr int kPipeBytes = 1 << 20;

class Supervisor {
 public:
  Supervisor(int folder, int ready) : folder_(folder), ready_(ready) {}
  int run();

 private:
  bool claim();
  bool prepare();
  bool start();
  void write_state();
  void loop();
  int64_t next_timeout_us() const;
  void on_hello();
  void on_output(int& fd, uint32_t stream);
  void on_control();
  void on_signal();
  void on_deadlines();
  void watch_memory();
  void reap();
  void end_with(bool& reason, int64_t grace_ms);
  void kill_everything();
  bool sweep();
  void drain();
  void write_exit(bool empty);
  void report();

  int folder_, ready_;
  Spec spec_;
  LogWriter log_;
  std::string setup_error_;
  char* buffer_ = nullptr;
  int control_ = -1, signals_ = -1, hello_ = -1, out_ = -1, err_ = -1, memory_event_ = -1;
  pid_t main_ = 0, payload_ = 0;
  uint64_t payload_start_ = 0;
  bool greeted_ = false, main_done_ = false;
  int main_status_ = 0;
  int64_t forked_us_ = 0, started_us_ = 0, ended_us_ = 0;
  bool ending_ = false, killed_ = false;
  int64_t kill_at_us_ = 0, memory_watch_at_us_ = 0;
  bool timed_out_ = false, stopped_ = false, out_of_memory_ = false;
};

// The lock and the absence of an earlier `state` make one nonce run at most once, whoever is killed when.
bool Supervisor::claim() {
  int lock = openat(folder_, kLockFile, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (lock < 0 || flock(lock, LOCK_EX | LOCK_NB) != 0) return false;  // kept open: held as long as we live
  return faccessat(folder_, kStateFile, F_OK, 0) != 0 && faccessat(folder_, kExitFile, F_OK, 0) != 0;
}

bool Supervisor::prepare() {
  std::string path = "/proc/self/fd/" + std::to_string(folder_) + "/" + kSpecFile;
  if (!parse_spec(read_small_file(path.c_str()), spec_)) {
    setup_error_ = "the shim cannot read its spec";
    return false;
  }
  if (mkfifoat(folder_, kControlFile, 0600) != 0 && errno != EEXIST) return false;
  // Open for writing too, so that a writer's end does not end it.
  control_ = openat(folder_, kControlFile, O_RDWR | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW);
  sigset_t watched;
  sigemptyset(&watched);
  for (int number : {SIGCHLD, SIGTERM, SIGINT, SIGHUP}) sigaddset(&watched, number);
  sigprocmask(SIG_BLOCK, &watched, nullptr);
  signal(SIGPIPE, SIG_IGN);
  signals_ = signalfd(-1, &watched, SFD_CLOEXEC | SFD_NONBLOCK);
  buffer_ = static_cast<char*>(malloc(kFrameDataMax));
  if (control_ < 0 || signals_ < 0 || buffer_ == nullptr || !log_.open(folder_, spec_.log_bytes_max)) {
    setup_error_ = std::string("the shim cannot open its files: ") + strerror(errno);
    return false;
  }
  setup_error_ = create_groups(spec_.groups, spec_.limits);
  if (setup_error_.empty()) setup_error_ = enter_shim(spec_.groups);
  memory_event_ = out_of_memory_event(spec_.groups);
  return setup_error_.empty();
}

void Supervisor::write_state() {
  ProcessInfo self;
  read_process(getpid(), self);
  Records records = {{"pid", std::to_string(getpid())},
                     {"start", std::to_string(self.start_ticks)},
                     {"boot", boot_id()},
                     {"started_us", std::to_string(started_us_)},
                     {"payload", std::to_string(payload_)},
                     {"payload_start", std::to_string(payload_start_)}};
  put_groups(records, spec_.groups);
  replace_file(folder_, kStateFile, join_records(records, '\n'), Durable::no);
}

bool Supervisor::start() {
  int out[2], err[2], hello[2];
  if (pipe2(out, O_CLOEXEC) != 0 || pipe2(err, O_CLOEXEC) != 0 ||
      socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, hello) != 0) {
    setup_error_ = std::string("the shim cannot make pipes: ") + strerror(errno);
    return false;
  }
  int yes = 1;
  setsockopt(hello[0], SOL_SOCKET, SO_PASSCRED, &yes, sizeof yes);
  fcntl(out[0], F_SETPIPE_SZ, kPipeBytes);
  forked_us_ = boottime_us();
  main_ = fork();
  if (main_ < 0) {
    setup_error_ = std::string("the shim cannot fork: ") + strerror(errno);
    return false;
  }
  if (main_ == 0) {
    dup2(out[1], STDOUT_FILENO);
    dup2(err[1], STDERR_FILENO);
    launch(spec_, hello[1], folder_);
  }
  for (int fd : {out[1], err[1], hello[1]}) close(fd);
  // The kernel needs some 8 ms to move the first process of a while, and almost nothing for one soon after. So that goes on beside
  // bubblewrap's own work; the process that counts is moved when it says hello, before it becomes the command.
  setup_error_ = enter_load(spec_.groups, main_);
  if (!setup_error_.empty()) kill_everything();
  out_ = out[0];
  err_ = err[0];
  hello_ = hello[0];
  fcntl(out_, F_SETFL, O_NONBLOCK);
  fcntl(err_, F_SETFL, O_NONBLOCK);
  return true;
}

void Supervisor::report() {
  if (ready_ < 0) return;
  [[maybe_unused]] ssize_t put = write(ready_, "r", 1);
  close(ready_);
  ready_ = -1;
}

// One byte with the sender's credentials, translated by the kernel to our process ids; then the end, when the command is executed.
void Supervisor::on_hello() {
  char byte = 0;
  alignas(cmsghdr) char space[CMSG_SPACE(sizeof(ucred))];
  iovec data = {&byte, 1};
  msghdr message = {};
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  message.msg_control = space;
  message.msg_controllen = sizeof space;
  ssize_t got = recvmsg(hello_, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (got > 0) {
    const cmsghdr* header = CMSG_FIRSTHDR(&message);
    if (header == nullptr || header->cmsg_type != SCM_CREDENTIALS) return;
    ucred credentials;
    memcpy(&credentials, CMSG_DATA(header), sizeof credentials);
    ProcessInfo info;
    payload_ = credentials.pid;
    if (read_process(payload_, info)) payload_start_ = info.start_ticks;
    std::string error = enter_load(spec_.groups, payload_);
    if (!error.empty()) {
      setup_error_ = error;
      kill_everything();
      return;
    }
    greeted_ = true;
    [[maybe_unused]] ssize_t put = write(hello_, "g", 1);
    return;
  }
  close(hello_);
  hello_ = -1;
  if (!greeted_) return;
  started_us_ = boottime_us();
  write_state();
  report();
}

void Supervisor::on_output(int& fd, uint32_t stream) {
  ssize_t got = read(fd, buffer_, kFrameDataMax);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (got <= 0) {
    close(fd);
    fd = -1;
  } else if (greeted_) {
    log_.write(stream, {buffer_, static_cast<size_t>(got)});
  } else if (setup_error_.size() < kSetupErrorBytesMax) {
    setup_error_.append(buffer_, std::min(static_cast<size_t>(got), kSetupErrorBytesMax - setup_error_.size()));
  }
}

void Supervisor::on_control() {
  char text[256];
  ssize_t got = read(control_, text, sizeof text - 1);
  if (got <= 0) return;
  text[got] = '\0';
  for (const char* at = text; (at = strstr(at, "stop ")) != nullptr; at += 5)
    end_with(stopped_, strtoll(at + 5, nullptr, 10));
}

void Supervisor::on_signal() {
  signalfd_siginfo info;
  while (read(signals_, &info, sizeof info) == sizeof info)
    if (info.ssi_signo != SIGCHLD) end_with(stopped_, spec_.grace_ms);  // the machine shuts down
  reap();
}

// Reaps everything that ended; orphans of the job come to us as well.
void Supervisor::reap() {
  int status = 0;
  for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0;) {
    if (pid != main_) continue;
    main_done_ = true;
    main_status_ = status;
    ended_us_ = boottime_us();
  }
}

// TERM now, KILL after the grace. A second request can only shorten it.
void Supervisor::end_with(bool& reason, int64_t grace_ms) {
  int64_t kill_at = boottime_us() + std::clamp<int64_t>(grace_ms, 0, int64_t{24} * 3600 * 1000) * 1000;
  if (main_done_ || killed_) return;
  if (ending_) {
    kill_at_us_ = std::min(kill_at_us_, kill_at);
    return;
  }
  ending_ = reason = true;
  kill_at_us_ = kill_at;
  if (started_us_ == 0 || grace_ms <= 0) {
    kill_at_us_ = boottime_us();  // nobody is there yet, or has time, to end by himself
  } else if (is_alive(payload_, payload_start_)) {
    kill(-payload_, SIGTERM);  // it leads a session of its own
  }
}

void Supervisor::kill_everything() {
  kill_groups(spec_.groups);
  for (pid_t pid : own_children()) kill(pid, SIGKILL);
}

void Supervisor::watch_memory() {
  int64_t begin = boottime_us(), resident = 0, proportional = 0;
  std::vector<ProcessInfo> all = descendants_of(getpid());
  for (const ProcessInfo& info : all) resident += info.resident_bytes;
  // Shared pages count once in the proportional sum, which is dearer to get.
  if (resident > spec_.limits.memory_bytes)
    for (const ProcessInfo& info : all) proportional += proportional_bytes(info.pid);
  if (proportional > spec_.limits.memory_bytes) {
    out_of_memory_ = killed_ = true;
    kill_everything();
  }
  int64_t now = boottime_us();
  memory_watch_at_us_ = now + std::max(kMemoryWatchUsMin, (now - begin) * kMemoryWatchShare);
}

void Supervisor::on_deadlines() {
  int64_t now = boottime_us();
  if (started_us_ == 0 && !ending_ && now - forked_us_ > kSetupUsMax) {
    setup_error_ += "the sandbox did not come up in time";
    bool unused = false;
    end_with(unused, 0);
  }
  if (started_us_ != 0 && spec_.run_us_max > 0 && now - started_us_ >= spec_.run_us_max && !ending_)
    end_with(timed_out_, spec_.grace_ms);
  if (spec_.groups.tier == Tier::none && started_us_ != 0 && !killed_ && now >= memory_watch_at_us_) watch_memory();
  if (ending_ && now >= kill_at_us_) {
    killed_ = true;
    kill_everything();
    kill_at_us_ = now + kSecond / 10;  // until nothing is left
  }
}

int64_t Supervisor::next_timeout_us() const {
  int64_t now = boottime_us(), at = now + 3600 * kSecond;
  if (started_us_ == 0) at = std::min(at, forked_us_ + kSetupUsMax);
  if (started_us_ != 0 && spec_.run_us_max > 0 && !ending_) at = std::min(at, started_us_ + spec_.run_us_max);
  if (ending_) at = std::min(at, kill_at_us_);
  if (spec_.groups.tier == Tier::none && started_us_ != 0) at = std::min(at, memory_watch_at_us_);
  return std::max<int64_t>(at - now, 0);
}

void Supervisor::loop() {
  while (!main_done_) {
    // The hello comes first: what is written to stderr before it is the sandbox's, after it the job's.
    pollfd watched[] = {{hello_, POLLIN, 0},   {out_, POLLIN, 0},     {err_, POLLIN, 0},
                        {control_, POLLIN, 0}, {signals_, POLLIN, 0}, {memory_event_, POLLIN, 0}};
    int64_t timeout_us = next_timeout_us();
    timespec timeout = {timeout_us / kSecond, timeout_us % kSecond * 1000};
    if (ppoll(watched, std::size(watched), &timeout, nullptr) < 0 && errno != EINTR) break;
    if (watched[0].revents != 0) on_hello();
    if (watched[0].revents != 0 && hello_ >= 0) on_hello();
    if (watched[1].revents != 0) on_output(out_, 1);
    if (watched[2].revents != 0) on_output(err_, 2);
    if (watched[3].revents != 0) on_control();
    if (watched[5].revents != 0) {
      // The limit holds for the job as a whole: when one process hits it, all end.
      out_of_memory_ = killed_ = true;
      kill_everything();
      close(memory_event_);
      memory_event_ = -1;
    }
    if (watched[4].revents != 0) on_signal();
    on_deadlines();
  }
}

// Kills and reaps until no descendant is left; false when some cannot be killed (uninterruptible in the kernel).
bool Supervisor::sweep() {
  int64_t deadline = boottime_us() + kKillUsMax;
  for (;;) {
    reap();
    bool children = !own_children().empty();
    if (!children && group_members(spec_.groups).empty()) return true;
    if (boottime_us() > deadline) return false;
    kill_everything();
    drain();
    pollfd watched = {signals_, POLLIN, 0};
    poll(&watched, 1, 1);
    on_signal();
  }
}

void Supervisor::drain() {
  if (hello_ >= 0) on_hello();
  if (hello_ >= 0) on_hello();
  for (int i = 0; i < 64 && out_ >= 0; ++i) {
    pollfd watched = {out_, POLLIN, 0};
    if (poll(&watched, 1, 0) <= 0) break;
    on_output(out_, 1);
  }
  for (int i = 0; i < 64 && err_ >= 0; ++i) {
    pollfd watched = {err_, POLLIN, 0};
    if (poll(&watched, 1, 0) <= 0) break;
    on_output(err_, 2);
  }
}

void Supervisor::write_exit(bool empty) {
  bool signalled = WIFSIGNALED(main_status_);
  int code = signalled ? 128 + WTERMSIG(main_status_) : WEXITSTATUS(main_status_);
  if (greeted_) setup_error_.clear();
  bool begun = started_us_ != 0;
  if (!begun && setup_error_.empty() && !stopped_) setup_error_ = "the sandbox ended before the job began";
  std::replace(setup_error_.begin(), setup_error_.end(), '\n', ' ');
  std::replace(setup_error_.begin(), setup_error_.end(), '\0', ' ');
  Records records = {{"code", std::to_string(main_ == 0 ? 125 : code)},
                     {"out_of_memory", out_of_memory_ ? "1" : "0"},
                     {"timed_out", timed_out_ ? "1" : "0"},
                     {"stopped", stopped_ ? "1" : "0"},
                     {"run_us", std::to_string(begun ? ended_us_ - started_us_ : 0)},
                     {"empty", empty ? "1" : "0"},
                     {"setup_error", setup_error_}};
  replace_file(folder_, kExitFile, join_records(records, '\n'), Durable::yes);
}

int Supervisor::run() {
  if (!claim()) return 0;
  bool ok = prepare();
  write_state();  // from here on nobody starts this job again
  bool empty = true;
  if (ok && start()) {
    loop();
    empty = sweep();
    for (int64_t deadline = boottime_us() + kDrainUsMax; (out_ >= 0 || err_ >= 0) && boottime_us() < deadline;) {
      drain();
      pollfd watched[] = {{out_, POLLIN, 0}, {err_, POLLIN, 0}};
      if (out_ >= 0 || err_ >= 0) poll(watched, 2, 10);
    }
    // Where the kernel ended some of it on its own.
    if (out_of_memory_kills(spec_.groups) > 0) out_of_memory_ = true;
  }
  write_exit(empty);
  report();
  if (empty) remove_groups(spec_.groups);
  return 0;
}

}  // namespace

int supervise(int folder, int ready) { return Supervisor(folder, ready).run(); }

}  // namespace ain::shim
