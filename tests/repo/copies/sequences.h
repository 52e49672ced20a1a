// Token sequences for the tests of copies, the same on every machine, and the naive matcher beside the real one.
#pragma once

#include <algorithm>
#include <cstdint>
#include <random>
#include <span>
#include <string>
#include <vector>

#include "repo/copies/repeats.h"
#include "repo/copies/winnow.h"

namespace ain::repo {

using Tokens = std::vector<uint64_t>;

inline uint64_t token_number(uint64_t number) { return token_hash("t" + std::to_string(number)); }

// `count` tokens of an alphabet of `distinct`.
inline Tokens random_tokens(std::mt19937_64& random, size_t count, uint64_t distinct) {
  Tokens tokens(count);
  for (uint64_t& token : tokens) token = token_number(random() % distinct);
  return tokens;
}

// Tokens that are nowhere else: `label` names the sequence.
inline Tokens own_tokens(const std::string& label, size_t count) {
  Tokens tokens(count);
  for (size_t i = 0; i < count; ++i) tokens[i] = token_hash(label + std::to_string(i));
  return tokens;
}

inline Tokens periodic_tokens(size_t count, size_t period) {
  Tokens tokens(count);
  for (size_t i = 0; i < count; ++i) tokens[i] = token_number(i % period);
  return tokens;
}

inline Tokens joined(std::initializer_list<Tokens> parts) {
  Tokens whole;
  for (const Tokens& part : parts) whole.insert(whole.end(), part.begin(), part.end());
  return whole;
}

inline Tokens part_of(const Tokens& tokens, size_t at, size_t length) {
  return {tokens.begin() + static_cast<std::ptrdiff_t>(at), tokens.begin() + static_cast<std::ptrdiff_t>(at + length)};
}

inline std::vector<std::span<const uint64_t>> spans_of(const std::vector<Tokens>& files) {
  return {files.begin(), files.end()};
}

// Every maximal equal run of all pairs of files, diagonal by diagonal, that is long enough and has enough common fingerprints.
std::vector<Repeat> naive_repeats(const std::vector<Tokens>& files);

}  // namespace ain::repo
