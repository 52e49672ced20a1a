// Ids in hex digits that people shorten to their beginning, as git lets them.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ain {

inline constexpr size_t kIdDigitsMin = 4;        // a shorter beginning says too little
inline constexpr size_t kIdMatchesShownMax = 5;  // of an ambiguous one

// Throws `usage` unless `prefix` is kIdDigitsMin to `digits` lower-case hex digits; `what` is "run", "escrow".
void check_id_prefix(std::string_view what, std::string_view prefix, size_t digits);

// The one id that `prefix` means, of the ids that begin with it (all, or the first kIdMatchesShownMax + 1); nothing without any. Throws
// `usage` listing them when there are several.
std::optional<std::string> only_match(std::string_view what, std::string_view prefix, const std::vector<std::string>& matches);

}  // namespace ain
