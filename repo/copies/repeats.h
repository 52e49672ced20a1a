// Blocks of tokens that are more than once in one set of files: the same function in two places, the rows of
// a table.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace ain::repo {

inline constexpr uint32_t kBlockTokensMin = 50;
inline constexpr uint32_t kBlockFingerprintsMin = 2;
// A fingerprint is compared with so many earlier ones of the same hash, the nearest ones: a block that is
// there a thousand times gives a chain of pairs, not their square.
inline constexpr size_t kEarlierPlacesMax = 8;
// Comparisons of tokens for each token of the files; what is not made to explode needs fewer than twice
// kEarlierPlacesMax.
inline constexpr uint64_t kComparisonsPerTokenMax = 64;

// The `length` tokens from `at_a` on of file `file_a` are those from `at_b` on of `file_b`, the tokens around
// them are not. The first is the one before in the order given: file_a < file_b, or one file and at_a < at_b;
// there the two may overlap (a table is one pair whose distance is its row). Which of the two is the original
// is for the caller to say.
struct Repeat {
  uint32_t file_a = 0;
  uint32_t at_a = 0;
  uint32_t file_b = 0;
  uint32_t at_b = 0;
  uint32_t length = 0;
  bool operator==(const Repeat&) const = default;
};

// `files`: the token hashes of each. By file_b, at_b, file_a, at_a. Pairs have kBlockTokensMin equal tokens,
// kBlockFingerprintsMin fingerprints that both files have there, and end where the files differ. Every such
// pair is found if none of its fingerprints is more than 1 + kEarlierPlacesMax times in the files; of more
// there are chains. Throws `failed` where the comparisons pass their limit.
std::vector<Repeat> find_repeats(std::span<const std::span<const uint64_t>> files);

}  // namespace ain::repo
