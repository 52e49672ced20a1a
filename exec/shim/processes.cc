#include "exec/shim/processes.h"

#include <dirent.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "exec/shim/files.h"

namespace ain::shim {

bool read_process(pid_t pid, ProcessInfo& info) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/stat", pid);
  std::string text = read_small_file(path, 4096);
  // The name, in parentheses, may hold anything, so count from its last ')'.
  size_t after = text.rfind(')');
  if (after == std::string::npos) return false;
  const char* at = text.c_str() + after + 1;
  info = {};
  info.pid = pid;
  for (int field = 3; *at != '\0'; ++field) {
    while (*at == ' ') ++at;
    if (field == 3) info.state = *at;
    if (field == 4) info.parent = static_cast<pid_t>(strtol(at, nullptr, 10));
    if (field == 6) info.session = static_cast<pid_t>(strtol(at, nullptr, 10));
    if (field == 22) info.start_ticks = strtoull(at, nullptr, 10);
    if (field == 24) {
      info.resident_bytes = strtoll(at, nullptr, 10) * sysconf(_SC_PAGESIZE);
      return true;
    }
    while (*at != ' ' && *at != '\0') ++at;
  }
  return false;
}

template <typename Visit>
static void for_each_process(Visit&& visit) {
  DIR* folder = opendir("/proc");
  if (folder == nullptr) return;
  while (const dirent* entry = readdir(folder)) {
    if (entry->d_name[0] < '0' || entry->d_name[0] > '9') continue;
    visit(static_cast<pid_t>(strtol(entry->d_name, nullptr, 10)));
  }
  closedir(folder);
}

std::vector<ProcessInfo> all_processes() {
  std::vector<ProcessInfo> all;
  for_each_process([&](pid_t pid) {
    ProcessInfo info;
    if (read_process(pid, info)) all.push_back(info);
  });
  return all;
}

std::vector<pid_t> own_children() {
  char path[64];
  snprintf(path, sizeof path, "/proc/self/task/%d/children", getpid());
  std::vector<pid_t> children;
  if (access(path, R_OK) == 0) {
    std::string text = read_small_file(path);
    char* at = text.data();
    for (char* end = nullptr; long pid = strtol(at, &end, 10); at = end) children.push_back(static_cast<pid_t>(pid));
  } else {  // a kernel without CONFIG_PROC_CHILDREN
    for (const ProcessInfo& info : all_processes())
      if (info.parent == getpid()) children.push_back(info.pid);
  }
  return children;
}

std::vector<ProcessInfo> descendants_of(pid_t root) {
  std::vector<ProcessInfo> rest = all_processes(), found;
  std::vector<pid_t> parents = {root};
  for (size_t next = 0; next < parents.size(); ++next) {
    for (size_t i = 0; i < rest.size();) {
      if (rest[i].parent == parents[next]) {
        parents.push_back(rest[i].pid);
        found.push_back(rest[i]);
        rest[i] = rest.back();
        rest.pop_back();
      } else {
        ++i;
      }
    }
  }
  return found;
}

std::vector<pid_t> processes_of_user(uid_t user) {
  std::vector<pid_t> found;
  for_each_process([&](pid_t pid) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/status", pid);
    std::string text = read_small_file(path, 16 << 10);
    size_t at = text.find("\nUid:\t");
    if (at == std::string::npos || strtoul(text.c_str() + at + 6, nullptr, 10) != user) return;
    ProcessInfo info;
    if (read_process(pid, info) && info.state != 'Z' && info.state != 'X') found.push_back(pid);
  });
  return found;
}

bool is_alive(pid_t pid, uint64_t start_ticks) {
  ProcessInfo info;
  return pid > 0 && read_process(pid, info) && info.start_ticks == start_ticks && info.state != 'Z' &&
         info.state != 'X';
}

std::string boot_id() {
  std::string text = read_small_file("/proc/sys/kernel/random/boot_id", 256);
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

int64_t proportional_bytes(pid_t pid) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/smaps_rollup", pid);
  std::string text = read_small_file(path, 16 << 10);
  size_t at = text.find("\nPss:");
  return at == std::string::npos ? 0 : strtoll(text.c_str() + at + 5, nullptr, 10) * 1024;
}

static int64_t clock_us(clockid_t clock) {
  timespec now = {};
  clock_gettime(clock, &now);
  return int64_t{now.tv_sec} * 1'000'000 + now.tv_nsec / 1000;
}

int64_t boottime_us() { return clock_us(CLOCK_BOOTTIME); }
int64_t wall_ms() { return clock_us(CLOCK_REALTIME) / 1000; }

}  // namespace ain::shim
