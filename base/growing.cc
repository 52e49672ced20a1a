#include "base/growing.h"

#include <chrono>

namespace ain {

void GrowingNumber::set(int64_t value) {
  const std::lock_guard lock(mutex_);
  if (value == value_) return;
  value_ = value;
  changed_.notify_all();
}

int64_t GrowingNumber::wait_above(int64_t value, int64_t wait_ms) const {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, std::chrono::milliseconds(wait_ms), [&] { return value_ > value; });
  return value_;
}

}  // namespace ain
