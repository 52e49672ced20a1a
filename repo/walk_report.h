// What a walk over history tells, and is told, while it works.
#pragma once

#include <functional>

#include "repo/repository.h"

namespace ain::repo {

struct WalkReport {
  std::function<void(int64_t done, int64_t total)> progress = {};  // called often
  std::function<bool()> stop = {};  // true: keep what was done, and throw `stopped`
  unsigned threads = 0;             // 0: as many as there are processors
  int64_t checkpoint_ms = 15'000;   // so often what was done is stored, or less often where that takes long
};

}  // namespace ain::repo
