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

std::vector<uint64_t> fingerprints_of(const Tokens& tokens) {
  std::vector<uint64_t> hashes;
  for (const Fingerprint& one : winnow(tokens)) hashes.push_back(one.hash);
  return hashes;
}

class LeafIndexTest : public testing::Test {
 protected:
  static Publication publication(const std::string& repository, const Tokens& tokens, int64_t since_ms, int64_t published_ms) {
    const std::string leaf = pack_leaf({"a.py", 0, tokens, {{0, 10, unclaimed_payee(repository)}}});
    return {repository, "of " + repository, "c1", since_ms, published_ms, sha256(leaf), leaf};
  }
  void add(const std::string& repository, const Tokens& tokens, int64_t since_ms, int64_t published_ms) {
    index_.add({publication(repository, tokens, since_ms, published_ms)}, {index_.reached().size + 1, sha256("log")});
  }
  std::vector<std::string> holding(const Tokens& tokens, int64_t until_ms = INT64_MAX) {
    std::vector<std::string> repositories;
    for (const Publication& one : index_.holding(fingerprints_of(tokens), {}, until_ms)) repositories.push_back(one.repository);
    return repositories;
  }

  TemporaryFolder folder_{"ain-leaf-index"};
  std::filesystem::path file_ = folder_.path() / "published.db";
  LeafIndex index_{file_};
  const Tokens code_ = own_tokens("code", 300);
};

TEST_F(LeafIndexTest, FindsWhatSharesAFingerprint) {
  EXPECT_EQ(index_.newest_ms(INT64_MAX), 0);
  EXPECT_THAT(holding(code_), IsEmpty());
  add("bob", code_, 20, 21);
  add("alice", joined({own_tokens("mine", 80), part_of(code_, 50, 200)}), 10, 30);
  add("carol", own_tokens("else", 100), 5, 40);
  EXPECT_THAT(holding(code_), ElementsAre("alice", "bob"));  // in the order of their registrations
  EXPECT_THAT(holding(own_tokens("none", 100)), IsEmpty());
  const std::vector<Publication> found = index_.holding(fingerprints_of(own_tokens("else", 100)), {}, INT64_MAX);
  ASSERT_EQ(found.size(), 1u);
  const Publication expected = publication("carol", own_tokens("else", 100), 5, 40);
  EXPECT_EQ(found[0].lineage, expected.lineage);
  EXPECT_EQ(found[0].commit, expected.commit);
  EXPECT_EQ(found[0].since_ms, expected.since_ms);
  EXPECT_EQ(found[0].published_ms, expected.published_ms);
  EXPECT_EQ(found[0].digest, expected.digest);
  EXPECT_EQ(found[0].leaf, expected.leaf);
}

TEST_F(LeafIndexTest, AnAnswerAsOfAMomentStays) {
  add("bob", code_, 20, 21);
  add("alice", code_, 10, 30);
  EXPECT_THAT(holding(code_, 20), IsEmpty());
  EXPECT_THAT(holding(code_, 29), ElementsAre("bob"));
  EXPECT_THAT(holding(code_, 30), ElementsAre("alice", "bob"));
  EXPECT_EQ(index_.newest_ms(20), 0);
  EXPECT_EQ(index_.newest_ms(29), 21);
  EXPECT_EQ(index_.newest_ms(INT64_MAX), 30);
}

TEST_F(LeafIndexTest, SendsNobodyWhatHeHolds) {
  add("bob", code_, 20, 21);
  const std::vector<Digest> held = {publication("bob", code_, 20, 21).digest};
  const std::vector<Publication> found = index_.holding(fingerprints_of(code_), held, INT64_MAX);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].leaf, "");
  EXPECT_EQ(found[0].digest, held[0]);
}

TEST_F(LeafIndexTest, ARepositoryShowsACodeOnceUnlessItShowsThatItWasEarlier) {
  add("bob", code_, 20, 21);
  add("bob", joined({code_, own_tokens("more", 10)}), 22, 23);
  EXPECT_THAT(holding(part_of(code_, 0, 200)), ElementsAre("bob"));
  add("bob", joined({code_, own_tokens("earlier", 10)}), 10, 30);
  EXPECT_THAT(holding(part_of(code_, 0, 200)), ElementsAre("bob", "bob"));
}

TEST_F(LeafIndexTest, WhatIsNoLeafIsLeftOut) {
  Publication broken = publication("bob", code_, 20, 21);
  broken.leaf.pop_back();
  index_.add({broken, publication("alice", code_, 30, 31)}, {7, sha256("log")});
  EXPECT_EQ(index_.reached().size, 7);
  EXPECT_EQ(index_.reached().root, sha256("log"));
  EXPECT_THAT(holding(code_), ElementsAre("alice"));
}

TEST_F(LeafIndexTest, IsThereAfterItIsOpenedAgain) {
  add("bob", code_, 20, 21);
  EXPECT_EQ(LeafIndex(file_).reached().size, 1);
  EXPECT_EQ(LeafIndex(file_).holding(fingerprints_of(code_), {}, 21).size(), 1u);
}

TEST_F(LeafIndexTest, ManyHoldersAreBounded) {
  std::vector<Publication> many;
  for (int64_t i = 0; i < 3 * kPlacesPerFingerprintMax; ++i) many.push_back(publication("r" + std::to_string(i), code_, i + 1, i + 1));
  index_.add(many, {1, {}});
  const std::vector<std::string> found = holding(code_);
  EXPECT_EQ(std::ssize(found), kPlacesPerFingerprintMax);
  EXPECT_EQ(found.front(), "r0");
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
