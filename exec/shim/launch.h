// From the shim's child to the job's command: own user, bubblewrap, limits, exec. Nothing here returns to the caller
// when it works.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "exec/shim/cgroups.h"
#include "exec/shim/files.h"

namespace ain::shim {

// What the node wrote into `spec`.
struct Spec {
  std::string isolation;                    // "bubblewrap" or "none"
  bool has_user = false;                    // run as a user of the job's own (the shim is root)
  uid_t user = 0;
  std::string folder;                       // working folder, for isolation none
  std::vector<std::string> sandbox;         // bubblewrap and its arguments, up to "--"
  std::vector<std::pair<std::string, std::string>> stage;  // name below kStageFolder -> real path
  std::vector<std::string> command;
  std::vector<std::string> environment;     // of the command, for isolation none
  Groups groups;
  GroupLimits limits;
  int64_t file_bytes_max = 0;
  int64_t run_us_max = 0;                   // 0: no limit
  int64_t grace_ms = 0;
  int64_t log_bytes_max = 0;
};

// False when a field that must be there is missing.
bool parse_spec(std::string_view text, Spec& spec);

// In the forked child: stdout and stderr are already the job's, `hello` is the socket to the shim, `job_folder` is folder/shim.
// Failures are written to stderr before the exit, and the shim takes them for the sandbox's, as no hello came.
[[noreturn]] void launch(const Spec& spec, int hello, int job_folder);

// The program inside the sandbox, before it becomes the command: limits, a session of its own, hello, exec.
[[noreturn]] void run_inner(int hello, int64_t processes_max, int64_t file_bytes_max, char* const* command,
                            char* const* environment);

}  // namespace ain::shim
