// Private to repo/copies: equal runs of tokens of two texts. A fingerprint is a hint where to look, what
// counts is compared here.
#pragma once

#include <cstdint>
#include <span>

#include "repo/copies/winnow.h"

namespace ain::repo {

struct CopyText {
  std::span<const uint64_t> tokens;
  std::span<const Fingerprint> fingerprints;  // those that count, by `at`
};

// `length` tokens of two texts, or of two places of one.
struct EqualRun {
  uint32_t at_a = 0;
  uint32_t at_b = 0;
  uint32_t length = 0;
};

// The longest equal run that has token `at_a` of one and `at_b` of the other; of length 0 when these differ.
// The time is its length's.
EqualRun equal_run(std::span<const uint64_t> a, uint32_t at_a, std::span<const uint64_t> b, uint32_t at_b);

// The fingerprints that both texts have in the run, at the same place of it.
uint32_t common_fingerprints(const CopyText& a, const CopyText& b, const EqualRun& run);

// Whether the run is long enough and holds enough fingerprints to be a copy.
bool is_block(const CopyText& a, const CopyText& b, const EqualRun& run);

}  // namespace ain::repo
