// The job spec: what is to be done, complete and canonical. Its digest is the job, everywhere.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/hash.h"
#include "base/json.h"
#include "exec/project.h"
#include "repo/snapshot.h"

namespace ain::exec {

inline constexpr size_t kArgumentsMax = 1024;
inline constexpr size_t kJobBytesMax = 256 << 10;
inline constexpr int64_t kRunTimeMaxUs = int64_t{30} * 24 * 3600 * 1'000'000;

struct JobSpec {
  std::string repository;            // "repo1…"
  std::string identity;              // the commit that the executor's refs/ain/identity names: who its delegates are
  std::string commit;
  std::string tree;
  std::string name;                  // of the job in ain.toml; "" for a bare command
  std::vector<std::string> command;  // argv
  std::map<std::string, std::string> variables;  // the whole extra environment, AIN_PARAM_* included
  std::vector<std::string> outputs;  // relative paths, folders end in '/'
  std::string environment;           // "system" or "pip"
  std::string lock;                  // path of the lock in the tree; "" for system
  std::string lock_digest;           // hex SHA-256 of its bytes; "" for system
  Resources resources;
  int64_t run_us_max = 0;            // the job is stopped after it; what the deposit covers; 0 from make_job without a timeout
  int64_t grace_ms = 0;              // between TERM and KILL

  // GPUs when there are any, else CPU cores: what the offer's price is multiplied by.
  int64_t units() const { return resources.gpus > 0 ? resources.gpus : resources.cpus; }
};

Json to_json(const JobSpec& spec);
JobSpec job_from_json(const Json& value);  // checks every bound; throws `failed`
Digest job_digest(const JobSpec& spec);    // SHA-256 of "ain-job\n" and the canonical JSON

// What the caller of `ain run` asked for; everything unset comes from ain.toml.
struct JobRequest {
  std::string job;                           // "" with a command: none of ain.toml's
  std::vector<std::string> command;          // after `--`
  std::map<std::string, std::string> params;     // -P
  std::map<std::string, std::string> variables;  // -e
  std::vector<std::string> outputs;
  std::optional<std::string> gpu, memory, environment;
  std::optional<int64_t> cpus;
  std::optional<int64_t> timeout_ms;
  std::optional<int64_t> price_per_hour_max;
};

// What runs of this folder leave in it: the outputs that any job of its ain.toml declares, and those asked for now. Not part of the
// work while git does not track them: the next run would carry them, as another job, and count them as its executor's. Throws `failed`
// for an unreadable ain.toml.
std::vector<std::string> outputs_in(const std::filesystem::path& work_folder, const JobRequest& request);

// The spec of `snapshot`, from its ain.toml (read from the commit, not from the folder) and the request. {name} in arguments is
// replaced by the parameter. `identity` is the tip of repo::kIdentityRef. Throws `usage` for contradictions, `failed` for an unreadable
// ain.toml.
JobSpec make_job(const repo::Repository& repository, const repo::Snapshot& snapshot, const std::string& repository_id,
                 const repo::ObjectId& identity, const JobRequest& request);

}  // namespace ain::exec
