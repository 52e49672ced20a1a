#include "repo/copies/once.h"

#include <algorithm>
#include <numeric>

#include "base/error.h"

namespace ain::repo {
namespace {

// The tokens of all files, numbered through; each points towards the one of its class that counts.
class Classes {
 public:
  Classes(std::span<const uint32_t> sizes, const std::function<uint64_t(TokenPlace)>& age) : age_(age) {
    uint64_t tokens = 0;
    for (const uint32_t size : sizes) {
      first_.push_back(static_cast<uint32_t>(tokens));
      tokens += size;
      AIN_ASSERT(tokens <= UINT32_MAX);
    }
    counts_.resize(tokens);
    std::iota(counts_.begin(), counts_.end(), 0);
  }

  void join(const Repeat& repeat) {
    for (uint32_t i = 0; i < repeat.length; ++i) {
      join(first_[repeat.file_a] + repeat.at_a + i, first_[repeat.file_b] + repeat.at_b + i);
    }
  }

  bool is_repeated(uint32_t file, uint32_t at) const {
    return counts_[first_[file] + at] != first_[file] + at;
  }

 private:
  void join(uint32_t a, uint32_t b) {
    a = one_that_counts(a);
    b = one_that_counts(b);
    if (a == b) return;
    const auto older = std::min(std::pair(age(a), a), std::pair(age(b), b)).second;
    counts_[older == a ? b : a] = older;
  }

  uint32_t one_that_counts(uint32_t token) {
    while (counts_[token] != token) token = counts_[token] = counts_[counts_[token]];
    return token;
  }

  uint64_t age(uint32_t token) const {
    const auto file = std::upper_bound(first_.begin(), first_.end(), token) - first_.begin() - 1;
    return age_({static_cast<uint32_t>(file), token - first_[static_cast<size_t>(file)]});
  }

  const std::function<uint64_t(TokenPlace)>& age_;
  std::vector<uint32_t> first_;  // the number of each file's first token
  std::vector<uint32_t> counts_;
};

}  // namespace

std::vector<std::vector<bool>> repeated_tokens(std::span<const uint32_t> sizes,
                                               std::span<const Repeat> repeats,
                                               const std::function<uint64_t(TokenPlace)>& age) {
  Classes classes(sizes, age);
  for (const Repeat& repeat : repeats) classes.join(repeat);
  std::vector<std::vector<bool>> repeated;
  for (uint32_t file = 0; file < sizes.size(); ++file) {
    std::vector<bool>& tokens = repeated.emplace_back(sizes[file]);
    for (uint32_t at = 0; at < sizes[file]; ++at) tokens[at] = classes.is_repeated(file, at);
  }
  return repeated;
}

}  // namespace ain::repo
