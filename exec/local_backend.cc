#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <functional>
#include <mutex>
#include <set>
#include <thread>

#include "base/encoding.h"
#include "base/error.h"
#include "base/files.h"
#include "base/process.h"
#include "base/text.h"
#include "base/time.h"
#include "exec/backend.h"
#include "exec/job_users.h"
#include "exec/local_probe.h"
#include "exec/sandbox.h"
#include "exec/seccomp.h"
#include "exec/shim/files.h"
#include "exec/shim/processes.h"
#include "exec/working_file.h"

namespace ain::exec {

namespace fs = std::filesystem;

namespace {

constexpr int kStartMsMax = 45'000;    // the shim gives up on a sandbox before
constexpr int64_t kEndMsMax = 20'000;  // from a request to end until the shim has written `exit`
constexpr int64_t kKillMsMax = 10'000;
constexpr int kPollMs = 2;

fs::path files_of(const fs::path& folder) { return folder / "shim"; }

shim::Records read_records(const fs::path& path) {
  return shim::split_records(read_file_if_exists(path, shim::kShimFileBytesMax).value_or(""), '\n');
}

bool shim_is_alive(const shim::Records& state) {
  return shim::value_of(state, "boot") == boot_id() &&
         shim::is_alive(static_cast<pid_t>(shim::number_of(state, "pid")),
                        static_cast<uint64_t>(shim::number_of(state, "start")));
}

std::optional<Observation> read_exit(const fs::path& files) {
  auto text = read_file_if_exists(files / shim::kExitFile, shim::kShimFileBytesMax);
  if (!text) return std::nullopt;
  shim::Records record = shim::split_records(*text, '\n');
  if (shim::value_of(record, "code").empty()) return std::nullopt;  // a power cut took its content
  Observation seen;
  seen.phase = JobPhase::exited;
  seen.exit_code = static_cast<int>(shim::number_of(record, "code"));
  seen.out_of_memory = shim::number_of(record, "out_of_memory") != 0;
  seen.timed_out = shim::number_of(record, "timed_out") != 0;
  seen.stopped = shim::number_of(record, "stopped") != 0;
  seen.run_us = shim::number_of(record, "run_us");
  seen.setup_error = shim::value_of(record, "setup_error");
  return seen;
}

void refuse_if_not_set_up(const Observation& seen) {
  if (seen.phase == JobPhase::exited && !seen.setup_error.empty())
    fail(ErrorKind::refused, "cannot start the job: {}", seen.setup_error);
}

// The name of the job's control groups: the nonce is a stranger's text.
std::string group_name(const std::string& nonce) { return "ain-" + to_hex(sha256(nonce)).substr(0, 24); }

std::string make_spec(const Launch& launch, const LocalSetup& setup, const fs::path& shim_program) {
  fs::path files = files_of(launch.folder);
  const Resources& resources = launch.spec.resources;
  bool sandboxed = launch.isolation == Isolation::bubblewrap, root = geteuid() == 0;
  shim::Records records = {{"isolation", sandboxed ? "bubblewrap" : "none"},
                           {"folder", launch.tree.string()},
                           {"memory_bytes", std::to_string(resources.memory_bytes)},
                           {"processes", std::to_string(kProcessesMax)},
                           {"cpus", std::to_string(std::max<int64_t>(resources.cpus, 1))},
                           {"file_bytes_max", std::to_string(resources.disk_bytes)},
                           {"run_us_max", std::to_string(launch.spec.run_us_max)},
                           {"grace_ms", std::to_string(launch.spec.grace_ms)},
                           {"log_bytes_max", std::to_string(kLogBytesMax)}};
  shim::put_groups(records, shim::job_groups(setup.parents, group_name(launch.nonce)));
  if (sandboxed) {
    if (root) {
      uid_t user = take_job_user(launch.folder);
      give_tree(launch.tree, user);
      records.emplace_back("user", std::to_string(user));
    }
    Sandbox sandbox = plan_sandbox(launch, {setup.bubblewrap, shim_program, files, root, setup.disable_userns});
    for (auto& argument : sandbox.arguments) records.emplace_back("sandbox", std::move(argument));
    for (const auto& [name, path] : sandbox.stage) records.emplace_back("stage", name + path.string());
  } else {
    for (auto& variable : job_environment(launch, files)) records.emplace_back("environment", std::move(variable));
  }
  for (const auto& word : launch.spec.command) records.emplace_back("command", word);
  for (const auto& [key, value] : records)
    if (value.find('\0') != std::string::npos) fail(ErrorKind::failed, "the job's {} holds a zero byte", key);
  return shim::join_records(records, '\0');
}

// Folders that the sandbox would make, for a job without one.
void make_bare_folders(const fs::path& files) {
  fs::create_directories(files / "home");
  fs::create_directories(files / "bin");
  if (!fs::exists("/usr/bin/python") && !fs::is_symlink(files / "bin" / "python"))
    fs::create_symlink("/usr/bin/python3", files / "bin" / "python");
}

// Signals the very process that was checked: a descriptor cannot come to mean another one.
void kill_shim(const shim::Records& state) {
  Fd process(static_cast<int>(syscall(SYS_pidfd_open, static_cast<pid_t>(shim::number_of(state, "pid")), 0)));
  if (process && shim_is_alive(state)) syscall(SYS_pidfd_send_signal, process.get(), SIGKILL, nullptr, 0);
}

// A shim whose node still runs is that node's child (Node makes it so): nobody else would take its exit status. Of any other process
// of that number nothing is taken.
void reap_shim(const shim::Records& state) {
  const pid_t pid = static_cast<pid_t>(shim::number_of(state, "pid"));
  shim::ProcessInfo info;
  const bool same = pid > 0 && shim::read_process(pid, info) && info.parent == getpid() &&
                    info.start_ticks == static_cast<uint64_t>(shim::number_of(state, "start"));
  if (same) waitpid(pid, nullptr, 0);
}

// What is left of the session that a lost job's command led. Its number stays taken as long as there is a member, so only a leader of
// another time means that it was given away.
std::set<pid_t> session_of(const shim::Records& state) {
  std::set<pid_t> members;
  pid_t leader = static_cast<pid_t>(shim::number_of(state, "payload"));
  if (leader <= 0) return members;
  for (const auto& process : shim::all_processes()) {
    if (process.session != leader) continue;
    bool other = process.pid == leader &&
                 process.start_ticks != static_cast<uint64_t>(shim::number_of(state, "payload_start"));
    if (other) return {};
    if (process.state != 'Z') members.insert(process.pid);
  }
  return members;
}

void kill_all(const std::set<pid_t>& pids) {
  for (pid_t pid : pids)
    if (pid > 1 && pid != getpid()) kill(pid, SIGKILL);
}

class LocalBackend final : public Backend {
 public:
  LocalBackend(fs::path shim_program, bool control_groups)
      : shim_(fs::absolute(std::move(shim_program))), control_groups_(control_groups) {}

