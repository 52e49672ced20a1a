// Processes as /proc shows them: who is who's child, who is still the one we knew.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

namespace ain::shim {

struct ProcessInfo {
  pid_t pid = 0;
  pid_t parent = 0;
  pid_t session = 0;
  char state = '?';
  uint64_t start_ticks = 0;  // since boot: with the boot id it names a process for ever
  int64_t resident_bytes = 0;
};

bool read_process(pid_t pid, ProcessInfo& info);  // false when there is none
std::vector<ProcessInfo> all_processes();
// This process's own children.
std::vector<pid_t> own_children();
// `root`'s children, their children, and so on; without `root`.
std::vector<ProcessInfo> descendants_of(pid_t root);
// Processes with that real user; zombies left out.
std::vector<pid_t> processes_of_user(uid_t user);
// Alive, not a zombie, and the very one that started then.
bool is_alive(pid_t pid, uint64_t start_ticks);
std::string boot_id();
// Proportional memory of one process in bytes; 0 when it cannot be read.
int64_t proportional_bytes(pid_t pid);
int64_t boottime_us();
int64_t wall_ms();

}  // namespace ain::shim
