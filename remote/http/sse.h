// Server-sent events (WHATWG HTML, "text/event-stream").
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace ain::remote {

inline constexpr size_t kSseLineMax = 4 << 20;
inline constexpr size_t kSseEventMax = 4 << 20;

struct SseEvent {
  std::string event = "message";
  std::string data;
  std::string id;  // the last id seen

  bool operator==(const SseEvent&) const = default;
};

// Bytes in, events out; whatever the pieces are cut into. Throws `failed` for a line or an event above its
// limit.
class SseParser {
 public:
  // `sink` returns false to end; feed then returns false and takes nothing more.
  bool feed(std::string_view bytes, const std::function<bool(const SseEvent&)>& sink);

 private:
  bool line(std::string_view text, const std::function<bool(const SseEvent&)>& sink);
  std::string line_;
  SseEvent event_;
  std::string last_id_;
  bool has_data_ = false, after_cr_ = false, started_ = false, ended_ = false;
};

// One event as text. `data` may have several lines; `event` and `id` must not.
std::string sse_text(const SseEvent& event);

}  // namespace ain::remote
