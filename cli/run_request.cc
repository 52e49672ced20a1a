#include "cli/run_request.h"

#include "base/error.h"
#include "base/files.h"
#include "base/process.h"
#include "base/text.h"

namespace ain::cli {
namespace {

constexpr size_t kEnvFileBytesMax = 256 << 10;
constexpr int64_t kCpusMax = 4096;

std::pair<std::string, std::string> cut_assignment(const std::string& text, std::string_view what) {
  const size_t equals = text.find('=');
  if (equals == 0 || equals == std::string::npos) {
    fail_with_hint(ErrorKind::usage, "write it NAME=VALUE", "'{}' is no {}", sanitize(text), what);
  }
  return {text.substr(0, equals), text.substr(equals + 1)};
}

int64_t parse_cpus(std::string_view text) {
  // "2+" is how ain.toml says at least two, which is always meant.
  const std::string_view digits = text.ends_with('+') ? text.substr(0, text.size() - 1) : text;
  const auto count = parse_integer(digits, 1, kCpusMax);
  if (!count) fail(ErrorKind::usage, "--cpu takes a number from 1 to {}, not '{}'", kCpusMax, sanitize(text));
  return *count;
}

}  // namespace

std::pair<std::string, std::string> parse_variable(const std::string& text) {
  if (text.find('=') != std::string::npos) return cut_assignment(text, "variable");
  const auto value = text.empty() ? std::nullopt : environment_variable(text.c_str());
  if (!value) {
    fail_with_hint(ErrorKind::usage, fmt::format("set it, or write -e {}=VALUE", sanitize(text)),
                   "your environment has no variable '{}'", sanitize(text));
  }
  return {text, *value};
}

std::map<std::string, std::string> parse_env_file(std::string_view text, std::string_view subject) {
  std::map<std::string, std::string> variables;
  int number = 0;
  for (const std::string& line : split(text, '\n')) {
    ++number;
    const std::string_view content = trim(line);
    if (content.empty() || content.starts_with('#')) continue;
    try {
      auto [name, value] = cut_assignment(std::string(content), "variable");
      variables[name] = std::move(value);
    } catch (Error& error) {
      error.add_context(fmt::format("cannot read {}: line {}", subject, number));
      throw;
    }
  }
  return variables;
}

void declare_request(Declaration& options) {
  options.positional("JOB", "a job of ain.toml (default: the only one, or 'main')", false)
      .value("gpu", 0, "GPU", "1, H100:8, A100-80GB:4, A100:40GB..")
      .value("cpu", 0, "N", "cores, at least")
      .value("memory", 0, "SIZE", "at least: 32GB")
      .list("variable", 'e', "K=V", "set a variable for the job; K alone takes your own value")
      .value("env-file", 0, "FILE", "variables from a file, a line each")
      .list("param", 'P', "K=V", "set a parameter of the job")
      .list("output", 0, "PATH", "bring this file, or folder/, back")
      .choice("env", 0, {"auto", "pip", "system"}, "what kind of environment to build (default: auto)")
      .value("timeout", 0, "DURATION", "stop the job after it; the deposit covers so much")
      .value("max-price", 0, "PRICE", "pay at most so much for the whole lease: 0.5/h")
      .value("on", 0, "PROVIDER", "only on this provider: its account or node")
      .flag("detach", 'd', "leave it alone once it has begun: the whole deposit is then the provider's to earn")
      .choice("sandbox", 0, {"bubblewrap", "none"}, "none: your own code on your own machine only")
      .rest("COMMAND", "run this instead of the job's own command; like it, in the repository's top folder");
}

remote::RunRequest request_of(const Values& options) {
  remote::RunRequest request;
  exec::JobRequest& job = request.job;
  job.job = options.text_or("JOB", "");
  job.command = options.texts("COMMAND");
  if (const auto file = options.text("env-file")) {
    job.variables = parse_env_file(read_file(*file, kEnvFileBytesMax), fmt::format("'{}'", *file));
  }
  for (const std::string& text : options.texts("variable")) {
    auto [name, value] = parse_variable(text);
    job.variables[name] = std::move(value);
  }
  for (const std::string& text : options.texts("param")) {
    auto [name, value] = cut_assignment(text, "parameter");
    job.params[name] = std::move(value);
  }
  job.outputs = options.texts("output");
  job.gpu = options.text("gpu");
  job.memory = options.text("memory");
  job.environment = options.text("env");
  if (const auto cpus = options.text("cpu")) job.cpus = parse_cpus(*cpus);
  job.timeout_ms = options.duration_ms("timeout");
  if (auto price = options.text("max-price")) {
    if (price->find('/') == std::string::npos) *price += "/h";
    job.price_per_hour_max = parse_price_per_hour(*price);
  }
  request.provider = options.text_or("on", "");
  if (!request.provider.empty() && !AccountId::from_text(request.provider) && !NodeId::from_text(request.provider)) {
    fail_with_hint(ErrorKind::usage, "take the account (ain1…) or the node (node1…) from: ain offers --json",
                   "'{}' is neither an account nor a node", sanitize(request.provider));
  }
  request.detach = options.flag("detach");
  request.unsandboxed = options.text("sandbox") == "none";
  return request;
}

}  // namespace ain::cli
