// Private to repo/: which elements two sequences share, in order. A frozen rule of the attribution, in integers only:
// what both begin or end with is the same; then elements that both have once anchor each other (the longest run of them that is in
// order in both); between the anchors the same again; where there is no anchor, Myers' shortest edit with at most kEditsMax edits;
// beyond that, or when kSequenceWorkMax is used up, nothing is shared.
#pragma once

#include <cstdint>
#include <span>

#include "repo/walk/matches.h"

namespace ain::repo {

inline constexpr int kEditsMax = 256;
inline constexpr int64_t kSequenceWorkMax = 50'000'000;  // steps for one pair of sequences

// Neighbouring matches are joined. `work` grows by the steps that it took.
Matches match_sequences(std::span<const uint64_t> old_values, std::span<const uint64_t> new_values, int64_t& work);

}  // namespace ain::repo
