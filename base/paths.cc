#include "base/paths.h"

#include <unistd.h>

#include <string>

#include "base/error.h"
#include "base/process.h"

namespace ain {
namespace {

std::filesystem::path xdg(const char* variable, const std::filesystem::path& home, const char* fallback) {
  const auto value = environment_variable(variable);
  // The specification: a relative path is invalid and is ignored.
  const auto base = value && value->starts_with('/') ? std::filesystem::path(*value) : home / fallback;
  return base / "ain";
}

}  // namespace

Paths Paths::from_environment() {
  if (const auto ain_home = environment_variable("AIN_HOME"); ain_home && !ain_home->empty()) {
    const auto home = std::filesystem::absolute(*ain_home);
    return {home, home / "data", home / "state", home / "cache", home / "run"};
  }
  const auto home_variable = environment_variable("HOME");
  if (!home_variable || home_variable->empty()) {
    fail_with_hint(ErrorKind::failed, "set AIN_HOME to a folder for ain's files", "neither AIN_HOME nor HOME is set");
  }
  const std::filesystem::path home = *home_variable;
  Paths paths{xdg("XDG_CONFIG_HOME", home, ".config"), xdg("XDG_DATA_HOME", home, ".local/share"),
              xdg("XDG_STATE_HOME", home, ".local/state"), xdg("XDG_CACHE_HOME", home, ".cache"), {}};
  const auto runtime = environment_variable("XDG_RUNTIME_DIR");
  paths.runtime = runtime && runtime->starts_with('/') && access(runtime->c_str(), W_OK) == 0
                      ? std::filesystem::path(*runtime) / "ain"
                      : paths.state / "run";
  return paths;
}

}  // namespace ain
