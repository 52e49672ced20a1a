#include "repo/copies/once.h"

#include <gtest/gtest.h>

#include "tests/repo/copies/sequences.h"

namespace ain::repo {
namespace {

using Ages = std::vector<uint64_t>;  // of each file

std::vector<std::vector<bool>> repeated(const std::vector<Tokens>& files, const Ages& ages) {
  std::vector<uint32_t> sizes;
  for (const Tokens& file : files) sizes.push_back(static_cast<uint32_t>(file.size()));
  return repeated_tokens(sizes, find_repeats(spans_of(files)),
                         [&](TokenPlace place) { return ages[place.file]; });
}

std::vector<size_t> counted(const std::vector<Tokens>& files, const Ages& ages) {
  std::vector<size_t> counts;
  for (const std::vector<bool>& file : repeated(files, ages)) {
    counts.push_back(static_cast<size_t>(std::count(file.begin(), file.end(), false)));
  }
  return counts;
}

TEST(Once, TheOldestCopyCounts) {
  const Tokens block = own_tokens("block", 120);
  const std::vector<Tokens> files = {joined({own_tokens("a", 40), block}), block,
                                     joined({block, own_tokens("c", 30)})};
  EXPECT_EQ(counted(files, {2, 1, 3}), (std::vector<size_t>{40, 120, 30}));
  EXPECT_EQ(counted(files, {3, 2, 1}), (std::vector<size_t>{40, 0, 150}));
  EXPECT_EQ(counted(files, {1, 1, 1}), (std::vector<size_t>{160, 0, 30}));
}

TEST(Once, AHundredCopiesCountOnceWhicheverIsTheOldest) {
  const std::vector<Tokens> files(100, own_tokens("block", 200));
  for (const size_t oldest : {0, 50, 99}) {
    Ages ages(files.size(), 9);
    ages[oldest] = 1;
    std::vector<size_t> expected(files.size(), 0);
    expected[oldest] = 200;
    EXPECT_EQ(counted(files, ages), expected);
  }
}

TEST(Once, ATableCountsARow) {
  EXPECT_EQ(counted({periodic_tokens(300'000, 30)}, {1}), (std::vector<size_t>{30}));
  EXPECT_EQ(counted({periodic_tokens(300'000, 1)}, {1}), (std::vector<size_t>{1}));
}

TEST(Once, WhatIsNotRepeatedCounts) {
  EXPECT_EQ(counted({own_tokens("a", 100), {}, own_tokens("b", 100)}, {1, 1, 1}),
            (std::vector<size_t>{100, 0, 100}));
}

}  // namespace
}  // namespace ain::repo
