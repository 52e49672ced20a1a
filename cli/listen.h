// "HOST:PORT", "[::1]:7433", ":7433" or "7433": where a node listens.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace ain::cli {

struct Listen {
  std::string host;
  uint16_t port = 0;
  bool operator==(const Listen&) const = default;
};

// Missing parts come from `fallback`; throws `usage`.
Listen parse_listen(std::string_view text, const Listen& fallback);

}  // namespace ain::cli
