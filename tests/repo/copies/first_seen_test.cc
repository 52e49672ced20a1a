#include "repo/copies/first_seen.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ctime>

#include "base/attribution.h"
#include "base/files.h"
#include "repo/copies/winnow.h"
#include "tests/repo/copies/sequences.h"
#include "tests/repo/published.h"

namespace ain::repo {

// A credit with what its numbers name.
struct Told {
  uint32_t at = 0;
  uint32_t length = 0;
  std::string repository;
  std::string commit;
  std::string path;
  uint32_t at_there = 0;
  std::string payee;
  bool commons = false;
  bool operator==(const Told&) const = default;
};
void PrintTo(const Told& one, std::ostream* out) {
  *out << one.at << "+" << one.length << " = " << one.repository << "@" << one.commit << ":" << one.path << ":" << one.at_there << " "
       << one.payee << (one.commons ? " commons" : "");
}

namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::string payee_of(const std::string& name) { return unclaimed_payee(name); }

class FirstSeenTest : public testing::Test {
 protected:
  void add(const std::string& repository, const Leaf& leaf, const std::string& lineage = "", const std::string& commit = "c1") {
    const std::string bytes = pack_leaf(leaf);
    const int64_t now = ++now_;
    entries_.push_back({{repository, lineage.empty() ? repository : lineage, commit, now, now, sha256(bytes)}, now, bytes});
  }
  // A repository of one author and one file, of its own lineage.
  void add_simple(const std::string& name, const Tokens& tokens, const std::string& commit = "c1") {
    add(name, {"a.py", 0, tokens, {{0, static_cast<uint32_t>(tokens.size()), payee_of(name)}}}, name, commit);
  }
  // Of several files at once, by file; without what `repository` had first itself.
  std::vector<std::vector<Told>> find(const std::string& repository, const std::vector<Tokens>& files) {
    LeafIndex index(folder_.path() / std::to_string(++files_));
    index.add(entries_, {now_, {}});
    const Credits credits = find_credits(files, Published::of(index, now_), {}, {});
    std::vector<std::vector<Told>> told;
    for (const auto& of_file : credits.of_file) {
      told.emplace_back();
      for (const Credit& one : of_file) {
        const CreditSource& source = credits.sources[one.source];
        if (source.repository == repository) continue;
        told.back().push_back({one.at, one.length, source.repository, source.commit, source.path, one.at_there, credits.payees[one.payee], one.commons});
      }
    }
    return told;
  }
  std::vector<Told> find(const std::string& repository, const Tokens& file) { return find(repository, std::vector<Tokens>{file}).front(); }
  static Told credit(uint32_t at, uint32_t length, const std::string& name, uint32_t at_there, bool commons = false) {
    return {at, length, name, "c1", "a.py", at_there, payee_of(name), commons};
  }

  TemporaryFolder folder_{"ain-first-seen"};
  int files_ = 0;
  int64_t now_ = 0;
  std::vector<LeafIndex::Entry> entries_;
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
  std::swap(entries_[0].publication.since_ms, entries_[1].publication.since_ms);
  EXPECT_THAT(find("mallory", code_), ElementsAre(credit(0, 300, "alice", 0)));
}

TEST_F(FirstSeenTest, OfOneMomentWhoPublishedFirstWasFirst) {
  add_simple("mallory", code_);
  add_simple("alice", code_);
  entries_[0].publication.since_ms = entries_[1].publication.since_ms = 1;
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
  EXPECT_THAT(find("bob", grown), ElementsAre(credit(0, 300, "alice", 0), Told{300, 200, "alice", "c2", "a.py", 300, payee_of("carol")}));
}

TEST_F(FirstSeenTest, OwnersByRange) {
  const std::string ann = payee_of("ann"), ben = payee_of("ben");
  add("alice", {"a.py", 1000, code_, {{0, 100, ann}, {100, 50, ben}, {200, 100, ann}}});
  const auto piece = [](uint32_t at, uint32_t length, std::string payee) {
    return Told{at, length, "alice", "c1", "a.py", at + 1050, std::move(payee)};
  };
  EXPECT_THAT(find("bob", part_of(code_, 50, 200)), ElementsAre(piece(0, 50, ann), piece(50, 50, ben), piece(100, 50, ""), piece(150, 50, ann)));
}

TEST_F(FirstSeenTest, WhatManyIndependentRepositoriesHaveIsCommons) {
  for (size_t i = 0; i < kCommonsLineages - 1; ++i) add_simple("r" + std::to_string(i), code_);
  EXPECT_THAT(find("bob", code_), ElementsAre(credit(0, 300, "r0", 0)));
  add_simple("last", code_);
  EXPECT_THAT(find("bob", code_), ElementsAre(credit(0, 300, "r0", 0, true)));
  // What surrounds it is not.
  const Tokens more = joined({own_tokens("x", 100), code_, own_tokens("y", 100)});
  add_simple("alice", more);
  EXPECT_THAT(find("bob", more), ElementsAre(credit(0, 100, "alice", 0), credit(100, 300, "r0", 0, true), credit(400, 100, "alice", 400)));
}

// A block of which others have a part: what is left between, and shorter than a fingerprint, says nothing.
TEST_F(FirstSeenTest, PiecesBetweenCommonsAreCommonsToo) {
  add_simple("alice", code_);
  for (size_t i = 1; i < kCommonsLineages; ++i) {
    add_simple("r" + std::to_string(i), joined({part_of(code_, 0, 140), own_tokens("r" + std::to_string(i), 20), part_of(code_, 160, 140)}));
  }
  const std::vector<Told> credits = find("bob", code_);
  ASSERT_FALSE(credits.empty());
  uint32_t end = 0;
  for (const Told& one : credits) {
    EXPECT_EQ(one.at, end);
    EXPECT_TRUE(one.commons || one.length >= kGramTokens) << one.at;
    end = one.at + one.length;
  }
  EXPECT_EQ(end, 300u);
}

TEST_F(FirstSeenTest, ForksAreNotIndependent) {
  for (int i = 0; i < 20; ++i) add("fork" + std::to_string(i), {"a.py", 0, code_, {{0, 300, payee_of("ann")}}}, "one project");
  const auto expected = ElementsAre(Told{0, 300, "fork0", "c1", "a.py", 0, payee_of("ann")});
  EXPECT_THAT(find("bob", code_), expected);
  EXPECT_THAT(find("fork9", code_), expected);
  EXPECT_THAT(find("fork0", code_), IsEmpty());
}

TEST_F(FirstSeenTest, WhatIsNoLeafCreditsNobody) {
  add_simple("alice", code_);
  entries_[0].leaf.pop_back();
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
    for (const Told& one : find("bob", file)) {
      const size_t number = std::stoul(one.repository);
      ASSERT_EQ(part_of(file, one.at, one.length), part_of(registered[number], one.at_there, one.length));
      for (uint32_t at = one.at; at < one.at + one.length; ++at) ASSERT_EQ(naive[at], number + 1) << round << " at " << at;
      credited += one.length;
    }
  }
  EXPECT_GT(credited, 5000u);
  EXPECT_GE(1000 * credited, 999 * owed);  // where two blocks of one registration meet, a piece may be too short
}

