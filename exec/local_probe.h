// Which isolation and which limits this machine really gives, found out by running a job.
#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "exec/backend.h"
#include "exec/shim/cgroups.h"

namespace ain::exec {

// How the local backend builds a job here.
struct LocalSetup {
  Capabilities capabilities;
  std::filesystem::path bubblewrap;
  bool disable_userns = true;
  shim::Groups parents;             // tier none: limits by rlimit and the shim
};

// Runs a trial with a setup; throws with the sandbox's own words when it does not come up.
using Trial = std::function<void(const LocalSetup& setup, Isolation isolation)>;
LocalSetup find_local_setup(bool control_groups, const Trial& trial);

// What a sandbox's failure means and what to type: public for its test.
void explain_failure(const std::string& text, Capabilities& capabilities);

}  // namespace ain::exec
