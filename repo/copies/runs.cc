#include "repo/copies/runs.h"

#include <algorithm>

#include "repo/copies/repeats.h"

namespace ain::repo {

EqualRun equal_run(std::span<const uint64_t> a, uint32_t at_a, std::span<const uint64_t> b, uint32_t at_b) {
  if (at_a >= a.size() || at_b >= b.size()) return {at_a, at_b, 0};
  EqualRun run{at_a, at_b, 0};
  const size_t room = std::min(a.size() - at_a, b.size() - at_b);
  while (run.length < room && a[at_a + run.length] == b[at_b + run.length]) ++run.length;
  if (run.length == 0) return run;
  while (run.at_a > 0 && run.at_b > 0 && a[run.at_a - 1] == b[run.at_b - 1]) {
    --run.at_a;
    --run.at_b;
    ++run.length;
  }
  return run;
}

uint32_t common_fingerprints(const CopyText& a, const CopyText& b, const EqualRun& run) {
  const auto from = [](std::span<const Fingerprint> fingerprints, uint32_t at) {
    return std::lower_bound(
        fingerprints.begin(), fingerprints.end(), at,
        [](const Fingerprint& fingerprint, uint32_t key) { return fingerprint.at < key; });
  };
  auto in_a = from(a.fingerprints, run.at_a);
  auto in_b = from(b.fingerprints, run.at_b);
  uint32_t common = 0;
  while (in_a != a.fingerprints.end() && in_b != b.fingerprints.end()) {
    const uint32_t place_a = in_a->at - run.at_a;
    const uint32_t place_b = in_b->at - run.at_b;
    if (std::max(place_a, place_b) + kGramTokens > run.length) break;
    if (place_a == place_b) ++common;
    if (place_a <= place_b) ++in_a;
    if (place_b <= place_a) ++in_b;
  }
  return common;
}

bool is_block(const CopyText& a, const CopyText& b, const EqualRun& run) {
  return run.length >= kBlockTokensMin && common_fingerprints(a, b, run) >= kBlockFingerprintsMin;
}

}  // namespace ain::repo
