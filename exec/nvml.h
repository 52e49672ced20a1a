// NVIDIA GPUs through NVML, when its library is there.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "exec/hardware.h"

namespace ain::exec {

// Fills in `gpus` and `driver`; leaves them empty without the library or a driver.
void find_gpus(Hardware& hardware);
// "NVIDIA A100-SXM4-80GB" -> "A100-80GB": one spelling for offers and requests.
std::string gpu_model(std::string_view name, int64_t memory_bytes);

}  // namespace ain::exec
