// The part of the sandbox that lets CUDA work: the leased devices, the driver's user-space libraries, /sys and the driver's /proc files.
#include <algorithm>

#include "base/error.h"
#include "exec/sandbox.h"

namespace ain::exec {

namespace fs = std::filesystem;

namespace {

constexpr const char* kControlDevices[] = {"/dev/nvidiactl", "/dev/nvidia-uvm", "/dev/nvidia-uvm-tools"};
// Libraries of the driver, which must fit the kernel's module and so come from the host. nvidia-modprobe is never among them.
constexpr const char* kDriverLibraries[] = {"libcuda.so",           "libnvidia-ptxjitcompiler.so",
                                            "libnvidia-nvvm.so",    "libnvidia-gpucomp.so",
                                            "libnvidia-allocator.so", "libnvidia-ml.so",
                                            "libcudadebugger.so"};
// /usr is bound whole; these are where drivers also put them.
constexpr const char* kForeignLibraryFolders[] = {"/lib64", "/lib/x86_64-linux-gnu", "/lib/aarch64-linux-gnu",
                                                  "/opt/nvidia/lib64", "/run/nvidia/driver/usr/lib64"};

bool is_driver_library(const std::string& name) {
  return std::any_of(std::begin(kDriverLibraries), std::end(kDriverLibraries),
                     [&](const char* prefix) { return name.starts_with(prefix); });
}

void add(std::vector<std::string>& arguments, const char* option, const std::string& path) {
  arguments.insert(arguments.end(), {option, path, path});
}

}  // namespace

std::vector<std::string> gpu_arguments(const std::vector<int>& gpus) {
  std::vector<std::string> arguments;
  auto device = [&](const std::string& path) {
    if (!fs::exists(path)) fail(ErrorKind::refused, "the GPU's device '{}' is missing", path);
    add(arguments, "--dev-bind", path);
  };
  for (const char* path : kControlDevices)
    if (path != std::string_view(kControlDevices[2]) || fs::exists(path)) device(path);
  for (int gpu : gpus) device("/dev/nvidia" + std::to_string(gpu));
  add(arguments, "--ro-bind", "/sys");
  // /proc/driver/nvidia is not of any process, so the sandbox's new /proc has it by itself.
  for (const char* folder : kForeignLibraryFolders) {
    std::error_code error;
    // Where it leads into /usr, the job has it already.
    fs::path real = fs::canonical(folder, error);
    if (error || real.string().starts_with("/usr/")) continue;
    for (const auto& entry : fs::directory_iterator(real, error))
      if (is_driver_library(entry.path().filename().string())) add(arguments, "--ro-bind", entry.path().string());
  }
  return arguments;
}

}  // namespace ain::exec
