#include "remote/node/capacity.h"

#include <algorithm>

#include "base/text.h"

namespace ain::remote {

bool gpu_matches(const std::string& model, int64_t memory_bytes, const exec::Resources& wanted) {
  const std::string& name = wanted.gpu_model;
  const bool model_fits = name.empty() || model == name || model.starts_with(name + "-");
  return model_fits && memory_bytes >= wanted.gpu_memory_bytes;
}

Capacity::Capacity(exec::Hardware hardware) : hardware_(std::move(hardware)) {}

std::string Capacity::why_never(const exec::Resources& wanted) const {
  if (wanted.cpus > hardware_.cpus) return fmt::format("needs {} CPUs, has {}", wanted.cpus, hardware_.cpus);
  if (wanted.memory_bytes > hardware_.memory_bytes) {
    return fmt::format("needs {} of memory, has {}", bytes_text(wanted.memory_bytes), bytes_text(hardware_.memory_bytes));
  }
  const auto fitting = std::count_if(hardware_.gpus.begin(), hardware_.gpus.end(), [&](const exec::Gpu& gpu) {
    return gpu_matches(gpu.model, gpu.memory_bytes, wanted);
  });
  if (fitting < wanted.gpus) {
    return fmt::format("needs {} GPU{}{}{}, has {}", wanted.gpus, wanted.gpus == 1 ? "" : "s",
                       wanted.gpu_model.empty() ? "" : " of ", wanted.gpu_model, fitting);
  }
  return {};
}

std::optional<std::vector<int>> Capacity::free_for(const exec::Resources& wanted) const {
  int64_t cpus = hardware_.cpus, memory = hardware_.memory_bytes;
  std::vector<int> taken;
  for (const auto& [id, reserved] : reserved_) {
    cpus -= reserved.cpus;
    memory -= reserved.memory_bytes;
    taken.insert(taken.end(), reserved.gpus.begin(), reserved.gpus.end());
  }
  if (wanted.cpus > cpus || wanted.memory_bytes > memory) return std::nullopt;
  std::vector<int> gpus;
  for (const exec::Gpu& gpu : hardware_.gpus) {
    const bool is_free = std::find(taken.begin(), taken.end(), gpu.index) == taken.end();
    if (static_cast<int64_t>(gpus.size()) < wanted.gpus && is_free && gpu_matches(gpu.model, gpu.memory_bytes, wanted)) {
      gpus.push_back(gpu.index);
    }
  }
  if (static_cast<int64_t>(gpus.size()) < wanted.gpus) return std::nullopt;
  return gpus;
}

bool Capacity::would_fit(const exec::Resources& wanted) const {
  const std::lock_guard lock(mutex_);
  return free_for(wanted).has_value();
}

std::optional<std::vector<int>> Capacity::reserve(const std::string& id, const exec::Resources& wanted) {
  const std::lock_guard lock(mutex_);
  const auto gpus = free_for(wanted);
  if (gpus) reserved_[id] = {wanted.cpus, wanted.memory_bytes, *gpus};
  return gpus;
}

void Capacity::restore(const std::string& id, const exec::Resources& wanted, const std::vector<int>& gpus) {
  const std::lock_guard lock(mutex_);
  reserved_[id] = {wanted.cpus, wanted.memory_bytes, gpus};
}

void Capacity::release(const std::string& id) {
  const std::lock_guard lock(mutex_);
  reserved_.erase(id);
}

}  // namespace ain::remote