  Capabilities probe() const override { return setup().capabilities; }
  void start(const Launch& launch) override;
  Observation observe(const fs::path& folder) const override;
  void stop(const fs::path& folder, int64_t grace_ms) override;
  void cleanup(const fs::path& folder) override;

 private:
  const LocalSetup& setup() const;
  void trial(const LocalSetup& setup, Isolation isolation) const;
  void launch_shim(const Launch& launch, const LocalSetup& setup) const;
  Observation wait_until_begun(const fs::path& folder) const;

  fs::path shim_;
  bool control_groups_;
  mutable std::once_flag probed_;
  mutable LocalSetup setup_;
};

const LocalSetup& LocalBackend::setup() const {
  std::call_once(probed_, [this] {
    setup_ = find_local_setup(control_groups_,
                              [this](const LocalSetup& tried, Isolation isolation) { trial(tried, isolation); });
  });
  return setup_;
}

void LocalBackend::trial(const LocalSetup& tried, Isolation isolation) const {
  TemporaryFolder folder("ain-probe");
  Launch launch;
  launch.nonce = "probe-" + to_hex(random_bytes(8));
  launch.folder = folder.path();
  launch.tree = folder.path() / "tree";
  fs::create_directories(launch.tree);
  launch.spec.command = {"/bin/true"};
  launch.spec.resources.memory_bytes = int64_t{64} << 20;
  launch.isolation = isolation;
  auto* self = const_cast<LocalBackend*>(this);
  try {
    launch_shim(launch, tried);
    refuse_if_not_set_up(wait_until_begun(launch.folder));
    int64_t deadline = monotonic_us() + kEndMsMax * 1000;
    while (observe(launch.folder).phase == JobPhase::running && monotonic_us() < deadline)
      wait_for_change(launch.folder, INT64_MAX, 1000);
    Observation seen = observe(launch.folder);
    refuse_if_not_set_up(seen);
    if (seen.phase != JobPhase::exited || seen.exit_code != 0)
      fail(ErrorKind::refused, "/bin/true ended with {}", seen.exit_code);
  } catch (...) {
    self->cleanup(launch.folder);
    throw;
  }
  self->cleanup(launch.folder);
}

void LocalBackend::launch_shim(const Launch& launch, const LocalSetup& chosen) const {
  fs::path files = files_of(launch.folder);
  make_private_folder(files);
  if (launch.isolation == Isolation::bubblewrap) {
    static const std::string filter = job_filter();
    write_working_file(files / shim::kSeccompFile, filter);
  } else {
    make_bare_folders(files);
  }
  write_working_file(files / shim::kSpecFile, make_spec(launch, chosen, shim_));
  Pipe ready = make_pipe();
  ProcessSpec process;
  process.argv = {shim_.string(), files.string(), std::to_string(ready.write_end.get())};
  process.environment = std::vector<std::string>{"PATH=/usr/bin:/bin", "LANG=C.UTF-8"};
  process.inherit = {ready.write_end.get()};
  Child child = spawn(process);
  ready.write_end.reset();
  child.wait();  // it detaches at once
  pollfd watched = {ready.read_end.get(), POLLIN, 0};
  if (poll(&watched, 1, kStartMsMax) == 0) fail(ErrorKind::refused, "the job's supervisor does not answer");
}

// When another start's shim was faster, it may still be on its way.
Observation LocalBackend::wait_until_begun(const fs::path& folder) const {
  int64_t deadline = monotonic_us() + int64_t{kStartMsMax} * 1000;
  for (;;) {
    Observation seen = observe(folder);
    if (seen.phase != JobPhase::pending) return seen;
    if (monotonic_us() > deadline) fail(ErrorKind::refused, "the job's supervisor does not answer");
    std::this_thread::sleep_for(std::chrono::milliseconds(kPollMs));
  }
}

void LocalBackend::start(const Launch& launch) {
  const LocalSetup& chosen = setup();
  if (launch.isolation == Isolation::bubblewrap && !chosen.capabilities.sandbox)
    fail_with_hint(ErrorKind::refused, chosen.capabilities.fix, "cannot start the job: {}", chosen.capabilities.why_not);
  AIN_ASSERT(!launch.nonce.empty() && !launch.spec.command.empty() && launch.folder.is_absolute());
  fs::path files = files_of(launch.folder);
  make_private_folder(files);
  FileLock lock = FileLock::acquire(files / "start.lock");
  auto owner = read_file_if_exists(files / "nonce", 4096);
  if (!owner || owner->empty()) {
    write_working_file(files / "nonce", launch.nonce);
  } else if (*owner != launch.nonce) {
    fail(ErrorKind::failed, "'{}' belongs to another job", launch.folder.string());
  }
  // A shim that holds its lock, or ever wrote its state, is the one and only of this nonce.
  if (observe(launch.folder).phase == JobPhase::pending && FileLock::try_acquire(files / shim::kLockFile))
    launch_shim(launch, chosen);
  refuse_if_not_set_up(wait_until_begun(launch.folder));
}

Observation LocalBackend::observe(const fs::path& folder) const {
  fs::path files = files_of(folder);
  if (auto ended = read_exit(files)) return *ended;
  shim::Records state = read_records(files / shim::kStateFile);
  Observation seen;
  if (state.empty()) return seen;
  int64_t started_us = shim::number_of(state, "started_us");
  if (shim_is_alive(state)) {
    seen.phase = started_us > 0 ? JobPhase::running : JobPhase::pending;
    seen.run_us = started_us > 0 ? std::max<int64_t>(monotonic_us() - started_us, 0) : 0;
    return seen;
  }
  // It may have ended between the two looks.
  if (auto ended = read_exit(files)) return *ended;
  seen.phase = JobPhase::lost;
  return seen;
}

void LocalBackend::stop(const fs::path& folder, int64_t grace_ms) {
  // Nobody reads the FIFO of a shim that is gone: then there is nothing to stop.
  Fd control(open((files_of(folder) / shim::kControlFile).c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW));
  if (control) write_all(control.get(), fmt::format("stop {}\n", std::max<int64_t>(grace_ms, 0)), "the job's shim");
}

void LocalBackend::cleanup(const fs::path& folder) {
  fs::path files = files_of(folder);
  shim::Records state = read_records(files / shim::kStateFile);
  if (!state.empty() && shim_is_alive(state)) {
    stop(folder, 0);
    int64_t deadline = monotonic_us() + kEndMsMax * 1000;
    while (shim_is_alive(state) && monotonic_us() < deadline)
      std::this_thread::sleep_for(std::chrono::milliseconds(kPollMs));
    kill_shim(state);
  }
  if (!state.empty()) reap_shim(state);
  shim::Groups groups = shim::groups_from(state);
  bool same_boot = shim::value_of(state, "boot") == boot_id();
  std::optional<uid_t> user = geteuid() == 0 ? find_job_user(folder) : std::nullopt;
  bool lost = !fs::exists(files / shim::kExitFile);  // else the shim has seen to it that nothing is left
  for (int64_t deadline = monotonic_us() + kKillMsMax * 1000; same_boot;) {
    std::set<pid_t> left;
    for (pid_t pid : shim::group_members(groups)) left.insert(pid);
    if (user)
      for (pid_t pid : shim::processes_of_user(*user)) left.insert(pid);
    if (lost) left.merge(session_of(state));
    if (left.empty()) break;
    if (monotonic_us() > deadline)
      fail(ErrorKind::failed, "{} processes of the job in '{}' cannot be killed", left.size(), folder.string());
    shim::kill_groups(groups);
    kill_all(left);
    std::this_thread::sleep_for(std::chrono::milliseconds(kPollMs));
  }
  // The kernel lets go of a group a moment after its last process.
  for (int tries = 0; same_boot && !shim::remove_groups(groups) && tries < 500; ++tries)
    std::this_thread::sleep_for(std::chrono::milliseconds(kPollMs));
  if (user) release_job_user(folder);
}

}  // namespace

std::unique_ptr<Backend> local_backend(const fs::path& shim, bool control_groups) {
  return std::make_unique<LocalBackend>(shim, control_groups);
}

fs::path find_shim() {
  if (auto chosen = environment_variable("AIN_SHIM")) return *chosen;
  std::error_code error;
  fs::path folder = fs::read_symlink("/proc/self/exe", error).parent_path();
  for (const char* place : {"ain-shim", "../bin/ain-shim", "../lib/ain/ain-shim"})
    if (access((folder / place).c_str(), X_OK) == 0) return fs::weakly_canonical(folder / place);
  fail_with_hint(ErrorKind::failed, "install ain again, or set AIN_SHIM to the path of ain-shim",
                 "cannot find 'ain-shim' in '{}'", folder.string());
}

}  // namespace ain::exec
