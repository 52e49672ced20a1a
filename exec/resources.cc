// The short texts of ain.toml and of the command line: GPUs, memory, paths, names.
#include <algorithm>
#include <cctype>

#include "base/error.h"
#include "base/text.h"
#include "exec/project.h"

namespace ain::exec {

namespace {

constexpr size_t kGpuModelBytesMax = 32;
constexpr size_t kOutputPathBytesMax = 1024;
constexpr const char* kGpuHint = "write it like 1, H100:8, A100-80GB:4 or A100:40GB..";

bool is_alnum(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0; }

// "40GB..", "40GB+", "40GB" -> "40GB"; nothing when there is an upper bound, which no offer can promise yet.
std::optional<std::string_view> lower_bound_of(std::string_view text) {
  if (text.ends_with("+")) return text.substr(0, text.size() - 1);
  size_t dots = text.find("..");
  if (dots == std::string_view::npos) return text;
  if (dots + 2 != text.size()) return std::nullopt;
  return text.substr(0, dots);
}

[[noreturn]] void refuse_gpu(std::string_view text, std::string_view why) {
  fail_with_hint(ErrorKind::usage, kGpuHint, "'{}' does not name GPUs: {}", sanitize(text.substr(0, 80)), why);
}

bool is_gpu_model(std::string_view text) {
  return !text.empty() && text.size() <= kGpuModelBytesMax && std::isalpha(static_cast<unsigned char>(text[0])) != 0 &&
         std::all_of(text.begin(), text.end(), [](char c) { return is_alnum(c) || c == '-'; });
}

void read_gpu_part(std::string_view whole, std::string_view part, Resources& resources) {
  if (auto count = parse_integer(part, 1, kGpusMax)) {
    resources.gpus = *count;
    return;
  }
  auto memory = lower_bound_of(part);
  if (!memory) refuse_gpu(whole, "a range with an upper end is not supported yet");
  if (!memory->ends_with('B')) refuse_gpu(whole, "it ends in neither a number nor a size of memory");
  resources.gpu_memory_bytes = parse_bytes(*memory);
}

}  // namespace

void parse_gpu(std::string_view text, Resources& resources) {
  std::string_view whole = trim(text);
  resources.gpus = 0;
  resources.gpu_model.clear();
  resources.gpu_memory_bytes = 0;
  if (whole.empty() || whole == "0") return;
  std::vector<std::string> parts = split(whole, ':');
  if (parts.size() > 3) refuse_gpu(whole, "it has too many parts");
  size_t next = 0;
  resources.gpus = 1;
  if (!parse_integer(parts[0], 0, INT64_MAX)) {
    if (!is_gpu_model(parts[0])) refuse_gpu(whole, "a model has letters, digits and '-'");
    resources.gpu_model = parts[next++];
  }
  for (; next < parts.size(); ++next) read_gpu_part(whole, parts[next], resources);
}

int64_t parse_memory(std::string_view text) {
  auto bound = lower_bound_of(trim(text));
  if (!bound)
    fail_with_hint(ErrorKind::usage, "write it like 32GB, 32GB+ or 24GB..",
                   "'{}' has an upper end, which is not supported yet", sanitize(text.substr(0, 80)));
  return parse_bytes(*bound);
}

EnvironmentKind parse_environment_kind(std::string_view text) {
  if (text == "auto") return EnvironmentKind::automatic;
  if (text == "pip") return EnvironmentKind::pip;
  if (text == "system") return EnvironmentKind::system;
  for (std::string_view later : {"uv", "conda", "oci", "dockerfile", "nix"})
    if (text == later)
      fail_with_hint(ErrorKind::usage,
                     text == "uv" ? "run `uv export --format requirements-txt -o requirements.txt` and use 'pip'"
                                  : "use 'pip' with a requirements.txt that has hashes, or 'system'",
                     "the environment kind '{}' is not supported yet", text);
  fail_with_hint(ErrorKind::usage, did_you_mean(text, {"auto", "pip", "system"}), "unknown environment kind '{}'",
                 sanitize(text.substr(0, 80)));
}

bool is_variable_name(std::string_view name) {
  return !name.empty() && name.size() <= 128 && std::isdigit(static_cast<unsigned char>(name[0])) == 0 &&
         std::all_of(name.begin(), name.end(), [](char c) { return is_alnum(c) || c == '_'; });
}

// What git itself reads and runs: nothing of a job's may come to lie there, in any spelling that some file system takes for it.
bool is_git_folder(std::string_view name) {
  constexpr std::string_view kGit = ".git";
  return name.size() == kGit.size() && std::equal(name.begin(), name.end(), kGit.begin(), [](unsigned char a, char b) {
           return std::tolower(a) == b;
         });
}

bool is_output_path(std::string_view path) {
  if (path.empty() || path.size() > kOutputPathBytesMax || path.front() == '/' || !is_utf8(path)) return false;
  if (std::any_of(path.begin(), path.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; })) return false;
  std::vector<std::string> parts = split(path, '/');
  if (parts.back().empty()) parts.pop_back();  // a folder
  return std::none_of(parts.begin(), parts.end(), [](const std::string& part) {
    return part.empty() || part == "." || part == ".." || is_git_folder(part);
  });
}

bool is_asked_for(std::string_view path, const std::vector<std::string>& outputs) {
  return std::any_of(outputs.begin(), outputs.end(), [&](std::string_view asked) {
    if (path == asked) return true;
    if (asked.ends_with('/')) asked.remove_suffix(1);
    return path.size() > asked.size() && path.starts_with(asked) && path[asked.size()] == '/';
  });
}

}  // namespace ain::exec
