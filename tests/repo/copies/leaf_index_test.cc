#include "repo/copies/leaf_index.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/attribution.h"
#include "base/error.h"
#include "base/files.h"
#include "repo/copies/winnow.h"
#include "tests/repo/copies/sequences.h"

namespace ain::repo {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class LeafIndexTest : public testing::Test {
 protected:
  static LeafIndex::Entry entry(const std::string& repository, const Tokens& tokens, int64_t since_ms, int64_t published, const std::string& lineage = "") {
    const std::string leaf = pack_leaf({"a.py", 0, tokens, {{0, 10, unclaimed_payee(repository)}}});
    return {{repository, lineage.empty() ? "of " + repository : lineage, "c1", since_ms, published, sha256(leaf)}, published * 10, leaf};
  }
  void add(const std::string& repository, const Tokens& tokens, int64_t since_ms, int64_t published, const std::string& lineage = "") {
    index_.add({entry(repository, tokens, since_ms, published, lineage)}, {index_.reached().size + 1, sha256("log")});
  }
  std::vector<std::string> holders(const Tokens& tokens, int64_t until = INT64_MAX) {
    std::vector<std::string> repositories;
    const Holders found = index_.holders(fingerprint_hashes(tokens), until).value();
    for (const Publication& one : found.publications) repositories.push_back(one.repository);
    return repositories;
  }

  TemporaryFolder folder_{"ain-leaf-index"};
  std::filesystem::path file_ = folder_.path() / "published.db";
  LeafIndex index_{file_};
  const Tokens code_ = own_tokens("code", 300);
};

TEST_F(LeafIndexTest, FindsWhatSharesAFingerprint) {
  EXPECT_EQ(index_.newest(INT64_MAX), 0);
  EXPECT_THAT(holders(code_), IsEmpty());
  add("bob", code_, 20, 21);
  add("alice", joined({own_tokens("mine", 80), part_of(code_, 50, 200)}), 10, 30);
  add("carol", own_tokens("else", 100), 5, 40);
  EXPECT_THAT(holders(code_), ElementsAre("alice", "bob"));  // in the order of their registrations
  EXPECT_THAT(holders(own_tokens("none", 100)), IsEmpty());
  const std::vector<uint64_t> asked = {1, fingerprint_hashes(part_of(code_, 100, 100)).at(1), 2};
  const Holders found = index_.holders(asked, INT64_MAX).value();
  EXPECT_THAT(found.of, ElementsAre(IsEmpty(), ElementsAre(0, 1), IsEmpty()));
  EXPECT_EQ(found.publications.at(1), entry("bob", code_, 20, 21).publication);
  EXPECT_EQ(index_.leaf(found.publications.at(1).digest), entry("bob", code_, 20, 21).leaf);
  EXPECT_FALSE(index_.leaf(sha256("none")));
  EXPECT_THAT(index_.places("bob", "c1"), ElementsAre(210));
  EXPECT_THAT(index_.places("bob", "c2"), IsEmpty());
}

TEST_F(LeafIndexTest, AnAnswerAsOfAMomentStays) {
  add("bob", code_, 20, 21);
  add("alice", code_, 10, 30);
  EXPECT_THAT(holders(code_, 20), IsEmpty());
  EXPECT_THAT(holders(code_, 29), ElementsAre("bob"));
  EXPECT_THAT(holders(code_, 30), ElementsAre("alice", "bob"));
  EXPECT_EQ(index_.newest(20), 0);
  EXPECT_EQ(index_.newest(29), 21);
  EXPECT_EQ(index_.newest(INT64_MAX), 30);
  for (int i = 0; i < 100; ++i) add("early" + std::to_string(i), code_, 5 - i, 40 + i);
  EXPECT_THAT(holders(code_, 29), ElementsAre("bob"));
  EXPECT_EQ(holders(code_, 47).front(), "early7");
}

TEST_F(LeafIndexTest, ARepositoryShowsACodeOnceUnlessItShowsThatItWasEarlier) {
  add("bob", code_, 20, 21);
  add("bob", joined({code_, own_tokens("more", 10)}), 22, 23);
  EXPECT_EQ(index_.holders(fingerprint_hashes(part_of(code_, 0, 200)), INT64_MAX)->publications.at(0).since_ms, 20);
  add("bob", joined({code_, own_tokens("earlier", 10)}), 10, 30);
  const Holders found = index_.holders(fingerprint_hashes(part_of(code_, 50, 200)), INT64_MAX).value();
  EXPECT_EQ(found.publications.at(0).since_ms, 10);
  for (const auto& of : found.of) EXPECT_LE(of.size(), 1u);
}

// As many of one lineage as there are, the independent ones are counted: and no more of them than it takes.
TEST_F(LeafIndexTest, LineagesAreBounded) {
  for (int64_t i = 1; i <= 200; ++i) add("r" + std::to_string(i), code_, i, i, "one");
  EXPECT_THAT(holders(code_), ElementsAre("r1", "r2", "r3", "r4"));
  for (int64_t i = 301; i <= 340; ++i) add("r" + std::to_string(i), code_, i, i);
  EXPECT_EQ(holders(code_).size(), kPlacesPerLineageMax + kCommonsLineages - 1);
}

TEST_F(LeafIndexTest, WhatIsNoLeafHasNoFingerprint) {
  LeafIndex::Entry broken = entry("bob", code_, 20, 21);
  broken.leaf.pop_back();
  index_.add({broken, entry("alice", code_, 30, 31)}, {7, sha256("log")});
  EXPECT_EQ(index_.reached().size, 7);
  EXPECT_EQ(index_.reached().last, sha256("log"));
  EXPECT_THAT(holders(code_), ElementsAre("alice"));
}

TEST_F(LeafIndexTest, TooMuchForOneAnswerIsAskedForInParts) {
  std::vector<LeafIndex::Entry> many;
  std::vector<uint64_t> asked;
  for (size_t i = 0; i < kAnsweredPublicationsMax + 1; ++i) {
    const Tokens tokens = own_tokens("f" + std::to_string(i), 30);
    many.push_back(entry("r", tokens, 1, 1));
    asked.push_back(fingerprint_hashes(tokens).front());
  }
  index_.add(many, {1, {}});
  EXPECT_FALSE(index_.holders(asked, 1));
  EXPECT_EQ(index_.holders(std::span(asked).first(asked.size() / 2), 1)->publications.size(), asked.size() / 2);
}

TEST_F(LeafIndexTest, IsThereAfterItIsOpenedAgain) {
  add("bob", code_, 20, 21);
  EXPECT_EQ(LeafIndex(file_).reached().size, 1);
  EXPECT_EQ(LeafIndex(file_).holders(fingerprint_hashes(code_), 21)->publications.size(), 1u);
}

TEST_F(LeafIndexTest, ADamagedFileIsToldFromAnother) {
  const auto path = folder_.path() / "damaged.db";
  write_file_atomic(path, std::string(8192, 'x'));
  try {
    LeafIndex index(path);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::verification);
  }
}

}  // namespace
}  // namespace ain::repo
