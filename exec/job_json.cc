// The job spec as JSON: the form that is sent, stored and hashed.
#include <algorithm>

#include "base/encoding.h"
#include "base/ids.h"
#include "base/text.h"
#include "exec/job.h"

namespace ain::exec {

namespace {

constexpr size_t kArgumentBytesMax = 100 << 10;  // the kernel takes 128 KiB
constexpr size_t kVariableBytesMax = 32 << 10;
constexpr size_t kPathBytesMax = 1024;
constexpr int64_t kPriceMax = int64_t{1} << 50;

// Text that can be sent as JSON and passed to a program.
bool is_plain(std::string_view text) { return text.find('\0') == std::string_view::npos && is_utf8(text); }

bool is_hex(std::string_view text, size_t digits) {
  return text.size() == digits && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
  });
}

Json resources_to_json(const Resources& resources) {
  Json value = {{"gpus", resources.gpus},
                {"gpu_model", resources.gpu_model},
                {"gpu_memory_bytes", resources.gpu_memory_bytes},
                {"cpus", resources.cpus},
                {"memory_bytes", resources.memory_bytes},
                {"disk_bytes", resources.disk_bytes}};
  if (resources.price_per_hour_max) value["price_per_hour_max"] = *resources.price_per_hour_max;
  return value;
}

Resources resources_from_json(const Json& value) {
  ObjectReader reader(value, "job's resources");
  Resources resources;
  resources.gpus = reader.integer("gpus", 0, kGpusMax);
  resources.gpu_model = reader.string("gpu_model", 32);
  if (!std::all_of(resources.gpu_model.begin(), resources.gpu_model.end(),
                   [](unsigned char c) { return std::isalnum(c) != 0 || c == '-'; }))
    reader.fail_member("gpu_model", "has other characters than letters, digits and '-'");
  resources.gpu_memory_bytes = reader.integer("gpu_memory_bytes", 0, kBytesMax);
  resources.cpus = reader.integer("cpus", 1, kCpusMax);
  resources.memory_bytes = reader.integer("memory_bytes", kMemoryBytesMin, kBytesMax);
  resources.disk_bytes = reader.integer("disk_bytes", 1, kBytesMax);
  if (reader.has("price_per_hour_max"))
    resources.price_per_hour_max = reader.integer("price_per_hour_max", 0, kPriceMax);
  reader.finish();
  return resources;
}

std::vector<std::string> texts(ObjectReader& reader, const char* name, size_t items_max, size_t bytes_max) {
  std::vector<std::string> result;
  for (const auto& item : reader.array(name, items_max)) {
    if (!item.is_string()) reader.fail_member(name, "holds something else than text");
    std::string text = item.get<std::string>();
    if (text.size() > bytes_max) reader.fail_member(name, "holds a text that is too long");
    if (!is_plain(text)) reader.fail_member(name, "holds a zero byte, or something that is not UTF-8");
    result.push_back(std::move(text));
  }
  return result;
}

void read_variables(ObjectReader& reader, JobSpec& spec) {
  const Json& variables = reader.object("variables");
  if (variables.size() > 2 * kNamesMax) reader.fail_member("variables", "has too many entries");
  for (const auto& [name, value] : variables.items()) {
    if (!is_variable_name(name)) reader.fail_member("variables", "holds a name that is none");
    if (!value.is_string() || value.get_ref<const std::string&>().size() > kVariableBytesMax ||
        !is_plain(value.get_ref<const std::string&>()))
      reader.fail_member("variables", "holds a value that is not UTF-8 text, or too long");
    spec.variables[name] = value.get<std::string>();
  }
}

void read_environment(ObjectReader& reader, JobSpec& spec) {
  spec.environment = reader.string("environment", 16);
  spec.lock = reader.string("lock", kPathBytesMax);
  spec.lock_digest = reader.string("lock_digest", 64);
  if (spec.environment == "system") {
    if (!spec.lock.empty() || !spec.lock_digest.empty()) reader.fail_member("lock", "is not for 'system'");
  } else if (spec.environment == "pip") {
    if (!is_output_path(spec.lock) || spec.lock.ends_with('/')) reader.fail_member("lock", "is not a path");
    if (!is_hex(spec.lock_digest, 64)) reader.fail_member("lock_digest", "is not a SHA-256");
  } else {
    reader.fail_member("environment", "is neither 'system' nor 'pip'");
  }
}

}  // namespace

Json to_json(const JobSpec& spec) {
  return {{"repository", spec.repository},
          {"identity", spec.identity},
          {"commit", spec.commit},
          {"tree", spec.tree},
          {"name", spec.name},
          {"command", spec.command},
          {"variables", Json(spec.variables)},
          {"outputs", spec.outputs},
          {"environment", spec.environment},
          {"lock", spec.lock},
          {"lock_digest", spec.lock_digest},
          {"resources", resources_to_json(spec.resources)},
          {"run_us_max", spec.run_us_max},
          {"grace_ms", spec.grace_ms}};
}

JobSpec job_from_json(const Json& value) {
  ObjectReader reader(value, "job");
  JobSpec spec;
  spec.repository = reader.string("repository", 128);
  if (!RepositoryId::from_text(spec.repository)) reader.fail_member("repository", "is not a repository id");
  spec.identity = reader.string("identity", 40);
  if (!is_hex(spec.identity, 40)) reader.fail_member("identity", "is not an object id");
  spec.commit = reader.string("commit", 40);
  if (!is_hex(spec.commit, 40)) reader.fail_member("commit", "is not an object id");
  spec.tree = reader.string("tree", 40);
  if (!is_hex(spec.tree, 40)) reader.fail_member("tree", "is not an object id");
  spec.name = reader.string("name", 64);
  if (spec.name != sanitize(spec.name)) reader.fail_member("name", "holds control characters");
  spec.command = texts(reader, "command", kArgumentsMax, kArgumentBytesMax);
  if (spec.command.empty() || spec.command[0].empty()) reader.fail_member("command", "is empty");
  read_variables(reader, spec);
  spec.outputs = texts(reader, "outputs", kNamesMax, kPathBytesMax);
  for (const auto& path : spec.outputs)
    if (!is_output_path(path)) reader.fail_member("outputs", "holds something that is not a path below the folder");
  read_environment(reader, spec);
  spec.resources = resources_from_json(reader.object("resources"));
  spec.run_us_max = reader.integer("run_us_max", 0, kRunTimeMaxUs);
  spec.grace_ms = reader.integer("grace_ms", 0, kGraceMsMax);
  reader.finish();
  if (canonical(value).size() > kJobBytesMax)
    fail(ErrorKind::failed, "the job is larger than {}", bytes_text(static_cast<int64_t>(kJobBytesMax)));
  return spec;
}

Digest job_digest(const JobSpec& spec) { return sha256("ain-job\n" + canonical(to_json(spec))); }

}  // namespace ain::exec
