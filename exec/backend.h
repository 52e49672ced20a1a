// Starting a job in isolation and following it to its end, through a shim that outlives the node.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "exec/environment.h"
#include "exec/job.h"

namespace ain::exec {

inline constexpr int64_t kProcessesMax = 2048;  // of one job, threads included

enum class Isolation { bubblewrap, none };  // none: one's own code on one's own machine only

struct Capabilities {
  bool sandbox = false;
  std::string why_not;         // when there is no sandbox: what is missing
  std::string fix;             // and the command that helps
  // Which tier holds memory, processes and CPU: "cgroup-v2", "cgroup-v1", or "rlimit". With "rlimit" the shim adds up the job's memory
  // 50 times a second and kills it above its limit, so a fast job passes it for a moment, and CPU time is not held at all.
  std::string limits;
};

struct Launch {
  std::string nonce;                  // the escrow's id: starting the same nonce twice starts once
  std::filesystem::path folder;       // of this job alone: the backend's files lie in folder/shim
  std::filesystem::path tree;         // writable copy of the commit; the job's working folder
  JobSpec spec;
  Environment environment;
  std::vector<int> gpus;              // indices of the leased GPUs
  Isolation isolation = Isolation::bubblewrap;
};

enum class JobPhase { pending, running, exited, lost };

struct Observation {
  JobPhase phase = JobPhase::pending;
  int exit_code = 0;                  // 128+N when killed by signal N
  bool out_of_memory = false;
  bool timed_out = false;
  bool stopped = false;               // by stop()
  std::string setup_error;            // exited before the command began: the sandbox's fault, not the job's
  int64_t run_us = 0;                 // from the payload's start to its end, or to now; measured by the shim, not by the job
};

class Backend {
 public:
  virtual ~Backend() = default;
  virtual Capabilities probe() const = 0;
  // Returns when the command runs (or ended already). Idempotent on the nonce; throws `refused` when there is no sandbox or it does not
  // come up. A nonce whose shim was ever claimed never runs again: it is running, exited or lost.
  virtual void start(const Launch& launch) = 0;
  virtual Observation observe(const std::filesystem::path& folder) const = 0;  // also of a job that an earlier node started
  virtual void stop(const std::filesystem::path& folder, int64_t grace_ms) = 0;  // TERM, grace, KILL (KILL alone without grace); returns at once
  // Kills what still runs, waits until no process of the job is left, gives back its user and limits. Idempotent. Throws `failed` when
  // something cannot be killed: then what it held (a GPU) must not be let again.
  virtual void cleanup(const std::filesystem::path& folder) = 0;
};

// bubblewrap + seccomp + cgroups or rlimits + a uid a job, under ain-shim. `shim` is the path of the ain-shim program. Without
// `control_groups` the limits are those of a machine that has none.
std::unique_ptr<Backend> local_backend(const std::filesystem::path& shim, bool control_groups = true);
// Beside the running program, or AIN_SHIM; throws `failed` with the hint to reinstall.
std::filesystem::path find_shim();

// The job's output as the shim wrote it down: frames in folder/shim/log, capped at kLogBytesMax (then a last frame says so).
inline constexpr int64_t kLogBytesMax = int64_t{256} << 20;
struct LogChunk {
  int64_t offset = 0;        // of the next frame: pass it to go on
  int64_t time_ms = 0;
  bool is_stderr = false;
  std::string data;
};
// Waits until the log is longer than `log_offset`, or the job has ended, or the time is over (then false). Returns at once when that is
// so already, so nothing between two calls is missed.
bool wait_for_change(const std::filesystem::path& folder, int64_t log_offset, int64_t timeout_ms);
// Frames from `offset`, at most `bytes_max` of data; a half-written last frame is left for the next call.
std::vector<LogChunk> read_log(const std::filesystem::path& folder, int64_t offset, size_t bytes_max);

}  // namespace ain::exec
