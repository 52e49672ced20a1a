#include "remote/http/sse.h"

#include <utility>

#include "base/error.h"

namespace ain::remote {

bool SseParser::feed(std::string_view bytes, const std::function<bool(const SseEvent&)>& sink) {
  while (!bytes.empty() && !ended_) {
    // A CR ends a line at once; the LF that may follow, even in the next piece, belongs to it.
    if (after_cr_ && bytes.front() == '\n') bytes.remove_prefix(1);
    after_cr_ = false;
    const size_t end = bytes.find_first_of("\r\n");
    const std::string_view part = bytes.substr(0, end);
    if (line_.size() + part.size() > kSseLineMax) {
      fail(ErrorKind::failed, "an event stream has a line above {} bytes", kSseLineMax);
    }
    line_ += part;
    if (end == std::string_view::npos) break;
    after_cr_ = bytes[end] == '\r';
    bytes.remove_prefix(end + 1);
    std::string complete;
    complete.swap(line_);
    ended_ = !line(complete, sink);
  }
  return !ended_;
}

bool SseParser::line(std::string_view text, const std::function<bool(const SseEvent&)>& sink) {
  if (!started_ && text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  started_ = true;
  if (text.empty()) {
    SseEvent event = std::exchange(event_, {});
    if (!std::exchange(has_data_, false)) return true;
    event.data.pop_back();  // the newline after the last line
    event.id = last_id_;
    return sink(event);
  }
  const size_t colon = text.find(':');
  const std::string_view field = text.substr(0, colon);
  std::string_view value = colon == std::string_view::npos ? std::string_view() : text.substr(colon + 1);
  if (value.starts_with(' ')) value.remove_prefix(1);
  if (field == "data") {
    if (event_.data.size() + value.size() >= kSseEventMax) {
      fail(ErrorKind::failed, "an event stream has an event above {} bytes", kSseEventMax);
    }
    event_.data += value;
    event_.data += '\n';
    has_data_ = true;
  } else if (field == "event") {
    event_.event = value.empty() ? "message" : std::string(value);
  } else if (field == "id" && value.find('\0') == std::string_view::npos) {
    last_id_ = value;
  }
  return true;  // comments (an empty field name), "retry" and what is not known are passed over
}

std::string sse_text(const SseEvent& event) {
  AIN_ASSERT(event.event.find_first_of("\r\n") == std::string::npos);
  AIN_ASSERT(event.id.find_first_of(std::string_view("\r\n\0", 3)) == std::string::npos);
  std::string text;
  if (!event.id.empty()) text += "id: " + event.id + "\n";
  if (event.event != "message") text += "event: " + event.event + "\n";
  std::string_view rest = event.data;
  while (true) {
    const size_t end = rest.find_first_of("\r\n");
    text += "data: ";
    text += rest.substr(0, end);
    text += '\n';
    if (end == std::string_view::npos) break;
    const bool pair = rest[end] == '\r' && end + 1 < rest.size() && rest[end + 1] == '\n';
    rest.remove_prefix(end + (pair ? 2 : 1));
  }
  return text + '\n';
}

}  // namespace ain::remote
