#include "base/id_prefix.h"

#include <algorithm>

#include "base/error.h"
#include "base/text.h"

namespace ain {

void check_id_prefix(std::string_view what, std::string_view prefix, size_t digits) {
  const bool is_hex = std::all_of(prefix.begin(), prefix.end(),
                                  [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
  if (is_hex && prefix.size() >= kIdDigitsMin && prefix.size() <= digits) return;
  fail_with_hint(ErrorKind::usage, fmt::format("its {} hex digits, or at least the first {}", digits, kIdDigitsMin),
                 "'{}' is no id of any {}", sanitize(prefix.substr(0, 80)), what);
}

std::optional<std::string> only_match(std::string_view what, std::string_view prefix, const std::vector<std::string>& matches) {
  if (matches.empty()) return std::nullopt;
  if (matches.size() == 1) return matches.front();
  const bool more = matches.size() > kIdMatchesShownMax;
  const std::vector<std::string> shown(matches.begin(), more ? matches.begin() + kIdMatchesShownMax : matches.end());
  fail_with_hint(ErrorKind::usage, fmt::format("write more of it: {}{}", join(shown, ", "), more ? ", …" : ""),
                 "more than one {} begins with '{}'", what, prefix);
}

}  // namespace ain
