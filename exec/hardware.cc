#include "exec/hardware.h"

#include <sched.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>

#include <algorithm>

#include "base/files.h"
#include "base/text.h"
#include "exec/nvml.h"
#include "exec/shim/cgroups.h"

namespace ain::exec {

namespace {

constexpr int kCpuSetSizeMax = 1 << 16;

int64_t affinity_cpus() {
  // Machines with more than 1024 CPUs need a larger set than cpu_set_t.
  for (int size = 1024; size <= kCpuSetSizeMax; size *= 2) {
    Handle<cpu_set_t, __sched_cpufree> set(CPU_ALLOC(static_cast<size_t>(size)));
    size_t bytes = CPU_ALLOC_SIZE(static_cast<size_t>(size));
    CPU_ZERO_S(bytes, set.get());
    if (sched_getaffinity(0, bytes, set.get()) == 0) return CPU_COUNT_S(bytes, set.get());
  }
  return 1;
}

// Calls `look` with this process's group and each one above it: every limit on the way holds.
template <typename Look>
void for_each_group(const char* controller, Look&& look) {
  shim::OwnGroup own = shim::find_own_group(controller);
  for (std::string folder = own.folder; !folder.empty() && folder.size() >= own.mount.size();
       folder.resize(folder.rfind('/')))
    look(folder);
}

std::vector<std::string> words_of(const std::string& path) {
  return split(trim(read_file_if_exists(path, 4096).value_or("")), ' ');
}

void lower(int64_t& limit, const std::string& text, int64_t divisor_of = 1) {
  if (auto value = parse_integer(text, 1, INT64_MAX)) limit = std::min(limit, std::max<int64_t>(*value / divisor_of, 1));
}

int64_t usable_cpus() {
  int64_t cpus = affinity_cpus();
  for_each_group("", [&](const std::string& folder) {
    auto words = words_of(folder + "/cpu.max");
    if (words.size() == 2)
      if (auto period = parse_integer(words[1], 1, INT64_MAX)) lower(cpus, words[0], *period);
  });
  for_each_group("cpu", [&](const std::string& folder) {
    if (auto period = parse_integer(words_of(folder + "/cpu.cfs_period_us")[0], 1, INT64_MAX))
      lower(cpus, words_of(folder + "/cpu.cfs_quota_us")[0], *period);
  });
  return cpus;
}

int64_t usable_memory() {
  struct sysinfo info = {};
  sysinfo(&info);
  int64_t bytes = static_cast<int64_t>(info.totalram) * info.mem_unit;
  for_each_group("", [&](const std::string& folder) { lower(bytes, words_of(folder + "/memory.max")[0]); });
  for_each_group("memory", [&](const std::string& folder) { lower(bytes, words_of(folder + "/memory.limit_in_bytes")[0]); });
  return bytes;
}

std::string cpu_model() {
  for (const auto& line : split(read_file_if_exists("/proc/cpuinfo", 16 << 20).value_or(""), '\n'))
    if (line.starts_with("model name") || line.starts_with("Model\t"))
      return sanitize(trim(std::string_view(line).substr(line.find(':') + 1)));
  return "unknown";
}

}  // namespace

Hardware find_hardware() {
  Hardware hardware;
  utsname name = {};
  uname(&name);
  hardware.architecture = name.machine;
  hardware.cpu_model = cpu_model();
  hardware.cpus = usable_cpus();
  hardware.memory_bytes = usable_memory();
  find_gpus(hardware);
  return hardware;
}

Json to_json(const Hardware& hardware) {
  Json gpus = Json::array();
  for (const auto& gpu : hardware.gpus)
    gpus.push_back({{"index", gpu.index}, {"uuid", gpu.uuid}, {"model", gpu.model}, {"memory_bytes", gpu.memory_bytes}});
  return {{"cpu_model", hardware.cpu_model}, {"architecture", hardware.architecture},
          {"cpus", hardware.cpus},           {"memory_bytes", hardware.memory_bytes},
          {"gpus", gpus},                    {"driver", hardware.driver}};
}

}  // namespace ain::exec
