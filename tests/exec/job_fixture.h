// A real backend and real jobs for the tests of this folder.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>

#include "base/error.h"
#include "base/files.h"
#include "base/process.h"
#include "base/time.h"
#include "exec/backend.h"
#include "exec/shim/files.h"
#include "exec/shim/processes.h"

namespace ain::exec {

struct Result {
  Observation seen;
  std::string out;
  std::string err;
};

inline std::filesystem::path shim_path() { return std::filesystem::path(AIN_BINARY_FOLDER) / "ain-shim"; }

inline Backend& shared_backend() {
  static std::unique_ptr<Backend> backend = local_backend(shim_path());
  return *backend;
}

// Empty for a process that has ended. It may do so between open and read as well, and a stream throws then.
inline std::string command_line_of(pid_t pid) {
  return shim::read_small_file(fmt::format("/proc/{}/cmdline", pid).c_str());
}
// The processes of the machine that have WORD in their command line.
inline std::vector<pid_t> all_processes_with(const std::string& word) {
  std::vector<pid_t> found;
  for (const auto& process : shim::all_processes())
    if (command_line_of(process.pid).find(word) != std::string::npos) found.push_back(process.pid);
  return found;
}
inline int processes_with(const std::string& word) { return static_cast<int>(all_processes_with(word).size()); }
// The one whose program is followed by WORD ("sleep", WORD), or 0.
inline pid_t process_with(const std::string& word) {
  for (pid_t pid : all_processes_with(word))
    if (command_line_of(pid).starts_with(std::string("sleep\0", 6))) return pid;
  return 0;
}

template <typename Condition>
bool eventually(Condition&& condition, int64_t ms = 10'000) {
  for (int64_t deadline = monotonic_us() + ms * 1000; monotonic_us() < deadline;) {
    if (condition()) return true;
    usleep(2000);
  }
  return condition();
}

class JobTest : public testing::Test {
 protected:
  void SetUp() override {
    std::signal(SIGPIPE, SIG_IGN);  // as ain's main() does
    if (!find_program("bwrap")) GTEST_SKIP() << "bubblewrap is not installed: apt install bubblewrap";
    Capabilities capabilities = backend().probe();
    if (!capabilities.sandbox) GTEST_SKIP() << capabilities.why_not << "; " << capabilities.fix;
  }
  void TearDown() override {
    for (const auto& folder : folders_) backend().cleanup(folder);
  }
  virtual Backend& backend() { return shared_backend(); }

  Launch launch_of(std::vector<std::string> command) {
    static std::atomic<int> next = 0;
    Launch launch;
    launch.nonce = fmt::format("test-{}-{}-{}", getpid(), next.fetch_add(1), now_ms());
    launch.folder = folder_.path() / launch.nonce;
    launch.tree = launch.folder / "tree";
    std::filesystem::create_directories(launch.tree);
    launch.spec.command = std::move(command);
    launch.spec.environment = "system";
    launch.spec.resources.memory_bytes = int64_t{256} << 20;
    launch.spec.grace_ms = 1000;
    folders_.push_back(launch.folder);
    return launch;
  }
  Launch shell(const std::string& script) { return launch_of({"bash", "-c", script}); }
  Launch python(const std::string& script) { return launch_of({"python3", "-c", script}); }

  Result finish(const Launch& launch, int64_t timeout_ms = 200'000) {
    int64_t deadline = monotonic_us() + timeout_ms * 1000;
    Result result;
    while ((result.seen = backend().observe(launch.folder)).phase == JobPhase::running && monotonic_us() < deadline)
      wait_for_change(launch.folder, INT64_MAX, 500);
    for (int64_t offset = 0;;) {
      std::vector<LogChunk> chunks = read_log(launch.folder, offset, 1 << 20);
      if (chunks.empty()) break;
      offset = chunks.back().offset;
      for (const auto& chunk : chunks) (chunk.is_stderr ? result.err : result.out) += chunk.data;
    }
    return result;
  }
  Result run(const Launch& launch) {
    backend().start(launch);
    return finish(launch);
  }

  TemporaryFolder folder_{"ain-exec-test"};
  std::vector<std::filesystem::path> folders_;
};

}  // namespace ain::exec
