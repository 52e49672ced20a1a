// What this machine has to let.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/json.h"

namespace ain::exec {

struct Gpu {
  int index = 0;              // N of /dev/nvidiaN
  std::string uuid;
  std::string model;          // normalised: "H200-141GB"
  int64_t memory_bytes = 0;
};
struct Hardware {
  std::string cpu_model;
  std::string architecture;   // "x86_64"
  int64_t cpus = 0;           // that this process may use (affinity, cgroup quota)
  int64_t memory_bytes = 0;   // likewise
  std::vector<Gpu> gpus;      // NVML by dlopen; none is fine
  std::string driver;         // NVIDIA driver version, or empty
};

Hardware find_hardware();
Json to_json(const Hardware& hardware);

}  // namespace ain::exec
