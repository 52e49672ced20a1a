// "A repeated block counts once in a repository": which tokens are the ones that count.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "repo/copies/repeats.h"

namespace ain::repo {

struct TokenPlace {
  uint32_t file = 0;
  uint32_t at = 0;
};

// Tokens that the repeats join, directly or over others, are one class, and one of each class counts: that of
// the lowest `age`, of equals the first in the order of files. For each token of files of the given sizes:
// true where another one counts in its place. At most 2^32 - 1 tokens in all. The time is linear in the
// lengths of the repeats; `age` is called for tokens of repeats only.
std::vector<std::vector<bool>> repeated_tokens(std::span<const uint32_t> sizes,
                                               std::span<const Repeat> repeats,
                                               const std::function<uint64_t(TokenPlace)>& age);

}  // namespace ain::repo
