#include "repo/copies/first_seen.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ctime>

#include "base/attribution.h"
#include "tests/repo/copies/sequences.h"

namespace ain::repo {

void PrintTo(const Credit& one, std::ostream* out) {
  *out << one.at << "+" << one.length << " = " << one.repository << "@" << one.commit << ":" << one.path << ":" << one.at_there << " "
       << one.payee;
}

namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::string payee_of(const std::string& name) { return unclaimed_payee(name); }

class FirstSeenTest : public testing::Test {
 protected:
  void add(const std::string& repository, const Leaf& leaf, const std::string& lineage = "", const std::string& commit = "c1") {
    const std::string bytes = pack_leaf(leaf);
    const auto now = static_cast<int64_t>(publications_.size()) + 1;
    publications_.push_back({repository, lineage.empty() ? repository : lineage, commit, now, now, sha256(bytes), bytes});
  }
  // A repository of one author and one file, of its own lineage.
  void add_simple(const std::string& name, const Tokens& tokens, const std::string& commit = "c1") {
    add(name, {"a.py", 0, tokens, {{0, static_cast<uint32_t>(tokens.size()), payee_of(name)}}}, name, commit);
  }
  // In whatever order they come.
  std::vector<Credit> find(const std::string& repository, const Tokens& tokens) {
    std::vector<Publication> shuffled = publications_;
    std::shuffle(shuffled.begin(), shuffled.end(), random_);
    return FirstSeen(shuffled).find(repository, tokens);
  }
  static Credit credit(uint32_t at, uint32_t length, const std::string& name, uint32_t at_there) {
    return {at, length, name, "c1", "a.py", at_there, payee_of(name)};
  }

