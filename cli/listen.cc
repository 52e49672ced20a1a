#include "cli/listen.h"

#include "base/error.h"
#include "base/text.h"

namespace ain::cli {

Listen parse_listen(std::string_view text, const Listen& fallback) {
  if (text.empty()) return fallback;
  Listen listen = fallback;
  const std::string_view whole = text;
  const auto bad = [&] {
    fail_with_hint(ErrorKind::usage, "as in 0.0.0.0:7433, [::]:7433 or 7433", "'{}' is no address to listen on", sanitize(whole));
  };
  if (const auto port = parse_integer(text, 0, 65535)) {
    listen.port = static_cast<uint16_t>(*port);
    return listen;
  }
  if (text.starts_with('[')) {
    const size_t end = text.find(']');
    if (end == std::string_view::npos) bad();
    listen.host = text.substr(1, end - 1);
    text.remove_prefix(end + 1);
  } else {
    const size_t colon = text.find(':');
    // More than one colon is an IPv6 address whose end nobody can tell.
    if (colon != std::string_view::npos && text.find(':', colon + 1) != std::string_view::npos) bad();
    if (colon != 0) listen.host = text.substr(0, colon);
    text.remove_prefix(std::min(colon, text.size()));
  }
  if (text.empty()) return listen;
  const auto port = text.starts_with(':') ? parse_integer(text.substr(1), 0, 65535) : std::nullopt;
  if (!port) bad();
  listen.port = static_cast<uint16_t>(*port);
  return listen;
}

}  // namespace ain::cli
