#include "exec/shim/cgroups.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace ain::shim {

namespace {

constexpr int64_t kCpuPeriodUs = 100'000;

std::string failure(const char* what, const std::string& path) {
  return std::string(what) + " '" + path + "': " + strerror(errno);
}

std::vector<std::string> split_text(const std::string& text, char separator) {
  std::vector<std::string> parts;
  size_t from = 0;
  for (size_t at; (at = text.find(separator, from)) != std::string::npos; from = at + 1)
    parts.push_back(text.substr(from, at - from));
  if (from < text.size()) parts.push_back(text.substr(from));
  return parts;
}

bool has_word(const std::string& text, const char* word, char separator) {
  auto words = split_text(text, separator);
  return std::find(words.begin(), words.end(), word) != words.end();
}

std::string trimmed(std::string text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
  return text;
}

std::string own_path(const char* controller) {
  for (const auto& line : split_text(read_small_file("/proc/self/cgroup"), '\n')) {
    size_t first = line.find(':'), second = line.find(':', first + 1);
    if (second == std::string::npos) continue;
    std::string names = line.substr(first + 1, second - first - 1);
    if (*controller == '\0' ? names.empty() : has_word(names, controller, ',')) return line.substr(second + 1);
  }
  return {};
}

// Makes a group below `parent` for a moment, to see that it works and has FILE.
bool can_make_group(const std::string& parent, const std::vector<const char*>& files) {
  std::string folder = parent + "/ain-probe-" + std::to_string(getpid());
  if (mkdir(folder.c_str(), 0755) != 0) return false;
  bool ok = true;
  for (const char* file : files) ok = ok && access((folder + "/" + file).c_str(), W_OK) == 0;
  rmdir(folder.c_str());
  return ok;
}

Groups find_v2() {
  OwnGroup own = find_own_group("");
  // A group that holds processes cannot have limited children, so usually the parent of our own is the place.
  for (std::string folder = own.folder; folder.size() >= own.mount.size() && !own.mount.empty();
       folder.resize(std::max(folder.rfind('/'), size_t{0}))) {
    std::string controllers = trimmed(read_small_file((folder + "/cgroup.controllers").c_str()));
    if (has_word(controllers, "memory", ' ') && has_word(controllers, "pids", ' ')) {
      for (const char* word : {"+memory", "+pids", "+cpu"})
        write_existing_file((folder + "/cgroup.subtree_control").c_str(), word);
      if (can_make_group(folder, {"memory.max", "pids.max", "cgroup.procs"})) return {Tier::v2, folder, {}, {}};
    }
    if (folder.rfind('/') == std::string::npos) break;
  }
  return {};
}

Groups find_v1() {
  OwnGroup memory = find_own_group("memory"), pids = find_own_group("pids"), cpu = find_own_group("cpu");
  if (memory.folder.empty() || pids.folder.empty()) return {};
  if (!can_make_group(memory.folder, {"memory.limit_in_bytes", "cgroup.procs"})) return {};
  if (!can_make_group(pids.folder, {"pids.max", "cgroup.procs"})) return {};
  if (!cpu.folder.empty() && !can_make_group(cpu.folder, {"cpu.cfs_quota_us", "cgroup.procs"})) cpu.folder.clear();
  return {Tier::v1, memory.folder, pids.folder, cpu.folder};
}

std::string make_folder(const std::string& path) {
  if (mkdir(path.c_str(), 0755) != 0 && errno != EEXIST) return failure("cannot make the control group", path);
  return {};
}

std::string set(const std::string& path, const std::string& value) {
  if (!write_existing_file(path.c_str(), value)) return failure("cannot set the limit", path);
  return {};
}

std::string enter(const std::string& folder, pid_t pid) {
  std::string path = folder + "/cgroup.procs";
  if (!write_existing_file(path.c_str(), std::to_string(pid))) return failure("cannot enter the control group", path);
  return {};
}

std::string create_v2(const Groups& groups, const GroupLimits& limits) {
  std::string load = groups.memory + "/load";
  std::string error = make_folder(groups.memory);
  if (error.empty()) error = set(groups.memory + "/cgroup.subtree_control", "+memory +pids");
  if (!error.empty()) return error;
  write_existing_file((groups.memory + "/cgroup.subtree_control").c_str(), "+cpu");  // not delegated everywhere
  error = make_folder(load);
  if (error.empty()) error = make_folder(groups.memory + "/shim");
  if (error.empty()) error = set(load + "/memory.max", std::to_string(limits.memory_bytes));
  if (error.empty()) error = set(load + "/pids.max", std::to_string(limits.processes));
  if (!error.empty()) return error;
  write_existing_file((load + "/memory.swap.max").c_str(), "0");
  write_existing_file((load + "/memory.oom.group").c_str(), "1");
  write_existing_file((load + "/cpu.max").c_str(),
                      std::to_string(limits.cpus * kCpuPeriodUs) + " " + std::to_string(kCpuPeriodUs));
  return {};
}

std::string create_v1(const Groups& groups, const GroupLimits& limits) {
  std::string error = make_folder(groups.memory);
  if (error.empty()) error = make_folder(groups.pids);
  if (error.empty()) error = set(groups.memory + "/memory.limit_in_bytes", std::to_string(limits.memory_bytes));
  if (error.empty()) error = set(groups.pids + "/pids.max", std::to_string(limits.processes));
  if (!error.empty()) return error;
  // Without swap accounting there is no such file, and nothing to limit.
  write_existing_file((groups.memory + "/memory.memsw.limit_in_bytes").c_str(), std::to_string(limits.memory_bytes));
  if (groups.cpu.empty()) return {};
  error = make_folder(groups.cpu);
  if (error.empty()) error = set(groups.cpu + "/cpu.cfs_period_us", std::to_string(kCpuPeriodUs));
  if (error.empty()) error = set(groups.cpu + "/cpu.cfs_quota_us", std::to_string(limits.cpus * kCpuPeriodUs));
  return error;
}

int64_t counter(const std::string& path, const char* name) {
  for (const auto& line : split_text(read_small_file(path.c_str()), '\n'))
    if (line.compare(0, strlen(name), name) == 0 && line.size() > strlen(name) && line[strlen(name)] == ' ')
      return strtoll(line.c_str() + strlen(name), nullptr, 10);
  return 0;
}

bool remove_folder(const std::string& path) {
  return path.empty() || rmdir(path.c_str()) == 0 || errno == ENOENT;
}

}  // namespace