TEST_F(FirstSeenTest, SeveralFilesAreLookedUpAtOnce) {
  add_simple("alice", code_);
  add_simple("carol", own_tokens("other", 200));
  const auto found = find("bob", {own_tokens("mine", 100), code_, {}, own_tokens("other", 200), part_of(code_, 100, 200)});
  EXPECT_THAT(found[0], IsEmpty());
  EXPECT_THAT(found[1], ElementsAre(credit(0, 300, "alice", 0)));
  EXPECT_THAT(found[2], IsEmpty());
  EXPECT_THAT(found[3], ElementsAre(credit(0, 200, "carol", 0)));
  EXPECT_THAT(found[4], ElementsAre(credit(0, 200, "alice", 100)));
}

// However much was published that shares a little with the code, and before it: the author's share stays.
TEST_F(FirstSeenTest, PaddingHidesNobody) {
  constexpr size_t kJunk = 600;
  Tokens pieces;
  for (size_t i = 0; i < kJunk; ++i) {
    const Tokens piece = own_tokens("junk" + std::to_string(i), 80);
    add("mallory", {"junk" + std::to_string(i), 0, joined({piece, own_tokens("fill" + std::to_string(i), 500)}), {}});
    pieces = joined({pieces, piece});
  }
  add_simple("alice", code_);
  const auto found = find("mallory", {pieces, code_});
  EXPECT_THAT(found[0], IsEmpty());
  EXPECT_THAT(found[1], ElementsAre(credit(0, 300, "alice", 0)));
}

TEST_F(FirstSeenTest, HostileFilesEndSoon) {
  constexpr size_t kTokens = 1'000'000;
  for (const size_t period : {1, 2, 26}) {
    const std::string name = "r" + std::to_string(period);
    for (const std::string& leaf : packed_leaves({"a.py", 0, periodic_tokens(kTokens, period), {}})) add(name, *unpack_leaf(leaf));
  }
  for (const size_t period : {1, 2, 26}) {
    const std::vector<Told> credits = find("bob", periodic_tokens(kTokens, period));
    ASSERT_FALSE(credits.empty());
    EXPECT_EQ(credits[0].repository, "r" + std::to_string(period));
  }
}

TEST_F(FirstSeenTest, ManyOwnersTakeLittleRoom) {
  std::vector<Tokens> files;
  for (int i = 0; i < 20; ++i) {
    Leaf leaf{"f" + std::to_string(i), 0, own_tokens("many" + std::to_string(i), 900), {}};
    for (uint32_t at = 0; at < 900; at += 2) leaf.owners.push_back({at, 1, payee_of(std::to_string(at % 8))});
    add("alice", leaf);
    files.push_back(leaf.tokens);
  }
  LeafIndex index(folder_.path() / "many");
  index.add(entries_, {now_, {}});
  const Credits credits = find_credits(files, Published::of(index, now_), {}, {});
  EXPECT_EQ(credits.of_file[0].size(), 900u);
  EXPECT_EQ(credits.payees.size(), 5u);
  EXPECT_EQ(credits.sources.size(), 20u);
}

TEST_F(FirstSeenTest, Speed) {
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
  LeafIndex index(folder_.path() / "speed");
  const double adding = timed([&] { index.add(entries_, {now_, {}}); });
  size_t found = 0;
  const double finding = timed([&] {
    for (const auto& of_file : find_credits(files, Published::of(index, now_), {}, {}).of_file) {
      for (const Credit& one : of_file) found += one.length;
    }
  });
  EXPECT_EQ(found, 1'000'000u);
  fmt::print("CPU time, 1 Mtoken: add {:.2f} s, find {:.2f} s; {:.1f} bytes a token\n", adding, finding, static_cast<double>(bytes) / 1e6);
}

}  // namespace
}  // namespace ain::repo
