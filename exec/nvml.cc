// NVML without its header, which is often absent: the few prototypes that are needed, by dlopen.
#include "exec/nvml.h"

#include <dlfcn.h>

#include <algorithm>
#include <cctype>

#include "base/handle.h"
#include "base/text.h"

namespace ain::exec {

namespace {

using Device = struct nvmlDevice_st*;
struct MemoryInfo {
  unsigned long long total, free, used;
};
constexpr int kSuccess = 0;
constexpr unsigned kNameBytes = 96;
constexpr unsigned kGpusScannedMax = 256;

int close_library(void* library) { return dlclose(library); }
using Library = Handle<void, close_library>;

template <typename Function>
Function symbol(const Library& library, const char* name) {
  return reinterpret_cast<Function>(dlsym(library.get(), name));
}

struct Nvml {
  int (*init)();
  int (*shutdown)();
  int (*driver)(char*, unsigned);
  int (*count)(unsigned*);
  int (*device)(unsigned, Device*);
  int (*name)(Device, char*, unsigned);
  int (*uuid)(Device, char*, unsigned);
  int (*memory)(Device, MemoryInfo*);
  int (*minor)(Device, unsigned*);

  explicit Nvml(const Library& library)
      : init(symbol<decltype(init)>(library, "nvmlInit_v2")),
        shutdown(symbol<decltype(shutdown)>(library, "nvmlShutdown")),
        driver(symbol<decltype(driver)>(library, "nvmlSystemGetDriverVersion")),
        count(symbol<decltype(count)>(library, "nvmlDeviceGetCount_v2")),
        device(symbol<decltype(device)>(library, "nvmlDeviceGetHandleByIndex_v2")),
        name(symbol<decltype(name)>(library, "nvmlDeviceGetName")),
        uuid(symbol<decltype(uuid)>(library, "nvmlDeviceGetUUID")),
        memory(symbol<decltype(memory)>(library, "nvmlDeviceGetMemoryInfo")),
        minor(symbol<decltype(minor)>(library, "nvmlDeviceGetMinorNumber")) {}
  bool complete() const {
    return init && shutdown && driver && count && device && name && uuid && memory && minor;
  }
};

// What sellers call the memory of a card, whose driver reports a little less.
int64_t nominal_gigabytes(int64_t bytes) {
  int64_t gigabytes = (bytes + (int64_t{1} << 30) - 1) >> 30;
  for (int64_t nominal : {6, 8, 10, 11, 12, 16, 20, 24, 32, 40, 48, 64, 80, 94, 96, 128, 141, 180, 192, 288})
    if (nominal >= gigabytes && nominal * 9 <= gigabytes * 10) return nominal;
  return gigabytes;
}

bool is_noise(const std::string& word) {
  for (std::string_view noise : {"NVIDIA", "Tesla", "GeForce", "Quadro", "PCIe", "PCIE", "NVL", "GPU", "Laptop", "Graphics"})
    if (word == noise) return true;
  return word.empty() || word.starts_with("SXM") || word.starts_with("HBM") || word.ends_with("GB");
}

}  // namespace

std::string gpu_model(std::string_view name, int64_t memory_bytes) {
  std::string words(name), model;
  std::replace(words.begin(), words.end(), '-', ' ');
  for (const auto& word : split(words, ' ')) {
    if (is_noise(word)) continue;
    for (char c : word)
      if (std::isalnum(static_cast<unsigned char>(c)) != 0) model += c;
  }
  return fmt::format("{}-{}GB", model.empty() ? "GPU" : model.substr(0, 24), nominal_gigabytes(memory_bytes));
}

void find_gpus(Hardware& hardware) {
  Library library(dlopen("libnvidia-ml.so.1", RTLD_NOW | RTLD_LOCAL));
  if (!library) return;
  Nvml nvml(library);
  if (!nvml.complete() || nvml.init() != kSuccess) return;
  char text[kNameBytes] = {};
  if (nvml.driver(text, sizeof text) == kSuccess) hardware.driver = sanitize(text);
  unsigned count = 0;
  if (nvml.count(&count) != kSuccess) count = 0;
  for (unsigned i = 0; i < std::min(count, kGpusScannedMax); ++i) {
    Device device = nullptr;
    MemoryInfo memory = {};
    unsigned minor = 0;
    char name[kNameBytes] = {}, uuid[kNameBytes] = {};
    if (nvml.device(i, &device) != kSuccess || nvml.name(device, name, sizeof name) != kSuccess ||
        nvml.uuid(device, uuid, sizeof uuid) != kSuccess || nvml.memory(device, &memory) != kSuccess ||
        nvml.minor(device, &minor) != kSuccess)
      continue;
    int64_t bytes = static_cast<int64_t>(memory.total);
    hardware.gpus.push_back({static_cast<int>(minor), uuid, gpu_model(name, bytes), bytes});
  }
  nvml.shutdown();
  std::sort(hardware.gpus.begin(), hardware.gpus.end(), [](const Gpu& a, const Gpu& b) { return a.index < b.index; });
}

}  // namespace ain::exec