OwnGroup find_own_group(const char* controller) {
  std::string path = own_path(controller);
  if (path.empty()) return {};
  // "36 25 0:31 / /sys/fs/cgroup/memory rw,… - cgroup cgroup rw,memory"
  for (const auto& line : split_text(read_small_file("/proc/self/mountinfo"), '\n')) {
    size_t dash = line.find(" - ");
    if (dash == std::string::npos) continue;
    auto left = split_text(line.substr(0, dash), ' '), right = split_text(line.substr(dash + 3), ' ');
    if (left.size() < 5 || right.size() < 3) continue;
    bool is_v2 = right[0] == "cgroup2";
    if (*controller == '\0' ? !is_v2 : (right[0] != "cgroup" || !has_word(right[2], controller, ','))) continue;
    const std::string& root = left[3];
    std::string below = path;
    if (root != "/") {
      if (path.compare(0, root.size(), root) != 0) continue;
      below = path.substr(root.size());
    }
    if (below == "/") below.clear();
    return {left[4], left[4] + below};
  }
  return {};
}

Groups find_parent_groups() {
  Groups groups = find_v2();
  return groups.tier == Tier::v2 ? groups : find_v1();
}

Groups job_groups(const Groups& parents, const std::string& name) {
  Groups groups = parents;
  for (std::string* folder : {&groups.memory, &groups.pids, &groups.cpu})
    if (!folder->empty()) *folder += "/" + name;
  return groups;
}

void put_groups(Records& records, const Groups& groups) {
  records.emplace_back("tier", groups.tier == Tier::v2 ? "v2" : groups.tier == Tier::v1 ? "v1" : "none");
  records.emplace_back("group_memory", groups.memory);
  records.emplace_back("group_pids", groups.pids);
  records.emplace_back("group_cpu", groups.cpu);
}

Groups groups_from(const Records& records) {
  std::string tier = value_of(records, "tier");
  return {tier == "v2" ? Tier::v2 : tier == "v1" ? Tier::v1 : Tier::none, value_of(records, "group_memory"),
          value_of(records, "group_pids"), value_of(records, "group_cpu")};
}

std::string create_groups(const Groups& groups, const GroupLimits& limits) {
  if (groups.tier == Tier::v2) return create_v2(groups, limits);
  if (groups.tier == Tier::v1) return create_v1(groups, limits);
  return {};
}

std::string enter_load(const Groups& groups, pid_t pid) {
  if (groups.tier == Tier::v2) return enter(groups.memory + "/load", pid);
  for (const std::string* folder : {&groups.memory, &groups.pids, &groups.cpu}) {
    if (folder->empty()) continue;
    std::string error = enter(*folder, pid);
    if (!error.empty()) return error;
  }
  return {};
}

std::string enter_shim(const Groups& groups) {
  return groups.tier == Tier::v2 ? enter(groups.memory + "/shim", getpid()) : std::string();
}

std::vector<pid_t> group_members(const Groups& groups) {
  std::string folder = groups.tier == Tier::v2 ? groups.memory + "/load" : groups.pids;
  std::vector<pid_t> members;
  if (groups.tier == Tier::none) return members;
  for (const auto& line : split_text(read_small_file((folder + "/cgroup.procs").c_str()), '\n'))
    members.push_back(static_cast<pid_t>(strtol(line.c_str(), nullptr, 10)));
  return members;
}

void kill_groups(const Groups& groups) {
  if (groups.tier == Tier::v2 && write_existing_file((groups.memory + "/load/cgroup.kill").c_str(), "1")) return;
  for (pid_t pid : group_members(groups))
    if (pid > 0) kill(pid, SIGKILL);
}

int64_t out_of_memory_kills(const Groups& groups) {
  if (groups.tier == Tier::v2) return counter(groups.memory + "/load/memory.events", "oom_kill");
  if (groups.tier == Tier::v1) return counter(groups.memory + "/memory.oom_control", "oom_kill");
  return 0;
}

int out_of_memory_event(const Groups& groups) {
  if (groups.tier != Tier::v1) return -1;
  int control = open((groups.memory + "/memory.oom_control").c_str(), O_RDONLY | O_CLOEXEC);
  int event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  bool ok = control >= 0 && event >= 0 &&
            write_existing_file((groups.memory + "/cgroup.event_control").c_str(),
                                std::to_string(event) + " " + std::to_string(control));
  if (control >= 0) close(control);
  if (ok) return event;
  if (event >= 0) close(event);
  return -1;
}

bool remove_groups(const Groups& groups) {
  if (groups.tier == Tier::none) return true;
  bool ok = true;
  if (groups.tier == Tier::v2)
    ok = remove_folder(groups.memory + "/load") && remove_folder(groups.memory + "/shim");
  return remove_folder(groups.memory) && remove_folder(groups.pids) && remove_folder(groups.cpu) && ok;
}

}  // namespace ain::shim
