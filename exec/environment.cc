#include "exec/environment.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>

#include "base/encoding.h"
#include "base/error.h"
#include "base/files.h"
#include "base/text.h"
#include "exec/pip.h"
#include "exec/requirements.h"

namespace ain::exec {

namespace fs = std::filesystem;

namespace {

constexpr const char* kBuilderVersion = "1";  // raise when the same lock would be laid out differently
constexpr const char* kCompleteFile = ".complete";
constexpr int64_t kEnvironmentBytesMax = int64_t{40} << 30;
constexpr size_t kWheelBytesMax = size_t{8} << 30;

std::string architecture() {
  utsname name = {};
  uname(&name);
  return name.machine;
}

std::string key_of(const char* kind, std::string_view lock) {
  const PythonFacts& python = python_facts();
  return to_hex(sha256(fmt::format("ain-environment\n{}\n{}\n{}\n{}\n{}\n{}", kind, kBuilderVersion, python.version,
                                   python.abi, architecture(), lock)));
}

Digest hash_file(const fs::path& path) {
  Fd file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!file) fail_errno("cannot open '" + path.string() + "'");
  Sha256 hash;
  std::string buffer(1 << 20, '\0');
  for (size_t total = 0;;) {
    ssize_t got = read(file.get(), buffer.data(), buffer.size());
    if (got < 0) fail_errno("cannot read '" + path.string() + "'");
    if (got == 0) return hash.finish();
    total += static_cast<size_t>(got);
    if (total > kWheelBytesMax) fail(ErrorKind::environment, "'{}' is too large", path.string());
    hash.update(std::string_view(buffer).substr(0, static_cast<size_t>(got)));
  }
}

// A finished environment has no writable folder, which an ordinary user cannot delete from.
void remove_tree(const fs::path& path) {
  std::error_code error;
  fs::permissions(path, fs::perms::owner_all, fs::perm_options::add, error);
  for (const auto& entry : fs::recursive_directory_iterator(path, fs::directory_options::skip_permission_denied, error))
    if (entry.is_directory() && !entry.is_symlink())
      fs::permissions(entry.path(), fs::perms::owner_all, fs::perm_options::add, error);
  fs::remove_all(path, error);
}

void make_readonly(const fs::path& path) {
  for (const auto& entry : fs::recursive_directory_iterator(path)) {
    if (entry.is_symlink()) continue;
    bool runs = entry.is_directory() || (entry.status().permissions() & fs::perms::owner_exec) != fs::perms::none;
    fs::permissions(entry.path(), fs::perms(runs ? 0555 : 0444));
  }
  fs::permissions(path, fs::perms(0555));
}

// Wheels by their hash, kept between environments.
class WheelStore {
 public:
  explicit WheelStore(fs::path folder) : folder_(std::move(folder)) { make_private_folder(folder_); }

  std::optional<fs::path> find(const Requirement& requirement) const {
    for (const auto& hash : requirement.hashes) {
      std::error_code error;
      for (const auto& entry : fs::directory_iterator(folder_ / hash, error))
        if (entry.path().extension() == ".whl") return entry.path();
    }
    return std::nullopt;
  }

  // Takes what pip fetched, if the lock lists it: pip has checked the hash, and so do we.
  void take(const fs::path& wheel, const std::vector<Requirement>& requirements) const {
    std::string hash = to_hex(hash_file(wheel));
    bool listed = std::any_of(requirements.begin(), requirements.end(), [&](const Requirement& requirement) {
      return std::find(requirement.hashes.begin(), requirement.hashes.end(), hash) != requirement.hashes.end();
    });
    if (!listed || wheel.extension() != ".whl")
      fail(ErrorKind::environment, "'{}' was fetched, but the lock does not list it",
           sanitize(wheel.filename().string()));
    fs::permissions(wheel, fs::perms(0444));
    fs::path place = folder_ / hash, fresh = folder_ / (hash + ".tmp-" + to_hex(random_bytes(8)));
    fs::create_directory(fresh);
    fs::rename(wheel, fresh / wheel.filename());
    std::error_code error;
    fs::rename(fresh, place, error);
    if (error) fs::remove_all(fresh);  // somebody else had it at the same time
  }