  std::mt19937_64 random_{11};
  std::vector<Publication> publications_;
  const Tokens code_ = own_tokens("code", 300);
};

TEST_F(FirstSeenTest, CreditsWhoWasFirst) {
  EXPECT_THAT(find("bob", code_), IsEmpty());
  add_simple("alice", code_);
  const Tokens copy = joined({own_tokens("mine", 80), part_of(code_, 50, 200), own_tokens("mine too", 40)});
  const auto expected = ElementsAre(credit(80, 200, "alice", 50));
  EXPECT_THAT(find("mallory", copy), expected);
  add_simple("mallory", copy);
  EXPECT_THAT(find("mallory", copy), expected);
  EXPECT_THAT(find("alice", code_), IsEmpty());
  EXPECT_THAT(find("bob", own_tokens("else", 300)), IsEmpty());
  // Bob has it from Mallory, and hers is only what she added.
  EXPECT_THAT(find("bob", copy), ElementsAre(credit(0, 80, "mallory", 0), credit(80, 200, "alice", 50), credit(280, 40, "mallory", 280)));
}

TEST_F(FirstSeenTest, WhoPublishesLateWasStillFirst) {
  add_simple("mallory", code_);
  add_simple("alice", code_);
  std::swap(publications_[0].since_ms, publications_[1].since_ms);
  EXPECT_THAT(find("mallory", code_), ElementsAre(credit(0, 300, "alice", 0)));
}

TEST_F(FirstSeenTest, OfOneMomentWhoPublishedFirstWasFirst) {
  add_simple("mallory", code_);
  add_simple("alice", code_);
  publications_[0].since_ms = publications_[1].since_ms = 1;
  EXPECT_THAT(find("bob", code_), ElementsAre(credit(0, 300, "mallory", 0)));
}

TEST_F(FirstSeenTest, AnEarlyRepositoryWinsNothingByALateCopy) {
  add_simple("mallory", own_tokens("bait", 100));
  add_simple("alice", code_);
  add_simple("mallory", code_, "c2");
  EXPECT_THAT(find("alice", code_), IsEmpty());
  EXPECT_THAT(find("mallory", code_), ElementsAre(credit(0, 300, "alice", 0)));
}

TEST_F(FirstSeenTest, LaterCommitsAddOnlyWhatIsNew) {
  add_simple("alice", code_);
  const Tokens grown = joined({code_, own_tokens("more", 200)});
  add("alice", {"a.py", 0, grown, {{0, 500, payee_of("carol")}}}, "alice", "c2");
  // The older place goes on to its end, then the newer one does.
  EXPECT_THAT(find("bob", grown), ElementsAre(credit(0, 300, "alice", 0), Credit{300, 200, "alice", "c2", "a.py", 300, payee_of("carol")}));
}

TEST_F(FirstSeenTest, OwnersByRange) {
  const std::string ann = payee_of("ann"), ben = payee_of("ben");
  add("alice", {"a.py", 1000, code_, {{0, 100, ann}, {100, 50, ben}, {200, 100, ann}}});
  const auto piece = [](uint32_t at, uint32_t length, std::string payee) {
    return Credit{at, length, "alice", "c1", "a.py", at + 1050, std::move(payee)};
  };
  EXPECT_THAT(find("bob", part_of(code_, 50, 200)), ElementsAre(piece(0, 50, ann), piece(50, 50, ben), piece(100, 50, ""), piece(150, 50, ann)));
}

TEST_F(FirstSeenTest, WhatManyIndependentRepositoriesHaveIsCommons) {
  for (size_t i = 0; i < kCommonsLineages - 1; ++i) add_simple("r" + std::to_string(i), code_);
  EXPECT_THAT(find("bob", code_), ElementsAre(credit(0, 300, "r0", 0)));
  add_simple("last", code_);
  EXPECT_THAT(find("bob", code_), IsEmpty());
  // A block with commons in its middle keeps what is not.
  add_simple("alice", joined({own_tokens("x", 100), code_, own_tokens("y", 100)}));
  const std::vector<Credit> credits = find("bob", joined({own_tokens("x", 100), code_, own_tokens("y", 100)}));
  ASSERT_EQ(credits.size(), 2u);
  EXPECT_EQ(credits[0].at, 0u);
  EXPECT_GE(credits[0].length, 100u);
  EXPECT_LE(credits[0].length, 100u + kWindowGrams);
  EXPECT_GE(credits[1].at, 400u - kWindowGrams);
  EXPECT_EQ(credits[1].at + credits[1].length, 500u);
}

TEST_F(FirstSeenTest, ForksAreNotIndependent) {
  for (int i = 0; i < 20; ++i) add("fork" + std::to_string(i), {"a.py", 0, code_, {{0, 300, payee_of("ann")}}}, "one project");
  const auto expected = ElementsAre(Credit{0, 300, "fork0", "c1", "a.py", 0, payee_of("ann")});
  EXPECT_THAT(find("bob", code_), expected);
  EXPECT_THAT(find("fork9", code_), expected);
  EXPECT_THAT(find("fork0", code_), IsEmpty());
}

TEST_F(FirstSeenTest, WhatIsNoLeafCreditsNobody) {
  add_simple("alice", code_);
  publications_[0].leaf.pop_back();
  EXPECT_THAT(find("bob", code_), IsEmpty());
}

TEST_F(FirstSeenTest, TheEarlierOfTwoSourcesGetsTheTokensOfBoth) {
  add_simple("alice", part_of(code_, 100, 100));
  add_simple("carol", code_);
  EXPECT_THAT(find("bob", code_), ElementsAre(credit(0, 100, "carol", 0), credit(100, 100, "alice", 0), credit(200, 100, "carol", 200)));
  // Carol had the rest herself, and owes for Alice's.
  EXPECT_THAT(find("carol", code_), ElementsAre(credit(100, 100, "alice", 0)));
}

// The earliest block that has a token, from all pairs of files: nothing but comparing. 0: none.
std::vector<size_t> naive_orders(const std::vector<Tokens>& registered, const Tokens& file) {
  std::vector<size_t> orders(file.size(), 0);
  for (size_t i = registered.size(); i-- > 0;) {
    for (const Repeat& one : naive_repeats({registered[i], file})) {
      if (one.file_a == 0 && one.file_b == 1) std::fill_n(orders.begin() + one.at_b, one.length, i + 1);
    }
  }
  return orders;
}

// A piece of less than k tokens credits nobody.
size_t owed_tokens(const std::vector<size_t>& orders) {
  size_t owed = 0;
  for (size_t begin = 0; begin < orders.size();) {
    size_t end = begin;
    while (end < orders.size() && orders[end] == orders[begin]) ++end;
    if (orders[begin] > 0 && end - begin >= kGramTokens) owed += end - begin;
    begin = end;
  }
  return owed;
}

TEST_F(FirstSeenTest, CreditsAreTheNaiveOnes) {
  std::mt19937_64 random(8);
  std::vector<Tokens> registered;
  size_t credited = 0;
  size_t owed = 0;
  const Tokens pool = own_tokens("pool", 2000);
  const auto mixture = [&] {
    Tokens file;
    for (int i = 0; i < 4; ++i)
      file = joined({file, part_of(pool, random() % 1800, random() % 200), random_tokens(random, random() % 60, 1'000'000)});
    return file;
  };
  for (int i = 0; i < 7; ++i) {
    registered.push_back(mixture());
    add_simple(std::to_string(i), registered.back());
  }
  for (int round = 0; round < 40; ++round) {
    const Tokens file = mixture();
    const std::vector<size_t> naive = naive_orders(registered, file);
    owed += owed_tokens(naive);
    for (const Credit& one : find("bob", file)) {
      const size_t number = std::stoul(one.repository);
      ASSERT_EQ(part_of(file, one.at, one.length), part_of(registered[number], one.at_there, one.length));
      for (uint32_t at = one.at; at < one.at + one.length; ++at) ASSERT_EQ(naive[at], number + 1) << round << " at " << at;
      credited += one.length;
    }
  }
  EXPECT_GT(credited, 5000u);
  EXPECT_GE(1000 * credited, 999 * owed);  // where two blocks of one registration meet, a piece may be too short
}

TEST_F(FirstSeenTest, HostileFilesEndSoon) {
  constexpr size_t kTokens = 1'000'000;
  for (const size_t period : {1, 2, 26}) {
    const std::string name = "r" + std::to_string(period);
    for (const std::string& leaf : packed_leaves({"a.py", 0, periodic_tokens(kTokens, period), {}})) add(name, *unpack_leaf(leaf));
  }
  for (const size_t period : {1, 2, 26}) {
    const std::vector<Credit> credits = find("bob", periodic_tokens(kTokens, period));
    ASSERT_FALSE(credits.empty());
    EXPECT_EQ(credits[0].repository, "r" + std::to_string(period));
  }
}

TEST_F(FirstSeenTest, SpeedOfReadingAndFinding) {
  std::mt19937_64 random(9);
  std::vector<Tokens> files;
  size_t bytes = 0;
  for (int i = 0; i < 200; ++i) {
    files.push_back(random_tokens(random, 5000, 3000));
    for (const std::string& leaf : packed_leaves({std::to_string(i), 0, files.back(), {{0, 5000, payee_of("ann")}}})) {
      add("alice", *unpack_leaf(leaf));
      bytes += leaf.size();
    }
  }
  const auto timed = [](auto work) {
    const std::clock_t begin = std::clock();
    work();
    return static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
  };
  std::optional<FirstSeen> index;
  const double reading = timed([&] { index.emplace(publications_); });
  size_t found = 0;
  const double finding = timed([&] {
    for (const Tokens& file : files) {
      for (const Credit& one : index->find("bob", file)) found += one.length;
    }
  });
  EXPECT_EQ(found, 1'000'000u);
  fmt::print("CPU time, 1 Mtoken: read {:.2f} s, find {:.2f} s; {:.1f} bytes a token\n", reading, finding, static_cast<double>(bytes) / 1e6);
}

}  // namespace
}  // namespace ain::repo
