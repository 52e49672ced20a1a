// Starting other programs: posix_spawn only (a daemon with gigabytes mapped must never fork), explicit environment,
// no inherited descriptors beyond those named.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/handle.h"

namespace ain {

struct ProcessSpec {
  std::vector<std::string> argv;                           // argv[0] is searched in PATH
  std::optional<std::vector<std::string>> environment;     // "K=V"; nothing: inherit
  std::filesystem::path folder;                            // working folder; empty: inherit
  int stdin_fd = -1;                                       // -1: /dev/null
  int stdout_fd = -1;                                      // -1: /dev/null
  int stderr_fd = -1;                                      // -1: /dev/null; -2: ain's own
  std::vector<int> inherit;                                // further descriptors, kept at their numbers
  bool new_session = false;                                // setsid
};

class Child {
 public:
  Child() = default;
  explicit Child(pid_t pid) : pid_(pid) {}
  pid_t pid() const { return pid_; }
  int wait();                       // exit code, or 128+N for signal N
  std::optional<int> try_wait();
  void signal(int number) const;

 private:
  pid_t pid_ = -1;
};

Child spawn(const ProcessSpec& spec);  // throws `failed` naming the program when it is not installed

struct Completed {
  int exit_code = 0;
  std::string out;
  std::string err;
};
// Runs to the end, feeding `input`, collecting at most `bytes_max` of each stream (more: throws `failed`).
Completed run_process(ProcessSpec spec, std::string_view input = {}, size_t bytes_max = 64 << 20);
// The same, passing stdout on as it comes.
int run_process_streaming(ProcessSpec spec, std::string_view input,
                          const std::function<void(std::string_view)>& on_stdout, std::string& err);

struct Pipe {
  Fd read_end;
  Fd write_end;
};
Pipe make_pipe();  // both close-on-exec

std::optional<std::filesystem::path> find_program(std::string_view name);  // along PATH
std::vector<std::string> current_environment();
std::optional<std::string> environment_variable(const char* name);

}  // namespace ain
