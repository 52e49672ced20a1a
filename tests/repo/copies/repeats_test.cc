#include "repo/copies/repeats.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <numeric>
#include <set>

#include "base/error.h"
#include "tests/repo/copies/sequences.h"

namespace ain::repo {

void PrintTo(const Repeat& one, std::ostream* out) {
  *out << one.file_a << ":" << one.at_a << " = " << one.file_b << ":" << one.at_b << " x" << one.length;
}

namespace {

using testing::ElementsAre;
using testing::IsEmpty;

uint32_t naive_common(const Tokens& a, const Tokens& b, const Repeat& run) {
  std::set<uint32_t> places;
  for (const Fingerprint& one : winnow(a)) {
    if (one.at >= run.at_a && one.at + kGramTokens <= run.at_a + run.length) places.insert(one.at - run.at_a);
  }
  uint32_t common = 0;
  for (const Fingerprint& one : winnow(b)) {
    if (one.at >= run.at_b && one.at + kGramTokens <= run.at_b + run.length && places.contains(one.at - run.at_b)) ++common;
  }
  return common;
}

// The runs of one diagonal: a[i] against b[i + shift].
void naive_diagonal(const Tokens& a, const Tokens& b, int64_t shift, Repeat names, std::vector<Repeat>& found) {
  uint32_t length = 0;
  for (int64_t i = std::max<int64_t>(0, -shift);; ++i) {
    const bool inside = i < std::ssize(a) && i + shift < std::ssize(b);
    if (inside && a[static_cast<size_t>(i)] == b[static_cast<size_t>(i + shift)]) {
      ++length;
      continue;
    }
    names.at_a = static_cast<uint32_t>(i) - length;
    names.at_b = static_cast<uint32_t>(i + shift) - length;
    names.length = length;
    if (length >= kBlockTokensMin && naive_common(a, b, names) >= kBlockFingerprintsMin) found.push_back(names);
    length = 0;
    if (!inside) return;
  }
}

std::vector<Repeat> sorted(std::vector<Repeat> repeats) {
  std::sort(repeats.begin(), repeats.end(), [](const Repeat& x, const Repeat& y) {
    return std::tie(x.file_b, x.at_b, x.file_a, x.at_a) < std::tie(y.file_b, y.at_b, y.file_a, y.at_a);
  });
  return repeats;
}

// How often the most frequent fingerprint is there.
size_t most_frequent(const std::vector<Tokens>& files) {
  std::map<uint64_t, size_t> counts;
  size_t most = 0;
  for (const Tokens& file : files) {
    for (const Fingerprint& one : winnow(file)) most = std::max(most, ++counts[one.hash]);
  }
  return most;
}

// Tokens joined by the pairs: how many classes there are.
size_t classes(const std::vector<Tokens>& files, const std::vector<Repeat>& repeats) {
  std::vector<size_t> first(1, 0);
  for (const Tokens& file : files) first.push_back(first.back() + file.size());
  std::vector<size_t> parent(first.back());
  std::iota(parent.begin(), parent.end(), size_t{0});
  const auto root = [&](size_t token) {
    while (parent[token] != token) token = parent[token] = parent[parent[token]];
    return token;
  };
  for (const Repeat& one : repeats) {
    for (uint32_t i = 0; i < one.length; ++i) {
      parent[root(first[one.file_b] + one.at_b + i)] = root(first[one.file_a] + one.at_a + i);
    }
  }
  size_t count = 0;
  for (size_t token = 0; token < parent.size(); ++token) count += root(token) == token;
  return count;
}

}  // namespace

std::vector<Repeat> naive_repeats(const std::vector<Tokens>& files) {
  std::vector<Repeat> found;
  for (uint32_t a = 0; a < files.size(); ++a) {
    for (uint32_t b = a; b < files.size(); ++b) {
      const int64_t lowest = a == b ? 1 : -std::ssize(files[a]) + 1;
      for (int64_t shift = lowest; shift < std::ssize(files[b]); ++shift) naive_diagonal(files[a], files[b], shift, {a, 0, b, 0, 0}, found);
    }
  }
  return sorted(std::move(found));
}

namespace {

// Files that share blocks of each other, some with a token changed.
std::vector<Tokens> files_with_copies(std::mt19937_64& random, uint64_t distinct) {
  std::vector<Tokens> files;
  for (int i = 0; i < 5; ++i) {
    Tokens file = random_tokens(random, random() % 120, distinct);
    for (uint64_t copies = random() % 3; !files.empty() && copies > 0; --copies) {
      const Tokens& source = files[random() % files.size()];
      const size_t at = source.empty() ? 0 : random() % source.size();
      Tokens block = part_of(source, at, std::min<size_t>(random() % 150, source.size() - at));
      if (!block.empty() && random() % 3 == 0) block[random() % block.size()] = token_number(random() % distinct);
      file = joined({file, block, random_tokens(random, random() % 40, distinct)});
    }
    files.push_back(std::move(file));
  }
  return files;
}

TEST(Repeats, AreTheNaiveOnes) {
  std::mt19937_64 random(5);
  size_t found = 0;
  int exact = 0;
  for (int round = 0; round < 400; ++round) {
    const std::vector<Tokens> files = files_with_copies(random, 2 + random() % 3);
    const std::vector<Repeat> repeats = find_repeats(spans_of(files));
    const std::vector<Repeat> naive = naive_repeats(files);
    if (most_frequent(files) <= 1 + kEarlierPlacesMax) {
      ASSERT_EQ(repeats, naive) << round;
      ++exact;
    }
    for (const Repeat& one : repeats) ASSERT_TRUE(std::find(naive.begin(), naive.end(), one) != naive.end()) << round;
    found += repeats.size();
  }
  EXPECT_GT(found, 200u);
  EXPECT_GT(exact, 300);
}

TEST(Repeats, ABlockThatIsOftenThereIsJoinedIntoOneClass) {
  std::mt19937_64 random(6);
  const Tokens block = own_tokens("block", 120);
  std::vector<Tokens> files;
  for (int i = 0; i < 60; ++i) {
    const std::string name = std::to_string(i);
    files.push_back(joined({own_tokens("before" + name + "/", random() % 60), block, own_tokens("after" + name + "/", random() % 60)}));
  }
  const std::vector<Repeat> repeats = find_repeats(spans_of(files));
  EXPECT_LE(repeats.size(), 2 * files.size() * kEarlierPlacesMax);
  EXPECT_EQ(classes(files, repeats), classes(files, naive_repeats(files)));
}

TEST(Repeats, HaveFiftyTokensAndTwoFingerprints) {
  const Tokens block = own_tokens("block", 200);
  for (uint32_t length = 40; length <= 90; ++length) {
    const std::vector<Tokens> files = {joined({own_tokens("a", 60), part_of(block, 0, length), own_tokens("b", 60)}),
                                       joined({own_tokens("c", 30), part_of(block, 0, length), own_tokens("d", 60)})};
    const std::vector<Repeat> repeats = find_repeats(spans_of(files));
    ASSERT_EQ(repeats, naive_repeats(files));
    if (length < kBlockTokensMin) {
      EXPECT_THAT(repeats, IsEmpty());
    } else if (length >= kTwoFingerprintsTokens) {
      EXPECT_THAT(repeats, ElementsAre(Repeat{0, 60, 1, 30, length}));
    }
  }
}

TEST(Repeats, ReachToTheEndsOfFiles) {
  const Tokens file = own_tokens("a", 100);
  EXPECT_THAT(find_repeats(spans_of({file, {}, file})), ElementsAre(Repeat{0, 0, 2, 0, 100}));
  EXPECT_THAT(find_repeats(spans_of({})), IsEmpty());
  EXPECT_THAT(find_repeats(spans_of({joined({file, file})})), ElementsAre(Repeat{0, 0, 0, 100, 100}));
}

TEST(Repeats, ATableIsItsFirstRowAndPairsOfItself) {
  constexpr uint32_t kRow = 30;
  constexpr uint32_t kRows = 10'000;
  const std::vector<Tokens> files = {periodic_tokens(kRow * kRows, kRow)};
  const std::vector<Repeat> repeats = find_repeats(spans_of(files));
  EXPECT_LE(repeats.size(), kEarlierPlacesMax);
  EXPECT_THAT(repeats, testing::Contains(Repeat{0, 0, 0, kRow, kRow * (kRows - 1)}));
  EXPECT_EQ(classes(files, repeats), kRow);
}

TEST(Repeats, HostileFilesEndSoon) {
  constexpr size_t kTokens = 1'000'000;
  for (const size_t period : {1, 2, 26}) {
    const std::vector<Tokens> files = {periodic_tokens(kTokens, period)};
    const std::vector<Repeat> repeats = find_repeats(spans_of(files));
    EXPECT_LE(repeats.size(), kEarlierPlacesMax) << period;
    EXPECT_EQ(classes(files, repeats), period);
  }
}

}  // namespace
}  // namespace ain::repo
