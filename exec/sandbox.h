// What a job sees of the machine: the arguments for bubblewrap.
#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "exec/backend.h"

namespace ain::exec {

inline constexpr const char* kJobMount = "/job";          // the commit's tree, writable, the working folder
inline constexpr const char* kInitMount = "/ain/init";    // ain-shim itself, as the step before the command
inline constexpr const char* kHomeMount = "/tmp/home";

struct Sandbox {
  std::vector<std::string> arguments;                              // bubblewrap … -- ain-shim inner … --
  std::vector<std::pair<std::string, std::filesystem::path>> stage;  // see shim::kStageFolder; empty without root
};

struct SandboxInput {
  std::filesystem::path bubblewrap;
  std::filesystem::path shim;
  std::filesystem::path files;      // folder/shim: the made-up /etc is written there
  bool staged = false;              // the shim is root and binds the folders first
  bool disable_userns = true;       // not every kernel lets user namespaces nest
};

// Writes files/etc.
Sandbox plan_sandbox(const Launch& launch, const SandboxInput& input);

// The whole environment of the command, as "K=V": the fixed set, the environment's, the job's. Without a sandbox the paths are the
// real ones, and `files`/home is its home.
std::vector<std::string> job_environment(const Launch& launch, const std::filesystem::path& files);

// The NVIDIA devices of `gpus` and the driver's libraries: bubblewrap's arguments. Throws `refused` when a device is missing.
std::vector<std::string> gpu_arguments(const std::vector<int>& gpus);

}  // namespace ain::exec
