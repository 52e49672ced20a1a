#include "repo/copies/winnow.h"

#include <gtest/gtest.h>

#include <ctime>
#include <set>

#include "base/error.h"
#include "base/hash.h"
#include "tests/repo/copies/sequences.h"

namespace ain::repo {
namespace {

// The words of the specification, as slowly as they are said there.
uint64_t word_of_digest(int number) {
  const Digest digest = sha256("ain fingerprints 1");
  uint64_t word = 0;
  for (int i = 0; i < 8; ++i) word = word << 8 | digest[static_cast<size_t>(8 * number + i)];
  return word | 1;
}

uint64_t naive_mix(uint64_t x) {
  x ^= x >> 32;
  x *= word_of_digest(0);
  x ^= x >> 29;
  x *= word_of_digest(1);
  return x ^ x >> 32;
}

uint64_t naive_gram(std::span<const uint64_t> tokens) {
  uint64_t sum = 0;
  for (const uint64_t token : tokens) sum = sum * word_of_digest(3) + token;
  return naive_mix(sum);
}

std::vector<Fingerprint> naive_winnow(const Tokens& tokens) {
  std::vector<Fingerprint> grams;
  for (uint32_t at = 0; at + 25 <= tokens.size(); ++at) grams.push_back({naive_gram(std::span(tokens).subspan(at, 25)), at});
  std::set<uint32_t> chosen;
  const size_t window = std::min<size_t>(26, grams.size());
  for (size_t begin = 0; window > 0 && begin + window <= grams.size(); ++begin) {
    size_t best = begin;
    for (size_t i = begin; i < begin + window; ++i) best = grams[i].hash <= grams[best].hash ? i : best;
    chosen.insert(static_cast<uint32_t>(best));
  }
  std::vector<Fingerprint> fingerprints;
  for (const uint32_t at : chosen) fingerprints.push_back(grams[at]);
  return fingerprints;
}

TEST(TokenHash, IsFrozen) {
  EXPECT_EQ(token_hash(""), 0xd9e5ed9b9ee95b6fu);
  EXPECT_EQ(token_hash("x"), 0xdd60a90e5e8062dcu);
  EXPECT_EQ(token_hash("return"), 0x0d5462178fa39f0du);
  EXPECT_EQ(token_hash(std::string("\xff\0", 2)), 0x035876cf97e078abu);
  EXPECT_EQ(token_hash("exactly8"), 0x451ddf91bfef6a5du);
  EXPECT_EQ(token_hash("a_longer_identifier_of_31_bytes"), 0x9bc875bd28f73873u);
}

TEST(TokenHash, FollowsTheSpecification) {
  const uint64_t seed = word_of_digest(2);
  EXPECT_EQ(token_hash(""), naive_mix(seed));
  EXPECT_EQ(token_hash("ab"), naive_mix(naive_mix(seed + 2) ^ 0x6261));
  EXPECT_EQ(token_hash("abcdefghi"), naive_mix(naive_mix(naive_mix(seed + 9) ^ 0x6867666564636261) ^ 0x69));
}

TEST(TokenHash, EveryBitOfATokenReachesEveryBitOfTheHash) {
  const std::string token = "learning_rate";
  constexpr int kTrials = 512;
  std::vector<int> flips(64);
  std::mt19937_64 random(1);
  for (int trial = 0; trial < kTrials; ++trial) {
    std::string one = token + std::to_string(random());
    std::string other = one;
    const size_t bit = random() % (8 * one.size());
    other[bit / 8] = static_cast<char>(other[bit / 8] ^ (1 << bit % 8));
    const uint64_t difference = token_hash(one) ^ token_hash(other);
    for (size_t i = 0; i < 64; ++i) flips[i] += static_cast<int>(difference >> i & 1);
  }
  for (const int count : flips) {
    EXPECT_GT(count, kTrials * 35 / 100);
    EXPECT_LT(count, kTrials * 65 / 100);
  }
}

TEST(TokenHash, ShortTokensDoNotCollide) {
  std::set<uint64_t> hashes;
  size_t tokens = 0;
  for (int a = 0; a < 256; ++a) {
    hashes.insert(token_hash(std::string(1, static_cast<char>(a))));
    for (int b = 0; b < 256; ++b) hashes.insert(token_hash(std::string{static_cast<char>(a), static_cast<char>(b)}));
    tokens += 257;
  }
  EXPECT_EQ(hashes.size(), tokens);
  EXPECT_NE(token_hash("a"), token_hash(std::string("a\0", 2)));
}

TEST(Winnow, IsFrozen) {
  Tokens tokens;
  for (int i = 0; i < 100; ++i) tokens.push_back(token_hash("token" + std::to_string(i)));
  const std::vector<Fingerprint> expected = {
      {0x0d57794ec194cbf1, 17}, {0x03e2f1091311aa3c, 34}, {0x04bfe9514a03e34d, 36}, {0x088776e955210d2b, 51}};
  EXPECT_EQ(winnow(tokens), expected);
}

TEST(Winnow, ShortFilesHaveOneOrNone) {
  EXPECT_TRUE(winnow({}).empty());
  EXPECT_TRUE(winnow(own_tokens("a", 24)).empty());
  for (const size_t count : {25, 26, 49, 50}) EXPECT_EQ(winnow(own_tokens("a", count)).size(), 1u) << count;
}

TEST(Winnow, IsTheNaiveOne) {
  std::mt19937_64 random(2);
  for (int round = 0; round < 40; ++round) {
    const Tokens tokens = random_tokens(random, random() % 400, 1 + random() % 4);
    ASSERT_EQ(winnow(tokens), naive_winnow(tokens)) << round;
  }
  for (const size_t period : {1, 2, 25, 26, 27}) ASSERT_EQ(winnow(periodic_tokens(300, period)), naive_winnow(periodic_tokens(300, period)));
}

// A run of `length` tokens between other ones: the fingerprints that hold at the same place of it on both sides.
size_t shared_fingerprints(std::mt19937_64& random, size_t length, uint64_t distinct) {
  const Tokens run = random_tokens(random, length, distinct);
  const auto inside = [&](size_t before) {
    std::set<uint32_t> places;
    const Tokens file = joined({random_tokens(random, before, distinct), run, random_tokens(random, random() % 90, distinct)});
    for (const Fingerprint& one : winnow(file)) {
      if (one.at >= before && one.at + kGramTokens <= before + length) places.insert(static_cast<uint32_t>(one.at - before));
    }
    return places;
  };
  const std::set<uint32_t> here = inside(random() % 90);
  const std::set<uint32_t> there = inside(random() % 90);
  return static_cast<size_t>(std::count_if(here.begin(), here.end(), [&](uint32_t at) { return there.contains(at); }));
}

TEST(Winnow, SharedRunsShareFingerprints) {
  std::mt19937_64 random(3);
  for (int round = 0; round < 1000; ++round) {
    const uint64_t distinct = 1 + random() % 5;
    ASSERT_GE(shared_fingerprints(random, kWinnowedRunTokens, distinct), 1u) << round;
    ASSERT_GE(shared_fingerprints(random, kTwoFingerprintsTokens, distinct), 2u) << round;
  }
}

TEST(Winnow, HostileFilesTakeLinearTime) {
  constexpr size_t kTokens = 1'000'000;
  EXPECT_EQ(winnow(Tokens(kTokens, token_hash("0"))).size(), kTokens - kWinnowedRunTokens + 1);
  EXPECT_LE(winnow(periodic_tokens(kTokens, 2)).size(), kTokens / 2);
  EXPECT_LE(winnow(periodic_tokens(kTokens, 26)).size(), kTokens / 26 + 2);
  EXPECT_THROW(winnow(Tokens(kCopyTokensMax + 1)), Error);
}

TEST(Winnow, Throughput) {
  std::mt19937_64 random(4);
  std::vector<std::string> words;
  size_t bytes = 0;
  for (int i = 0; i < 2'000'000; ++i) {
    words.emplace_back(1 + random() % 9, static_cast<char>('a' + random() % 26));
    bytes += words.back().size();
  }
  const auto timed = [&](auto work) {
    const std::clock_t begin = std::clock();
    work();
    return static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
  };
  Tokens tokens(words.size());
  const double hashing = timed([&] { std::transform(words.begin(), words.end(), tokens.begin(), [](const auto& word) { return token_hash(word); }); });
  std::vector<Fingerprint> fingerprints;
  const double winnowing = timed([&] { fingerprints = winnow(tokens); });
  const auto millions = static_cast<double>(words.size()) / 1e6;
  fmt::print("CPU time: token_hash {:.1f} Mtokens/s, winnow {:.1f} Mtokens/s; both {:.0f} MB/s of tokens; {:.2f} tokens a fingerprint\n",
             millions / hashing, millions / winnowing, static_cast<double>(bytes) / 1e6 / (hashing + winnowing),
             static_cast<double>(tokens.size()) / static_cast<double>(fingerprints.size()));
  EXPECT_NEAR(static_cast<double>(tokens.size()) / static_cast<double>(fingerprints.size()), 13.5, 0.3);
}

}  // namespace
}  // namespace ain::repo
