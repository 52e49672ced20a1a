// The installers of Python packages as programs. Wheels only: nothing of a package is executed while it is fetched or installed.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "exec/requirements.h"

namespace ain::exec {

// The interpreter of every job: inside the sandbox there is only the system's.
inline constexpr const char* kPython = "/usr/bin/python3";

struct PythonFacts {
  std::string version;  // "3.11.2"
  std::string minor;    // "3.11"
  std::string abi;      // "cpython-311-x86_64-linux-gnu"
};
const PythonFacts& python_facts();  // asked once; throws `environment` when there is no interpreter

using Progress = std::function<void(std::string_view line)>;

// Fetches wheels for `missing` into `folder`, from the index that this machine's pip is configured for.
void fetch_wheels(const std::vector<Requirement>& missing, const std::filesystem::path& folder,
                  const std::filesystem::path& scratch, const Progress& progress);
// Throws `environment` when the wheels in `folder` would unpack to more than `bytes_max`.
void check_unpacked_size(const std::filesystem::path& folder, int64_t bytes_max);
// Installs `all` from the wheels in `folder` into `target`, offline.
void install_wheels(const std::vector<Requirement>& all, const std::filesystem::path& folder,
                    const std::filesystem::path& target, const std::filesystem::path& scratch, const Progress& progress);
// AIN_INSTALLER=uv: fetches and installs in one step.
bool use_uv();
void install_with_uv(const std::vector<Requirement>& all, const std::filesystem::path& target,
                     const std::filesystem::path& scratch, const Progress& progress);

}  // namespace ain::exec
