#include "exec/local_probe.h"

#include <unistd.h>

#include "base/error.h"
#include "base/files.h"
#include "base/process.h"
#include "base/text.h"

namespace ain::exec {

namespace {

std::string kernel_setting(const char* path) {
  return std::string(trim(read_file_if_exists(path, 256).value_or("")));
}

// In a plain chroot the root is no mount point, and the kernel refuses user namespaces and pivot_root there.
bool is_chroot() {
  for (const auto& line : split(read_file_if_exists("/proc/self/mountinfo", 8 << 20).value_or(""), '\n')) {
    auto fields = split(line, ' ');
    if (fields.size() > 4 && fields[4] == "/") return false;
  }
  return true;
}

bool contains(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

const char* tier_name(shim::Tier tier) {
  switch (tier) {
    case shim::Tier::v2: return "cgroup-v2";
    case shim::Tier::v1: return "cgroup-v1";
    case shim::Tier::none: break;
  }
  return "rlimit";
}

// True when it works; else `why` holds the last failure.
bool works(const Trial& trial, const LocalSetup& setup, Isolation isolation, std::string& why) {
  try {
    trial(setup, isolation);
    return true;
  } catch (const Error& error) {
    why = error.message();
    return false;
  }
}

}  // namespace

void explain_failure(const std::string& text, Capabilities& capabilities) {
  capabilities.sandbox = false;
  capabilities.why_not = "bubblewrap cannot make a sandbox: " + sanitize(text);
  capabilities.fix.clear();
  bool namespaces = contains(text, "namespace") || contains(text, "uid map") || contains(text, "pivot_root");
  if (!namespaces) return;
  if (is_chroot()) {
    capabilities.why_not = "this is a plain chroot, where the kernel refuses new namespaces";
    capabilities.fix = "enter it with `unshare --mount --pid --fork` and pivot_root instead of chroot";
  } else if (kernel_setting("/proc/sys/kernel/unprivileged_userns_clone") == "0") {
    capabilities.why_not = "this kernel does not let ordinary users make user namespaces";
    capabilities.fix = "sudo sysctl -w kernel.unprivileged_userns_clone=1";
  } else if (kernel_setting("/proc/sys/kernel/apparmor_restrict_unprivileged_userns") == "1") {
    capabilities.why_not = "AppArmor does not let ordinary programs make user namespaces";
    capabilities.fix = "sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0";
  } else if (kernel_setting("/proc/sys/user/max_user_namespaces") == "0") {
    capabilities.why_not = "user namespaces are switched off";
    capabilities.fix = "sudo sysctl -w user.max_user_namespaces=15000";
  }
}

LocalSetup find_local_setup(bool control_groups, const Trial& trial) {
  LocalSetup setup;
  std::string why;
  if (control_groups) setup.parents = shim::find_parent_groups();
  // A group that can be made cannot always be entered: a session's processes may not be moved elsewhere.
  if (setup.parents.tier != shim::Tier::none && !works(trial, setup, Isolation::none, why)) setup.parents = {};
  setup.capabilities.limits = tier_name(setup.parents.tier);

  auto bubblewrap = find_program("bwrap");
  if (!bubblewrap) {
    setup.capabilities.why_not = "bubblewrap is not installed";
    setup.capabilities.fix = "sudo apt install bubblewrap";
    return setup;
  }
  setup.bubblewrap = *bubblewrap;
  setup.capabilities.sandbox = works(trial, setup, Isolation::bubblewrap, why);
  if (!setup.capabilities.sandbox) {
    std::string first = why;
    setup.disable_userns = false;
    setup.capabilities.sandbox = works(trial, setup, Isolation::bubblewrap, why);
    if (!setup.capabilities.sandbox) explain_failure(first, setup.capabilities);
  }
  return setup;
}

}  // namespace ain::exec
