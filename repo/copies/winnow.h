// Fingerprints of code: a few of the hashes of its k-grams of tokens, chosen so that two files that share
// enough tokens share some. The specification is docs/attribution.md, section "Fingerprints"; it is frozen,
// golden-tested and named in every claim.
//
// Guaranteed: equal k-grams have equal hashes, and which are chosen depends on the 26 k-grams around only. So
// every run of kWinnowedRunTokens tokens that two files share holds a fingerprint that both have at the same
// place of the run, and a run of kTwoFingerprintsTokens tokens holds two. Not guaranteed: that equal hashes
// mean equal tokens. By accident that is as good as certain, but there is no key, so somebody can make two
// k-grams of one hash on purpose; whoever finds a match compares the tokens before anybody is paid for it.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace ain::repo {

inline constexpr uint32_t kGramTokens = 25;                                             // k
inline constexpr uint32_t kWindowGrams = 26;                                            // w
inline constexpr uint32_t kWinnowedRunTokens = kGramTokens + kWindowGrams - 1;          // 50
inline constexpr uint32_t kTwoFingerprintsTokens = kGramTokens + 2 * kWindowGrams - 1;  // 76
inline constexpr size_t kCopyTokensMax = 8'000'000;                                     // of one file

struct Fingerprint {
  uint64_t hash = 0;
  uint32_t at = 0;  // the number of the k-gram's first token
  bool operator==(const Fingerprint&) const = default;
};

// The hash of a token's bytes, the same on every machine.
uint64_t token_hash(std::string_view token);

// By `at`, rising. Of every w k-grams in a row the smallest hash is there, the last one of equals; fewer than
// w k-grams are one such row, and fewer than k tokens have none. Throws `failed` for more than kCopyTokensMax
// tokens. Time is linear in the tokens.
std::vector<Fingerprint> winnow(std::span<const uint64_t> token_hashes);
// Their hashes, rising, each once; throws the same.
std::vector<uint64_t> fingerprint_hashes(std::span<const uint64_t> token_hashes);

}  // namespace ain::repo
