#include "exec/project.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "base/amount.h"
#include "base/error.h"
#include "base/text.h"
#include "base/time.h"
#include "base/toml.h"
#include "repo/dependencies.h"

namespace ain::exec {

namespace {

constexpr size_t kTextBytesMax = 64 << 10;

// One table of the file, read key by key; every error names the line.
const std::vector<std::string> kResourceKeys = {"gpu", "cpu", "memory", "disk", "nodes", "max_price"};

class Table {
 public:
  Table(const TomlDocument& document, std::string path, const Json& value)
      : document_(&document), path_(std::move(path)), value_(&value) {}

  bool has(const char* key) const { return value_->contains(key); }
  [[noreturn]] void fail_key(const char* key, const std::string& why, std::string hint = {}) const {
    document_->fail_at(full(key), why, std::move(hint));
  }
  [[noreturn]] void not_supported(const char* key, const char* hint) const {
    fail_key(key, fmt::format("'{}' is not supported yet", key), hint);
  }
  void check_keys(const std::vector<std::string>& known, const std::vector<std::string>& elsewhere = {}) const {
    document_->check_keys(path_, *value_, known, elsewhere);
  }

  std::string text(const char* key) const {
    if (!(*value_)[key].is_string()) fail_key(key, fmt::format("'{}' must be text in quotes", key));
    return checked(key, (*value_)[key].get<std::string>());
  }
  std::string text_or(const char* key, std::string fallback) const { return has(key) ? text(key) : std::move(fallback); }

  // A scalar of any type as text, as the file has it.
  std::string scalar(const char* key) const { return scalar_of(key, (*value_)[key]); }

  std::vector<std::string> texts(const char* key) const {
    std::vector<std::string> result;
    if (!has(key)) return result;
    if (!(*value_)[key].is_array()) fail_key(key, fmt::format("'{}' must be a list", key));
    for (const auto& item : (*value_)[key]) {
      if (!item.is_string()) fail_key(key, fmt::format("'{}' must be a list of texts", key));
      result.push_back(checked(key, item.get<std::string>()));
    }
    return result;
  }

  std::vector<std::string> names_of(const char* key, size_t count_max) const {
    std::vector<std::string> result = texts(key);
    if (result.size() > count_max) fail_key(key, fmt::format("'{}' has more than {} entries", key, count_max));
    return result;
  }

  Table table(const char* key) const { return table_of(key, (*value_)[key]); }
  bool is_table(const char* key) const { return (*value_)[key].is_object(); }
  bool is_list(const char* key) const { return (*value_)[key].is_array(); }
  bool is_text(const char* key) const { return (*value_)[key].is_string(); }
  bool is_empty(const char* key) const {
    const Json& value = (*value_)[key];
    return value.is_string() ? value.get_ref<const std::string&>().empty() : value.is_structured() && value.empty();
  }

  // The member tables, in the order of the file.
  std::vector<std::pair<std::string, Table>> tables() const {
    std::vector<std::pair<std::string, Table>> result;
    for (const auto& [name, value] : value_->items()) result.emplace_back(name, table_of(name.c_str(), value));
    std::stable_sort(result.begin(), result.end(), [this](const auto& a, const auto& b) {
      return line_of(a.first) < line_of(b.first);
    });
    return result;
  }
  std::map<std::string, std::string> scalars(size_t count_max, const char* noun) const {
    std::map<std::string, std::string> result;
    for (const auto& [name, value] : value_->items()) {
      if (!is_variable_name(name))
        fail_key(name.c_str(), fmt::format("'{}' is no name for a {}", sanitize(name), noun),
                 "use letters, digits and '_', not beginning with a digit");
      result[name] = scalar_of(name.c_str(), value);
    }
    if (result.size() > count_max) document_->fail_at(path_, fmt::format("more than {} {}s", count_max, noun));
    return result;
  }

  // Runs a parser of base/ and puts the file and line in front of its complaint.
  template <typename Parse>
  auto parse(const char* key, Parse&& parser) const {
    try {
      return parser();
    } catch (const Error& error) {
      fail_key(key, error.message(), error.hint());
    }
  }