 private:
  fs::path folder_;
};

// Where the builder works; all of it goes when the environment does not come about.
struct Build {
  const std::vector<Requirement>& requirements;
  fs::path scratch;   // temporary files of the installers
  fs::path folder;    // becomes the environment
  fs::path packages;  // folder/lib/pythonX.Y/site-packages
  const Progress& progress;
};

void install_from_store(const Build& build, const WheelStore& store) {
  std::vector<Requirement> missing;
  for (const auto& requirement : build.requirements)
    if (!store.find(requirement)) missing.push_back(requirement);
  fs::path fetched = build.scratch / "fetched", wheels = build.scratch / "wheels";
  fs::create_directories(fetched);
  fs::create_directories(wheels);
  if (!missing.empty()) {
    fetch_wheels(missing, fetched, build.scratch, build.progress);
    std::vector<fs::path> paths;
    for (const auto& entry : fs::directory_iterator(fetched)) paths.push_back(entry.path());
    for (const auto& path : paths) store.take(path, missing);
  }
  for (const auto& requirement : build.requirements)
    if (auto wheel = store.find(requirement))  // none: its marker does not hold here
      if (!fs::exists(wheels / wheel->filename())) fs::create_symlink(*wheel, wheels / wheel->filename());
  check_unpacked_size(wheels, kEnvironmentBytesMax);
  install_wheels(build.requirements, wheels, build.packages, build.scratch, build.progress);
}

// pip writes the interpreter's path into the scripts; the environment's own is found along PATH.
void fix_script(const fs::path& path) {
  auto text = read_file_if_exists(path, 1 << 20);
  if (!text || !text->starts_with("#!") || text->find("python") > text->find('\n')) return;
  text->replace(0, text->find('\n'), "#!/usr/bin/env python3");
  write_file_atomic(path, *text, 0755);
}

// A virtual environment that works wherever it is mounted: Python looks for pyvenv.cfg above the name it was called by, and then
// leaves the system's own packages out.
void lay_out(const Build& build) {
  const PythonFacts& python = python_facts();
  write_file_atomic(build.folder / "pyvenv.cfg",
                    fmt::format("home = /usr/bin\ninclude-system-site-packages = false\nversion = {}\n", python.version));
  fs::path bin = build.folder / "bin", scripts = build.packages / "bin";
  fs::create_directories(bin);
  if (fs::is_directory(scripts)) {
    for (const auto& entry : fs::directory_iterator(scripts))
      if (entry.is_regular_file()) fix_script(entry.path());
    fs::remove(bin);
    fs::rename(scripts, bin);
  }
  for (const std::string& name : {std::string("python"), std::string("python3"), "python" + python.minor}) {
    fs::remove(bin / name);
    fs::create_symlink(kPython, bin / name);
  }
}

void build_pip(const std::vector<Requirement>& requirements, const fs::path& cache, const fs::path& temporary,
               const fs::path& target, const Progress& progress) {
  Build build{requirements, temporary / "scratch", temporary / "env", {}, progress};
  build.packages = build.folder / "lib" / ("python" + python_facts().minor) / "site-packages";
  fs::create_directories(build.scratch);
  fs::create_directories(build.packages);
  if (use_uv()) {
    install_with_uv(requirements, build.packages, build.scratch, progress);
  } else if (!requirements.empty()) {
    install_from_store(build, WheelStore(cache / "wheels" / (python_facts().abi + "-" + architecture())));
  }
  lay_out(build);
  write_file_atomic(build.folder / kCompleteFile, "");
  make_readonly(build.folder);
  // The rename must not reach the disk before the files.
  Fd folder(open(build.folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder || syncfs(folder.get()) != 0) fail_errno("cannot write '" + build.folder.string() + "'");
  // Moving a folder to another parent needs write permission on the folder itself.
  fs::permissions(build.folder, fs::perms(0755));
  fs::rename(build.folder, target);
  fs::permissions(target, fs::perms(0555));
}

void remove_unfinished(const fs::path& folder, const std::string& key) {
  for (const auto& entry : fs::directory_iterator(folder))
    if (entry.path().filename().string().starts_with(key + ".tmp-")) remove_tree(entry.path());
}

}  // namespace

Environment build_environment(const JobSpec& spec, std::string_view lock, const fs::path& cache_folder,
                              const std::function<void(std::string_view line)>& progress) {
  Environment environment;
  environment.kind = spec.environment;
  if (spec.environment == "system") {
    std::string python = access(kPython, X_OK) == 0 ? python_facts().version : "no python";
    environment.key = to_hex(sha256(fmt::format("ain-environment\nsystem\n{}\n{}", python, architecture())));
    environment.cached = true;
    return environment;
  }
  if (spec.environment != "pip")
    fail(ErrorKind::environment, "environments of the kind '{}' are not supported yet", sanitize(spec.environment));
  if (to_hex(sha256(lock)) != spec.lock_digest)
    fail(ErrorKind::environment, "the lock '{}' is not the one that the job names", sanitize(spec.lock));
  std::vector<Requirement> requirements = parse_requirements(lock, spec.lock);

  environment.key = key_of("pip", lock);
  fs::path folder = cache_folder / "environments";
  environment.folder = folder / environment.key;
  environment.variables = {fmt::format("PATH={0}/bin:/usr/local/bin:/usr/bin:/bin", kEnvironmentMount),
                           fmt::format("VIRTUAL_ENV={}", kEnvironmentMount)};
  environment.cached = fs::exists(environment.folder / kCompleteFile);
  if (environment.cached) return environment;

  make_private_folder(folder);
  FileLock guard = FileLock::acquire(folder / (environment.key + ".lock"));
  environment.cached = fs::exists(environment.folder / kCompleteFile);  // built while we waited
  if (environment.cached) return environment;
  remove_unfinished(folder, environment.key);
  fs::path temporary = folder / (environment.key + ".tmp-" + to_hex(random_bytes(8)));
  fs::create_directory(temporary);
  try {
    build_pip(requirements, cache_folder, temporary, environment.folder, progress);
  } catch (...) {
    remove_tree(temporary);
    throw;
  }
  remove_tree(temporary);
  return environment;
}

}  // namespace ain::exec
