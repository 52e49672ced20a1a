// When somebody last used a node, so that an idle one can leave. Thread-safe.
#pragma once

#include <atomic>
#include <utility>

#include "base/time.h"
#include "remote/http/message.h"

namespace ain::remote {

class LastUse {
 public:
  void touch() { at_us_ = monotonic_us(); }
  int64_t age_ms() const { return (monotonic_us() - at_us_) / 1000; }
  // The stream, whose reader uses the node as long as it is open. This must outlive it.
  BodyStream touched_by(BodyStream stream) {
    return [this, stream = std::move(stream)](std::string& chunk) {
      touch();
      return stream(chunk);
    };
  }

 private:
  std::atomic<int64_t> at_us_{monotonic_us()};
};

}  // namespace ain::remote