 private:
  std::string full(const std::string& key) const { return path_.empty() ? key : path_ + "." + key; }
  int line_of(const std::string& key) const {
    auto line = document_->lines.find(full(key));
    return line == document_->lines.end() ? 0 : line->second;
  }
  Table table_of(const char* key, const Json& value) const {
    if (!value.is_object()) fail_key(key, fmt::format("'{}' must be a table", sanitize(key)));
    return {*document_, full(key), value};
  }
  std::string scalar_of(const char* key, const Json& value) const {
    if (value.is_string()) return checked(key, value.get<std::string>());
    if (value.is_boolean()) return value.get<bool>() ? "true" : "false";
    if (value.is_number_integer()) return fmt::format("{}", value.get<int64_t>());
    fail_key(key, fmt::format("'{}' must be a text, a number, true or false", sanitize(key)));
  }
  std::string checked(const char* key, std::string text) const {
    if (text.size() > kTextBytesMax) fail_key(key, fmt::format("'{}' is longer than {} bytes", key, kTextBytesMax));
    if (text.find('\0') != std::string::npos) fail_key(key, fmt::format("'{}' holds a zero byte", key));
    return text;
  }

  const TomlDocument* document_;
  std::string path_;
  const Json* value_;
};

std::vector<std::string> read_command(const Table& table) {
  if (!table.has("run")) table.fail_key("", "a job needs 'run'", "add: run = \"python train.py\"");
  if (table.is_text("run")) {
    std::string text = table.text("run");
    if (trim(text).empty()) table.fail_key("run", "'run' is empty");
    return {"bash", "-euo", "pipefail", "-c", text};
  }
  if (!table.is_list("run")) table.fail_key("run", "'run' must be a text or a list of texts", "write it like run = \"python train.py\"");
  std::vector<std::string> command = table.names_of("run", 1024);
  if (command.empty() || command[0].empty()) table.fail_key("run", "'run' is empty");
  return command;
}

void read_environment(const Table& table, ProjectJob& job) {
  table.check_keys({"kind", "lock", "image", "system"});
  if (table.has("kind"))
    job.environment = table.parse("kind", [&] { return parse_environment_kind(table.text("kind")); });
  job.lock = table.text_or("lock", "");
  if (!job.lock.empty() && (!is_output_path(job.lock) || job.lock.ends_with('/')))
    table.fail_key("lock", fmt::format("'{}' is not a path in the repository", sanitize(job.lock)));
  if (!job.lock.empty() && job.environment == EnvironmentKind::system)
    table.fail_key("lock", "the environments 'system' and 'pip' (by 'lock') are both asked for", "keep one of them");
  if (table.has("image") && !table.is_empty("image")) table.not_supported("image", "use a requirements.txt with hashes");
  if (table.has("system") && !table.is_empty("system"))
    table.not_supported("system", "use what the provider's system has, or wheels");
}

int64_t read_cpus(const Table& table) {
  std::string text = table.scalar("cpu");
  std::string_view number = text;
  if (number.ends_with("+")) number.remove_suffix(1);
  if (number.ends_with("..")) number.remove_suffix(2);
  auto cpus = parse_integer(number, 1, kCpusMax);
  if (!cpus)
    table.fail_key("cpu", fmt::format("'{}' is not a number of cores from 1 to {}", sanitize(text), kCpusMax),
                   "write it like 2 or \"2+\"");
  return *cpus;
}

void read_resources(const Table& table, Resources& resources) {
  table.check_keys(kResourceKeys);
  if (table.has("gpu")) table.parse("gpu", [&] { parse_gpu(table.scalar("gpu"), resources); return 0; });
  if (table.has("cpu")) resources.cpus = read_cpus(table);
  auto bytes = [&](const char* key, int64_t min) {
    int64_t value = table.parse(key, [&] { return parse_memory(table.scalar(key)); });
    if (value < min || value > kBytesMax)
      table.fail_key(key, fmt::format("'{}' must be from {} to {}", key, bytes_text(min), bytes_text(kBytesMax)));
    return value;
  };
  if (table.has("memory")) resources.memory_bytes = bytes("memory", kMemoryBytesMin);
  if (table.has("disk")) resources.disk_bytes = bytes("disk", 1);
  if (table.has("nodes") && table.scalar("nodes") != "1") table.not_supported("nodes", "a job runs on one node");
  if (table.has("max_price") && !table.is_empty("max_price"))
    resources.price_per_hour_max = table.parse("max_price", [&] { return parse_price_per_hour(table.text("max_price")); });
}

void read_variables(const Table& table, ProjectJob& job) {
  for (const auto& entry : table.names_of("vars", kNamesMax)) {
    size_t equals = entry.find('=');
    std::string name = entry.substr(0, equals);
    if (!is_variable_name(name))
      table.fail_key("vars", fmt::format("'{}' is no name for a variable", sanitize(name)), "write NAME=value, or NAME");
    if (equals == std::string::npos) {
      job.variables_of_caller.push_back(name);
    } else {
      job.variables[name] = entry.substr(equals + 1);
    }
  }
}

// What the format has and this version cannot do: only values that ask for nothing pass.
void refuse_unsupported(const Table& table) {
  if (table.has("inputs") && table.texts("inputs") != std::vector<std::string>{"."})
    table.not_supported("inputs", "leave it out, or write inputs = [\".\"]: the job sees the whole commit");
  for (const char* key : {"metrics", "secrets", "checkpoint"})
    if (table.has(key) && !table.is_empty(key)) table.not_supported(key, "leave it out");
  if (table.has("network") && !(table.is_text("network") && table.text("network") == "none"))
    table.not_supported("network", "jobs have no network: write network = \"none\"");
  if (table.has("determinism") && table.text("determinism") != "none")
    table.not_supported("determinism", "write determinism = \"none\"");
  if (!table.has("retry")) return;
  Table retry = table.table("retry");
  retry.check_keys({"on", "exit_codes", "max"});
  for (const char* key : {"on", "exit_codes"})
    if (retry.has(key) && !retry.is_empty(key)) retry.not_supported(key, "leave [retry] out: a failed run ends");
}

ProjectJob read_job(const std::string& name, const Table& table) {
  table.check_keys({"run", "params", "inputs", "outputs", "metrics", "checkpoint", "vars", "secrets", "network",
                    "timeout", "grace", "determinism", "env", "resources", "retry"}, kResourceKeys);
  ProjectJob job;
  job.name = name;
  job.command = read_command(table);
  if (table.has("params")) job.params = table.table("params").scalars(kNamesMax, "parameter");
  job.outputs = table.names_of("outputs", kNamesMax);
  for (const auto& path : job.outputs)
    if (!is_output_path(path))
      table.fail_key("outputs", fmt::format("'{}' is not a path below the job's folder", sanitize(path)));
  read_variables(table, job);
  if (table.has("timeout") && table.text("timeout") != "off")
    job.timeout_ms = table.parse("timeout", [&] { return parse_duration_ms(table.text("timeout")); });
  if (table.has("grace")) job.grace_ms = table.parse("grace", [&] { return parse_duration_ms(table.text("grace")); });
  if (job.grace_ms > kGraceMsMax) table.fail_key("grace", "'grace' is longer than an hour");
  if (table.has("env")) read_environment(table.table("env"), job);
  if (table.has("resources")) read_resources(table.table("resources"), job.resources);
  refuse_unsupported(table);
  return job;
}

bool is_job_name(std::string_view name) {
  return !name.empty() && name.size() <= 64 && std::all_of(name.begin(), name.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '-' || c == '_';
  });
}

std::optional<Royalty> read_royalty(const Table& table) {
  table.check_keys({"rate", "per_run", "per_gpu_hour"});
  const std::vector<std::pair<const char*, RoyaltyKind>> kinds{
      {"rate", RoyaltyKind::rate}, {"per_run", RoyaltyKind::per_run}, {"per_gpu_hour", RoyaltyKind::per_hour}};
  std::optional<Royalty> royalty;
  for (const auto& [key, kind] : kinds) {
    if (!table.has(key)) continue;
    if (royalty) table.fail_key(key, fmt::format("'{}' beside another royalty; a run pays one", key));
    const std::string text = table.text(key);
    const auto value = [&, kind = kind] { return kind == RoyaltyKind::rate ? parse_percent_ppm(text) : Amount::parse(text).micro(); };
    royalty = Royalty{kind, table.parse(key, value)};
    if (kind == RoyaltyKind::rate && (royalty->value < 0 || royalty->value > kPpm)) table.fail_key(key, "'rate' must be from 0% to 100%");
    if (royalty->value > kRoyaltyAmountMax) table.fail_key(key, fmt::format("'{}' is more than {}", key, Amount::micro(kRoyaltyAmountMax).text()));
  }
  return royalty;
}

}  // namespace

