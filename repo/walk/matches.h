// Private to repo/: what two versions of a file share, in units: lines for blame, tokens for money.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

namespace ain::repo {

// `count` units from `old_at` on are those from `new_at` on (both from 0).
struct Match {
  uint32_t old_at = 0;
  uint32_t new_at = 0;
  uint32_t count = 0;

  bool operator==(const Match&) const = default;
};
// By `new_at`, not overlapping in the new version. A line diff's are by `old_at` too; moved blocks need not be.
using Matches = std::vector<Match>;
using MatchesPtr = std::shared_ptr<const Matches>;

}  // namespace ain::repo
