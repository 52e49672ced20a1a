// What a commit needs to run, built from its lock and nothing else, kept by the hash of the lock.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/hash.h"
#include "exec/job.h"

namespace ain::exec {

struct Environment {
  std::string kind;                 // "system" or "pip"
  std::string key;                  // hex; names the lock, the interpreter, the architecture and the builder
  std::filesystem::path folder;     // read-only for jobs; empty for system
  bool cached = false;              // it was there already
  std::vector<std::string> variables;  // "PATH=…", "PYTHONPATH=…" as the job must see them inside the sandbox
};

// Where a built environment appears inside the sandbox.
inline constexpr const char* kEnvironmentMount = "/ain/env";

// Builds, or finds, the environment of `spec`; `lock` is the lock file's text, whose digest must be the spec's. Fetches only listed,
// hashed artefacts, runs no third-party code while the network is on, installs offline; a second build of the same key waits for the
// first (file lock). A failed or killed build leaves nothing that a later one would take for finished. Throws `environment` with the
// last lines of the installer's output and a hint.
Environment build_environment(const JobSpec& spec, std::string_view lock, const std::filesystem::path& cache_folder,
                              const std::function<void(std::string_view line)>& progress);

}  // namespace ain::exec
