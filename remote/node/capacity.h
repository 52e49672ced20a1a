// What of this machine is let right now.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "exec/hardware.h"
#include "exec/project.h"

namespace ain::remote {

class Capacity {
 public:
  explicit Capacity(exec::Hardware hardware);

  const exec::Hardware& hardware() const { return hardware_; }
  // Empty when a job of these resources could run here on an idle machine, else why not.
  std::string why_never(const exec::Resources& wanted) const;
  // Reserves for `id`; the indices of its GPUs, or nothing when too much is let already.
  std::optional<std::vector<int>> reserve(const std::string& id, const exec::Resources& wanted);
  // Takes up a reservation of an earlier process, whatever else is let.
  void restore(const std::string& id, const exec::Resources& wanted, const std::vector<int>& gpus);
  void release(const std::string& id);
  bool would_fit(const exec::Resources& wanted) const;

 private:
  struct Reserved {
    int64_t cpus = 0;
    int64_t memory_bytes = 0;
    std::vector<int> gpus;
  };
  std::optional<std::vector<int>> free_for(const exec::Resources& wanted) const;

  exec::Hardware hardware_;
  mutable std::mutex mutex_;
  std::map<std::string, Reserved> reserved_;
};

// True for a GPU of the wanted model and memory: "H100" takes "H100-80GB".
bool gpu_matches(const std::string& model, int64_t memory_bytes, const exec::Resources& wanted);

}  // namespace ain::remote
