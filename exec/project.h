// `ain.toml`: the jobs of a repository, and its terms. Only `run` is required. Unknown keys are errors with the nearest known one.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/attribution.h"

namespace ain::exec {

inline constexpr const char* kProjectFile = "ain.toml";
inline constexpr int64_t kGpusMax = 256;
inline constexpr int64_t kCpusMax = 4096;
inline constexpr int64_t kBytesMax = int64_t{1} << 50;        // of memory or disk
inline constexpr int64_t kMemoryBytesMin = int64_t{16} << 20;  // less does not start an interpreter
inline constexpr int64_t kGraceMsMax = int64_t{3600} * 1000;
inline constexpr size_t kJobsMax = 256;
inline constexpr size_t kNamesMax = 256;                      // params, variables, outputs of one job

enum class EnvironmentKind { automatic, pip, system };

struct Resources {
  int64_t gpus = 0;
  std::string gpu_model;             // "" is any: "H100", "A100-80GB"
  int64_t gpu_memory_bytes = 0;      // at least, each
  int64_t cpus = 1;                  // at least; this many are leased and paid for when there is no GPU
  int64_t memory_bytes = int64_t{1} << 30;
  int64_t disk_bytes = int64_t{10} << 30;
  std::optional<int64_t> price_per_hour_max;  // µAIN, whole lease; as people write it, since not every one is whole in seconds

  bool operator==(const Resources&) const = default;
};

struct ProjectJob {
  std::string name;
  std::vector<std::string> command;  // argv; a string in the file becomes {"bash", "-euo", "pipefail", "-c", text}
  std::map<std::string, std::string> params;
  std::vector<std::string> outputs;  // paths below the job's folder
  std::map<std::string, std::string> variables;  // from `vars`; a bare name takes the caller's value
  std::vector<std::string> variables_of_caller;
  EnvironmentKind environment = EnvironmentKind::automatic;
  std::string lock;                  // path in the tree; "" finds it
  Resources resources;
  int64_t timeout_ms = 0;            // 0: off
  int64_t grace_ms = 60'000;
};

struct Project {
  std::vector<ProjectJob> jobs;      // in the order of the file
  std::optional<Royalty> royalty;

  // The job of that name; "" takes the only one, or the one called "main". Throws `usage` naming the nearest.
  const ProjectJob& job(std::string_view name) const;
};

// Throws `failed`: "cannot read 'ain.toml': line 3: unknown key 'gpuu'", hint "did you mean 'gpu'?".
Project parse_project(std::string_view text);

// Throws `failed`, with what to do, when the work folder's ain.toml is there and is no file that can be read.
void check_project_file(const std::filesystem::path& work_folder);

// "system", "pip", "auto"; throws `usage` for a kind that is unknown or not supported yet.
EnvironmentKind parse_environment_kind(std::string_view text);
// A name of a parameter or an environment variable: letters, digits and '_', not beginning with a digit.
bool is_variable_name(std::string_view name);
// A path below the job's folder: relative, no "..", no control characters. A folder may end in '/'.
bool is_output_path(std::string_view path);
// True for a path that is one of `outputs`, or lies below one.
bool is_asked_for(std::string_view path, const std::vector<std::string>& outputs);

// "1", "H100:8", "A100-80GB:4", "A100:40GB.." -> fields of `resources`; throws `usage`.
void parse_gpu(std::string_view text, Resources& resources);
// "32GB", "32GB+", "24GB.." -> at least that many bytes; throws `usage`.
int64_t parse_memory(std::string_view text);

}  // namespace ain::exec
