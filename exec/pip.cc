#include "exec/pip.h"

#include <unistd.h>

#include <deque>
#include <optional>

#include "base/error.h"
#include "base/files.h"
#include "base/process.h"
#include "base/text.h"

namespace ain::exec {

namespace fs = std::filesystem;

namespace {

constexpr size_t kTailLines = 12;
constexpr size_t kLineBytesMax = 4096;

// The caller's pip settings (index, mirror, certificate, proxy) are kept; what would change the place or the kind of the result is not.
constexpr const char* kForeignSettings[] = {"PIP_TARGET",      "PIP_PREFIX",  "PIP_ROOT",        "PIP_USER",
                                            "PIP_REQUIREMENT", "PIP_DEST",    "PIP_NO_BINARY",   "PIP_REQUIRE_VIRTUALENV",
                                            "PIP_PLATFORM",    "PIP_EDITABLE", "PIP_PYTHON",     "PIP_REPORT"};

std::vector<std::string> online_environment(const fs::path& scratch) {
  std::vector<std::string> kept;
  for (const auto& variable : current_environment()) {
    bool foreign = variable.starts_with("TMPDIR=") || variable.starts_with("PYTHON");
    for (const char* name : kForeignSettings) foreign = foreign || variable.starts_with(std::string(name) + "=");
    if (!foreign) kept.push_back(variable);
  }
  kept.push_back("TMPDIR=" + scratch.string());
  return kept;
}

std::vector<std::string> offline_environment(const fs::path& scratch) {
  return {"PATH=/usr/bin:/bin", "LANG=C.UTF-8", "HOME=" + scratch.string(), "TMPDIR=" + scratch.string()};
}

// Runs an installer, passing its lines on; its failure is the environment's, with its last lines.
void run_installer(std::vector<std::string> argv, std::vector<std::string> environment, const fs::path& folder,
                   const std::string& doing, const Progress& progress) {
  std::deque<std::string> tail;
  std::string rest, errors;
  auto take = [&](std::string_view line) {
    line = trim(line);
    if (line.empty()) return;
    std::string shown = sanitize(line.substr(0, kLineBytesMax));
    if (progress) progress(shown);
    tail.push_back(std::move(shown));
    if (tail.size() > kTailLines) tail.pop_front();
  };
  ProcessSpec process;
  process.argv = std::move(argv);
  process.environment = std::move(environment);
  process.folder = folder;
  int code = run_process_streaming(
      process, {},
      [&](std::string_view part) {
        rest += part;
        for (size_t end; (end = rest.find('\n')) != std::string::npos; rest.erase(0, end + 1))
          take(std::string_view(rest).substr(0, end));
        if (rest.size() > kLineBytesMax) rest.clear();
      },
      errors);
  take(rest);
  for (const auto& line : split(errors, '\n')) take(line);
  if (code == 0) return;
  std::vector<std::string> lines(tail.begin(), tail.end());
  fail_with_hint(ErrorKind::environment, "check the versions and hashes of the lock, and this provider's package index",
                 "cannot {} the environment (exit code {}):\n  {}", doing, code, join(lines, "\n  "));
}

fs::path write_lock(const std::vector<Requirement>& requirements, const fs::path& path) {
  std::string text;
  for (const auto& requirement : requirements) text += requirement.lock_line();
  write_file_atomic(path, text);
  return path;
}

void need_pip() {
  ProcessSpec process;
  process.argv = {kPython, "-I", "-m", "pip", "--version"};
  if (run_process(process).exit_code != 0)
    fail_with_hint(ErrorKind::environment, "sudo apt install python3-pip", "'{}' has no pip", kPython);
}

std::optional<std::string> pip_setting(const char* variable, const char* key) {
  if (auto value = environment_variable(variable)) return value;
  ProcessSpec process;
  process.argv = {kPython, "-I", "-m", "pip", "config", "get", key};
  Completed done = run_process(process);
  std::string value(trim(done.out));
  if (done.exit_code != 0 || value.empty()) return std::nullopt;
  return value;
}

}  // namespace

const PythonFacts& python_facts() {
  static const PythonFacts facts = [] {
    if (access(kPython, X_OK) != 0)
      fail_with_hint(ErrorKind::environment, "sudo apt install python3", "there is no '{}'", kPython);
    ProcessSpec process;
    process.argv = {kPython, "-I", "-S", "-c",
                    "import sys, sysconfig; print('%d.%d.%d' % sys.version_info[:3]); "
                    "print('%d.%d' % sys.version_info[:2]); print(sysconfig.get_config_var('SOABI'))"};
    Completed done = run_process(process);
    std::vector<std::string> lines = split(trim(done.out), '\n');
    if (done.exit_code != 0 || lines.size() != 3)
      fail(ErrorKind::environment, "'{}' does not work: {}", kPython, sanitize(trim(done.err)));
    return PythonFacts{lines[0], lines[1], lines[2]};
  }();
  return facts;
}

void fetch_wheels(const std::vector<Requirement>& missing, const fs::path& folder, const fs::path& scratch,
                  const Progress& progress) {
  need_pip();
  fs::path lock = write_lock(missing, scratch / "missing.txt");
  // Dependencies are not followed: the lock has to list them, which the offline installation checks.
  run_installer({kPython, "-I", "-m", "pip", "--disable-pip-version-check", "--no-input", "download", "--no-deps",
                 "--require-hashes", "--only-binary", ":all:", "--no-cache-dir", "--progress-bar", "off", "-d",
                 folder.string(), "-r", lock.string()},
                online_environment(scratch), scratch, "fetch", progress);
}

void check_unpacked_size(const fs::path& folder, int64_t bytes_max) {
  ProcessSpec process;
  process.argv = {kPython, "-I", "-c",
                  "import glob, sys, zipfile\n"
                  "print(sum(i.file_size + 4096 for w in glob.glob(sys.argv[1] + '/*.whl')"
                  " for i in zipfile.ZipFile(w).infolist()))",
                  folder.string()};
  Completed done = run_process(process);
  auto bytes = parse_integer(trim(done.out), 0, INT64_MAX);
  if (done.exit_code != 0) fail(ErrorKind::environment, "a wheel cannot be read: {}", sanitize(trim(done.err)));
  if (!bytes || *bytes > bytes_max)
    fail(ErrorKind::environment, "the environment would take more than {}", bytes_text(bytes_max));
}

void install_wheels(const std::vector<Requirement>& all, const fs::path& folder, const fs::path& target,
                    const fs::path& scratch, const Progress& progress) {
  need_pip();
  fs::path lock = write_lock(all, scratch / "requirements.txt");
  run_installer({kPython, "-I", "-m", "pip", "--isolated", "--disable-pip-version-check", "--no-input", "install",
                 "--no-index", "--find-links", folder.string(), "--require-hashes", "--only-binary", ":all:",
                 "--no-cache-dir", "--no-warn-script-location", "--root-user-action", "ignore", "--progress-bar", "off",
                 "--target", target.string(), "-r", lock.string()},
                offline_environment(scratch), scratch, "install", progress);
}

bool use_uv() { return environment_variable("AIN_INSTALLER") == "uv" && find_program("uv"); }

void install_with_uv(const std::vector<Requirement>& all, const fs::path& target, const fs::path& scratch,
                     const Progress& progress) {
  fs::path lock = write_lock(all, scratch / "requirements.txt");
  std::vector<std::string> argv = {"uv", "pip", "install", "--python", kPython, "--target", target.string(),
                                   "--require-hashes", "--only-binary", ":all:", "--no-config", "--link-mode", "copy",
                                   "--cache-dir", (scratch / "uv").string(), "-r", lock.string()};
  // uv does not read pip's configuration, where this machine's mirror stands.
  if (auto index = pip_setting("PIP_INDEX_URL", "global.index-url")) argv.insert(argv.end(), {"--index-url", *index});
  if (auto links = pip_setting("PIP_FIND_LINKS", "global.find-links"))
    for (const auto& link : split(*links, ' '))
      if (!link.empty()) argv.insert(argv.end(), {"--find-links", link});
  std::vector<std::string> environment = online_environment(scratch);
  if (auto certificates = pip_setting("PIP_CERT", "global.cert")) environment.push_back("SSL_CERT_FILE=" + *certificates);
  run_installer(argv, environment, scratch, "install", progress);
}

}  // namespace ain::exec
