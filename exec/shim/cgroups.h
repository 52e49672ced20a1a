// A job's control groups: v2 where it is delegated, the v1 controllers on hybrid machines, or none.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "exec/shim/files.h"

namespace ain::shim {

enum class Tier { v2, v1, none };

struct GroupLimits {
  int64_t memory_bytes = 0;
  int64_t processes = 0;
  int64_t cpus = 0;
};

// The job's own folders. v2: `memory` is the whole job's, with the leaves "load" and "shim"; pids and cpu are empty.
// v1: one folder a controller, `cpu` may be empty.
struct Groups {
  Tier tier = Tier::none;
  std::string memory, pids, cpu;
};

// This process's group in the hierarchy of a v1 controller, or of v2 ("").
struct OwnGroup {
  std::string mount;   // "/sys/fs/cgroup/memory"
  std::string folder;  // mount + own path; empty when there is no such hierarchy
};
OwnGroup find_own_group(const char* controller);

// Where this process may make groups; the folders are parents, and really are writable with the files that the limits need.
Groups find_parent_groups();
// `parents` with NAME appended.
Groups job_groups(const Groups& parents, const std::string& name);
void put_groups(Records& records, const Groups& groups);
Groups groups_from(const Records& records);

// Each returns "" or what went wrong.
std::string create_groups(const Groups& groups, const GroupLimits& limits);
std::string enter_load(const Groups& groups, pid_t pid);
std::string enter_shim(const Groups& groups);  // v2 only: out of the node's own group, so that stopping the node spares the shim

std::vector<pid_t> group_members(const Groups& groups);
void kill_groups(const Groups& groups);        // SIGKILL to every member, once
int64_t out_of_memory_kills(const Groups& groups);
// v1: an eventfd that becomes readable when the memory limit is hit; -1 when there is none (v2 kills the whole group itself).
int out_of_memory_event(const Groups& groups);
bool remove_groups(const Groups& groups);      // false while something is left in them; absent counts as removed

}  // namespace ain::shim
