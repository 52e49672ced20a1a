// A call of git's smart HTTP as the stream of a response: git writes on a thread of its own, the connection reads when it can.
#pragma once

#include <functional>
#include <memory>
#include <string_view>

#include "remote/http/message.h"

namespace ain::remote {

inline constexpr size_t kServiceQueueBytesMax = 1 << 20;   // git waits when so much is not yet sent
inline constexpr size_t kServiceHeldBytesMax = 16 << 20;   // of an answer that is held back to the end

// `work` runs git, writing through the function it gets; that throws `stopped` when the reader is gone. With `hold` nothing goes out
// before `work` has returned, so that an answer never says more than is true.
BodyStream service_stream(std::function<void(const std::function<void(std::string_view)>&)> work, bool hold);

}  // namespace ain::remote
