// Where ain keeps its things: everything under $AIN_HOME when that is set, else the XDG folders.
#pragma once

#include <filesystem>

namespace ain {

struct Paths {
  std::filesystem::path config;   // config.toml, accounts/, networks/
  std::filesystem::path data;     // node/ (ledger, repositories, jobs)
  std::filesystem::path state;    // runs.db
  std::filesystem::path cache;    // environments, attribution
  std::filesystem::path runtime;  // sockets, locks; short, as sun_path holds 107 bytes

  // Reads the environment; creates nothing. Throws `failed` when neither AIN_HOME nor HOME is set.
  static Paths from_environment();
};

}  // namespace ain
