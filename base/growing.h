// A number that grows, and those who wait until it has passed another. Thread-safe.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>

namespace ain {

class GrowingNumber {
 public:
  explicit GrowingNumber(int64_t value) : value_(value) {}

  void set(int64_t value);
  // Its value as soon as it is above `value`, or after `wait_ms`.
  int64_t wait_above(int64_t value, int64_t wait_ms) const;

 private:
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  int64_t value_;
};

}  // namespace ain
