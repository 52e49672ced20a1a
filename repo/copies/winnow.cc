#include "repo/copies/winnow.h"

#include <algorithm>

#include "base/error.h"

namespace ain::repo {
namespace {

// SHA-256("ain fingerprints 1"), in four, each made odd so that multiplying loses nothing.
constexpr uint64_t kMixFirst = 0xcb94776437eac3b9;
constexpr uint64_t kMixSecond = 0x00b94a06e931caf5;
constexpr uint64_t kTokenSeed = 0x1bf16544e8dce217;
constexpr uint64_t kGramBase = 0xbf723e2cd8fc1d15;

constexpr uint64_t power(uint64_t base, uint32_t exponent) {
  uint64_t result = 1;
  for (uint32_t i = 0; i < exponent; ++i) result *= base;
  return result;
}
constexpr uint64_t kOldestWeight = power(kGramBase, kGramTokens - 1);

uint64_t mix(uint64_t x) {
  x ^= x >> 32;
  x *= kMixFirst;
  x ^= x >> 29;
  x *= kMixSecond;
  x ^= x >> 32;
  return x;
}

uint64_t little_endian(std::string_view bytes) {
  uint64_t word = 0;
  for (size_t i = 0; i < bytes.size(); ++i)
    word |= static_cast<uint64_t>(static_cast<unsigned char>(bytes[i])) << 8 * i;
  return word;
}

std::vector<uint64_t> gram_hashes(std::span<const uint64_t> tokens) {
  std::vector<uint64_t> hashes;
  if (tokens.size() < kGramTokens) return hashes;
  hashes.reserve(tokens.size() - kGramTokens + 1);
  uint64_t sum = 0;
  for (size_t i = 0; i < tokens.size(); ++i) {
    if (i >= kGramTokens) sum -= tokens[i - kGramTokens] * kOldestWeight;
    sum = sum * kGramBase + tokens[i];
    if (i + 1 >= kGramTokens) hashes.push_back(mix(sum));
  }
  return hashes;
}

// The last of the smallest from `begin` on.
size_t smallest(const std::vector<uint64_t>& hashes, size_t begin, size_t end) {
  size_t best = begin;
  for (size_t i = begin + 1; i < end; ++i) {
    if (hashes[i] <= hashes[best]) best = i;
  }
  return best;
}

}  // namespace

uint64_t token_hash(std::string_view token) {
  uint64_t hash = mix(kTokenSeed + token.size());
  for (; token.size() > 8; token.remove_prefix(8)) hash = mix(hash ^ little_endian(token.substr(0, 8)));
  return token.empty() ? hash : mix(hash ^ little_endian(token));
}

std::vector<Fingerprint> winnow(std::span<const uint64_t> token_hashes) {
  if (token_hashes.size() > kCopyTokensMax) {
    fail(ErrorKind::failed, "a file has {} tokens, more than {} are not looked at for copies",
         token_hashes.size(), kCopyTokensMax);
  }
  const std::vector<uint64_t> hashes = gram_hashes(token_hashes);
  std::vector<Fingerprint> chosen;
  if (hashes.empty()) return chosen;
  const size_t first_end = std::min<size_t>(hashes.size(), kWindowGrams);
  size_t best = smallest(hashes, 0, first_end);
  const auto choose = [&] { chosen.push_back({hashes[best], static_cast<uint32_t>(best)}); };
  choose();
  for (size_t i = first_end; i < hashes.size(); ++i) {
    const bool left = best + kWindowGrams == i;
    if (hashes[i] > hashes[best] && !left) continue;
    best = hashes[i] <= hashes[best] ? i : smallest(hashes, i + 1 - kWindowGrams, i + 1);
    choose();
  }
  return chosen;
}

std::vector<uint64_t> fingerprint_hashes(std::span<const uint64_t> token_hashes) {
  std::vector<uint64_t> hashes;
  for (const Fingerprint& fingerprint : winnow(token_hashes)) hashes.push_back(fingerprint.hash);
  std::sort(hashes.begin(), hashes.end());
  hashes.erase(std::unique(hashes.begin(), hashes.end()), hashes.end());
  return hashes;
}

}  // namespace ain::repo