Project parse_project(std::string_view text) {
  TomlDocument document = parse_toml(text, "'ain.toml'");
  Table root(document, "", document.value);
  root.check_keys({"job", "royalty", "authors", "dependencies"});
  Project project;
  if (root.has("job")) {
    for (const auto& [name, table] : root.table("job").tables()) {
      if (!is_job_name(name))
        root.fail_key(("job." + name).c_str(), fmt::format("'{}' is no name for a job", sanitize(name)),
                      "use letters, digits, '-' and '_'");
      project.jobs.push_back(read_job(name, table));
    }
  }
  if (project.jobs.size() > kJobsMax) root.fail_key("job", fmt::format("more than {} jobs", kJobsMax));
  if (root.has("royalty")) project.royalty = read_royalty(root.table("royalty"));
  // Whom they pay is computed from the commit (repo/dependencies.h); here only their mistakes are of interest.
  repo::read_dependencies(document);
  if (root.has("authors") && !root.is_empty("authors"))
    root.not_supported("authors", "leave the table out: names and weights go into authors.toml (docs/authors.md)");
  return project;
}

void check_project_file(const std::filesystem::path& work_folder) {
  const auto file = work_folder / "ain.toml";
  struct stat info {};
  if (lstat(file.c_str(), &info) != 0) return;
  if (S_ISDIR(info.st_mode)) {
    fail_with_hint(ErrorKind::failed, "move it away: mv ain.toml elsewhere", "'ain.toml' is a folder, not a file with jobs");
  }
  if (S_ISLNK(info.st_mode)) {
    fail_with_hint(ErrorKind::failed, "put the file itself there: cp --remove-destination \"$(readlink -f ain.toml)\" ain.toml",
                   "'ain.toml' is a symbolic link, which the commit would hold instead of the file");
  }
  if (access(file.c_str(), R_OK) != 0) {
    fail_with_hint(ErrorKind::failed, "let yourself read it: chmod u+r ain.toml", "cannot read 'ain.toml': {}", errno_text());
  }
}

const ProjectJob& Project::job(std::string_view name) const {
  std::vector<std::string> names;
  for (const auto& job : jobs) names.push_back(job.name);
  if (name.empty()) {
    if (jobs.size() == 1) return jobs[0];
    for (const auto& job : jobs)
      if (job.name == "main") return job;
    if (jobs.empty())
      fail_with_hint(ErrorKind::usage, "add [job.main] with run = \"…\", or type `ain run -- COMMAND`",
                     "'ain.toml' has no job");
    fail_with_hint(ErrorKind::usage, fmt::format("name one of: {}", join(names, ", ")), "'ain.toml' has {} jobs",
                   jobs.size());
  }
  for (const auto& job : jobs)
    if (job.name == name) return job;
  std::string hint = did_you_mean(name, names);
  if (hint.empty() && !names.empty()) hint = fmt::format("it has: {}", join(names, ", "));
  fail_with_hint(ErrorKind::usage, hint, "'ain.toml' has no job '{}'", sanitize(name.substr(0, 80)));
}

}  // namespace ain::exec
