#include "exec/job.h"

#include <algorithm>

#include "base/encoding.h"
#include "base/error.h"
#include "base/files.h"
#include "base/process.h"
#include "base/text.h"
#include "base/toml.h"
#include "exec/requirements.h"
#include "repo/repository.h"

namespace ain::exec {

namespace {

constexpr const char* kPipLock = "requirements.txt";
// Locks of kinds that are not supported yet: with one of them, 'system' would not be what the author meant.
constexpr const char* kForeignLocks[] = {"uv.lock", "flake.lock", "Dockerfile", "conda-lock.yml", "environment.yml"};

ProjectJob chosen_job(const repo::Repository& repository, const std::string& commit, const JobRequest& request) {
  ProjectJob job;
  if (request.job.empty() && !request.command.empty()) {
    job.name = "";
  } else {
    auto text = repository.file_at(commit, kProjectFile, kTomlBytesMax);
    if (!text)
      fail_with_hint(ErrorKind::usage, "type `ain run -- COMMAND`, or add an 'ain.toml' with [job.main]",
                     "there is no 'ain.toml' in the commit to take {} from",
                     request.job.empty() ? "a job" : "'" + sanitize(request.job) + "'");
    job = parse_project(*text).job(request.job);
  }
  if (!request.command.empty()) job.command = request.command;
  return job;
}

// {name} becomes the parameter's value; braces around anything else stay.
std::string fill_in(std::string_view text, const std::map<std::string, std::string>& params) {
  std::string result;
  while (!text.empty()) {
    size_t open = text.find('{');
    result += text.substr(0, open);
    if (open == std::string_view::npos) break;
    text.remove_prefix(open);
    size_t close = text.find('}');
    auto param = close == std::string_view::npos ? params.end() : params.find(std::string(text.substr(1, close - 1)));
    if (param == params.end()) {
      result += '{';
      text.remove_prefix(1);
    } else {
      result += param->second;
      text.remove_prefix(close + 1);
    }
  }
  return result;
}

void set_params(const JobRequest& request, ProjectJob& job) {
  std::vector<std::string> known;
  for (const auto& [name, value] : job.params) known.push_back(name);
  for (const auto& [name, value] : request.params) {
    if (!is_variable_name(name))
      fail_with_hint(ErrorKind::usage, "use letters, digits and '_'", "'{}' is no name for a parameter", sanitize(name));
    // A bare command has no declaration to check against.
    if (!job.name.empty() && !job.params.contains(name))
      fail_with_hint(ErrorKind::usage, did_you_mean(name, known), "the job '{}' has no parameter '{}'", job.name,
                     sanitize(name));
    job.params[name] = value;
  }
}

void set_variables(const JobRequest& request, const ProjectJob& job, JobSpec& spec) {
  spec.variables = job.variables;
  for (const auto& name : job.variables_of_caller) {
    if (request.variables.contains(name)) continue;
    auto value = environment_variable(name.c_str());
    if (!value)
      fail_with_hint(ErrorKind::usage, fmt::format("pass it: -e {}=VALUE", name), "the job '{}' needs the variable '{}'",
                     job.name, name);
    spec.variables[name] = *value;
  }
  for (const auto& [name, value] : request.variables) {
    if (!is_variable_name(name))
      fail_with_hint(ErrorKind::usage, "use letters, digits and '_'", "'{}' is no name for a variable", sanitize(name));
    spec.variables[name] = value;
  }
  for (const auto& [name, value] : job.params) spec.variables["AIN_PARAM_" + name] = value;
}

void set_pip(const repo::Repository& repository, const std::string& commit, const std::string& path, JobSpec& spec) {
  auto lock = repository.file_at(commit, path, kLockBytesMax);
  if (!lock)
    fail_with_hint(ErrorKind::usage, "commit the lock, or choose the environment 'system'",
                   "the environment's lock '{}' is not in the commit", path);
  parse_requirements(*lock, path);  // the executor learns of a bad lock here, not from a provider
  spec.environment = "pip";
  spec.lock = path;
  spec.lock_digest = to_hex(sha256(*lock));
}

void set_environment(const repo::Repository& repository, const std::string& commit, const JobRequest& request,
                     const ProjectJob& job, JobSpec& spec) {
  EnvironmentKind kind = request.environment ? parse_environment_kind(*request.environment) : job.environment;
  std::string lock = job.lock.empty() ? kPipLock : job.lock;
  if (kind == EnvironmentKind::pip || (kind == EnvironmentKind::automatic && !job.lock.empty()))
    return set_pip(repository, commit, lock, spec);
  spec.environment = "system";
  if (kind == EnvironmentKind::system) return;
  if (repository.file_at(commit, kPipLock, kLockBytesMax)) return set_pip(repository, commit, kPipLock, spec);
  for (const char* foreign : kForeignLocks)
    if (repository.file_at(commit, foreign, kLockBytesMax))
      fail_with_hint(ErrorKind::usage,
                     "add a requirements.txt with hashes, or choose the environment 'system' (`--environment system`)",
                     "environments from '{}' are not supported yet", foreign);
}

void set_resources(const JobRequest& request, const ProjectJob& job, JobSpec& spec) {
  spec.resources = job.resources;
  if (request.gpu) parse_gpu(*request.gpu, spec.resources);
  if (request.memory) spec.resources.memory_bytes = parse_memory(*request.memory);
  if (request.cpus) spec.resources.cpus = *request.cpus;
  if (request.price_per_hour_max) spec.resources.price_per_hour_max = request.price_per_hour_max;
  if (spec.resources.memory_bytes < kMemoryBytesMin || spec.resources.memory_bytes > kBytesMax)
    fail(ErrorKind::usage, "the memory must be from {} to {}", bytes_text(kMemoryBytesMin), bytes_text(kBytesMax));
  if (spec.resources.cpus < 1 || spec.resources.cpus > kCpusMax)
    fail(ErrorKind::usage, "the number of cores must be from 1 to {}", kCpusMax);
}

}  // namespace

std::vector<std::string> outputs_in(const std::filesystem::path& work_folder, const JobRequest& request) {
  std::vector<std::string> outputs;
  const auto file = work_folder / kProjectFile;
  const bool has_project = std::filesystem::is_regular_file(file);  // as in a commit, where nothing else counts
  const Project project = has_project ? parse_project(read_file(file, kTomlBytesMax)) : Project{};
  for (const ProjectJob& job : project.jobs) outputs.insert(outputs.end(), job.outputs.begin(), job.outputs.end());
  // A wrong one is refused by make_job.
  std::copy_if(request.outputs.begin(), request.outputs.end(), std::back_inserter(outputs), is_output_path);
  std::sort(outputs.begin(), outputs.end());
  outputs.erase(std::unique(outputs.begin(), outputs.end()), outputs.end());
  return outputs;
}

JobSpec make_job(const repo::Repository& repository, const repo::Snapshot& snapshot, const std::string& repository_id,
                 const repo::ObjectId& identity, const JobRequest& request) {
  ProjectJob job = chosen_job(repository, snapshot.commit, request);
  set_params(request, job);
  JobSpec spec;
  spec.repository = repository_id;
  spec.identity = identity;
  spec.commit = snapshot.commit;
  spec.tree = snapshot.tree;
  spec.name = job.name;
  for (const auto& word : job.command) spec.command.push_back(fill_in(word, job.params));
  set_variables(request, job, spec);
  spec.outputs = request.outputs.empty() ? job.outputs : request.outputs;
  for (const auto& path : spec.outputs)
    if (!is_output_path(path)) fail(ErrorKind::usage, "'{}' is not a path below the job's folder", sanitize(path));
  set_environment(repository, snapshot.commit, request, job, spec);
  set_resources(request, job, spec);
  int64_t timeout_ms = request.timeout_ms.value_or(job.timeout_ms);
  if (timeout_ms < 0 || timeout_ms > kRunTimeMaxUs / 1000)
    fail(ErrorKind::usage, "the timeout must be at most {} days", kRunTimeMaxUs / 86'400'000'000);
  spec.run_us_max = timeout_ms * 1000;
  spec.grace_ms = job.grace_ms;
  return job_from_json(to_json(spec));  // the provider will check the same bounds
}

}  // namespace ain::exec
