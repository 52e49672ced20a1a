#include "exec/sandbox.h"

#include <sys/stat.h>

#include <algorithm>
#include <map>

#include "base/encoding.h"
#include "base/error.h"
#include "exec/shim/files.h"
#include "exec/working_file.h"

namespace ain::exec {

namespace fs = std::filesystem;

namespace {

constexpr const char* kInsideUser = "1000";
constexpr int64_t kTmpfsBytesMin = int64_t{64} << 20;
constexpr const char* kSystemFolders[] = {"/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"};
// Of the host's /etc the job gets these and nothing else; the rest is made up.
constexpr const char* kEtcFiles[] = {"ld.so.cache", "alternatives"};

class Arguments {
 public:
  explicit Arguments(const SandboxInput& input) : staged_(input.staged) {}

  template <typename... Words>
  void add(Words&&... words) {
    (sandbox_.arguments.emplace_back(std::forward<Words>(words)), ...);
  }
  // Binds one of the job's own folders, which only root may be able to walk to.
  void bind(const char* option, const std::string& name, const fs::path& real, const std::string& target) {
    std::string source = real.string();
    if (staged_) {
      sandbox_.stage.emplace_back(name, real);
      source = std::string(shim::kStageFolder) + "/" + name;
    }
    add(option, source, target);
  }
  Sandbox take() { return std::move(sandbox_); }

 private:
  bool staged_;
  Sandbox sandbox_;
};

bool has_python_word() { return fs::exists("/usr/bin/python"); }

void write_etc(const fs::path& folder) {
  fs::create_directories(folder);
  auto put = [&](const char* name, std::string_view text) {
    write_working_file(folder / name, text, 0644);
  };
  put("passwd", "ain:x:1000:1000:ain:/tmp/home:/bin/sh\nnobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n");
  put("group", "ain:x:1000:\nnogroup:x:65534:\n");
  put("hosts", "127.0.0.1 localhost ain\n::1 localhost\n");
  put("nsswitch.conf", "passwd: files\ngroup: files\nhosts: files\n");
  put("hostname", "ain\n");
  std::error_code error;
  fs::path zone = fs::read_symlink("/etc/localtime", error);
  if (!error && !fs::is_symlink(folder / "localtime")) fs::create_symlink(zone, folder / "localtime", error);
}

// Places to mount on must be there before /etc is bound read-only.
std::vector<std::string> etc_entries(const fs::path& folder) {
  std::vector<std::string> names;
  for (const char* name : kEtcFiles)
    if (fs::exists(fs::path("/etc") / name)) names.emplace_back(name);
  for (const auto& entry : fs::directory_iterator("/etc"))
    if (entry.path().filename().string().starts_with("python3.") && entry.is_directory())
      names.push_back(entry.path().filename().string());
  for (const auto& name : names) {
    if (fs::is_directory(fs::path("/etc") / name)) {
      fs::create_directories(folder / name);
    } else if (!fs::exists(folder / name)) {
      write_working_file(folder / name, "", 0644);
    }
  }
  return names;
}

void add_system(Arguments& arguments, const fs::path& etc) {
  arguments.add("--ro-bind", "/usr", "/usr");
  for (const char* folder : kSystemFolders) {
    std::error_code error;
    if (fs::is_symlink(folder)) {
      arguments.add("--symlink", fs::read_symlink(folder).string(), folder);
    } else if (fs::is_directory(folder, error)) {
      arguments.add("--ro-bind", folder, folder);
    }
  }
  write_etc(etc);
  std::vector<std::string> entries = etc_entries(etc);
  // The folder is private to the node; what is in it is for the job to read.
  fs::permissions(etc, fs::perms(0755));
  arguments.bind("--ro-bind", "etc", etc, "/etc");
  for (const auto& name : entries) arguments.add("--ro-bind", "/etc/" + name, "/etc/" + name);
}

}  // namespace

Sandbox plan_sandbox(const Launch& launch, const SandboxInput& input) {
  Arguments arguments(input);
  const Resources& resources = launch.spec.resources;
  std::string tmpfs_bytes = std::to_string(std::max(resources.memory_bytes / 2, kTmpfsBytesMin));
  arguments.add(input.bubblewrap.string(), "--unshare-all", "--unshare-user");
  if (input.disable_userns) arguments.add("--disable-userns");
  arguments.add("--cap-drop", "ALL", "--die-with-parent", "--new-session", "--uid", kInsideUser, "--gid", kInsideUser,
                "--hostname", "ain", "--seccomp", std::to_string(shim::kSeccompFd));
  add_system(arguments, input.files / "etc");
  arguments.add("--proc", "/proc", "--dev", "/dev", "--perms", "1777", "--size", tmpfs_bytes, "--tmpfs", "/dev/shm");
  if (!launch.gpus.empty())
    for (auto& word : gpu_arguments(launch.gpus)) arguments.add(std::move(word));
  arguments.add("--perms", "1777", "--size", tmpfs_bytes, "--tmpfs", "/tmp", "--dir", kHomeMount);
  arguments.bind("--bind", "tree", launch.tree, kJobMount);
  if (!launch.environment.folder.empty())
    arguments.bind("--ro-bind", "env", launch.environment.folder, kEnvironmentMount);
  arguments.bind("--ro-bind", "init", input.shim, kInitMount);
  if (!has_python_word()) arguments.add("--symlink", "/usr/bin/python3", "/ain/bin/python");
  // bubblewrap's own tmpfs of / and /dev would be unbounded room to write.
  arguments.add("--remount-ro", "/dev", "--remount-ro", "/", "--chdir", kJobMount, "--clearenv");
  for (const auto& variable : job_environment(launch, input.files)) {
    size_t equals = variable.find('=');
    arguments.add("--setenv", variable.substr(0, equals), variable.substr(equals + 1));
  }
  arguments.add("--", kInitMount, shim::kInnerWord, std::to_string(kProcessesMax),
                std::to_string(resources.disk_bytes), "--");
  return arguments.take();
}

std::vector<std::string> job_environment(const Launch& launch, const fs::path& files) {
  bool inside = launch.isolation == Isolation::bubblewrap;
  std::map<std::string, std::string> variables = {
      {"PATH", "/usr/local/bin:/usr/bin:/bin:" + (inside ? std::string("/ain/bin") : (files / "bin").string())},
      {"HOME", inside ? kHomeMount : (files / "home").string()},
      {"USER", "ain"},
      {"LANG", "C.UTF-8"},
      {"TMPDIR", inside ? "/tmp" : (files / "home").string()},
      {"PYTHONUNBUFFERED", "1"},  // the log is live
      // Libraries count the machine's cores, not the lease's.
      {"OMP_NUM_THREADS", std::to_string(std::max<int64_t>(launch.spec.resources.cpus, 1))}};
  for (const auto& variable : launch.environment.variables) {
    size_t equals = variable.find('=');
    AIN_ASSERT(equals != std::string::npos);
    std::string value = variable.substr(equals + 1);
    const std::string mount = kEnvironmentMount;
    for (size_t at = 0; !inside && (at = value.find(mount, at)) != std::string::npos;) {
      value.replace(at, mount.size(), launch.environment.folder.string());
      at += launch.environment.folder.string().size();
    }
    variables[variable.substr(0, equals)] = value;
  }
  for (const auto& [name, value] : launch.spec.variables) variables[name] = value;
  variables["AIN_JOB"] = to_hex(job_digest(launch.spec));
  std::vector<std::string> result;
  for (const auto& [name, value] : variables) result.push_back(name + "=" + value);
  return result;
}

}  // namespace ain::exec
