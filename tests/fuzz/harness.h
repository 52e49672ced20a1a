// What the fuzz targets share: an abort is what a fuzzer sees.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string_view>

#include "base/error.h"

namespace ain {

inline void must(bool holds) {
  if (!holds) std::abort();
}

// What `read` gives, or nothing where it throws an ain::Error. Whatever else it throws ends the program: a fault.
template <typename Read>
auto value_or_error(Read read) -> std::optional<decltype(read())> {
  try {
    return read();
  } catch (const Error& error) {
    must(error.kind() != ErrorKind::bug && !error.message().empty());
    return std::nullopt;
  }
}

// Texts and decisions out of a fuzzer's bytes: there is always a next one, so that nearly every input means something.
class Input {
 public:
  static constexpr char kTextEnd = '\x1e';  // ASCII's record separator

  Input(const uint8_t* data, size_t size) : rest_(reinterpret_cast<const char*>(data), size) {}
  explicit Input(std::string_view bytes) : rest_(bytes) {}

  bool at_end() const { return rest_.empty(); }
  std::string_view rest() const { return rest_; }
  uint8_t byte() { return at_end() ? 0 : static_cast<uint8_t>(take(1)[0]); }
  // Below `count`, which is at most 256.
  uint32_t below(uint32_t count) { return byte() % count; }
  std::string_view take(size_t count) {
    const std::string_view taken = rest_.substr(0, count);
    rest_.remove_prefix(taken.size());
    return taken;
  }
  // Up to the next kTextEnd, or the end.
  std::string_view text() {
    const std::string_view taken = take(std::min(rest_.find(kTextEnd), rest_.size()));
    take(1);
    return taken;
  }

 private:
  std::string_view rest_;
};

}  // namespace ain
