#include "repo/copies/publication.h"

#include <gtest/gtest.h>

#include "base/attribution.h"
#include "base/encoding.h"
#include "repo/copies/winnow.h"
#include "tests/repo/copies/sequences.h"

namespace ain::repo {
namespace {

const std::string kAda = unclaimed_payee("ada"), kBob = unclaimed_payee("bob");

Leaf example() { return {"a/b.py", 70, own_tokens("a", 20), {{0, 3, kAda}, {5, 1, kBob}, {6, 14, kAda}}}; }

TEST(Leaf, IsReadAsItIsWritten) {
  for (const Tokens& tokens : {Tokens(), own_tokens("a", 300), periodic_tokens(300, 7)}) {
    const Leaf leaf{"x", 3, tokens, {}};
    EXPECT_EQ(unpack_leaf(pack_leaf(leaf)), leaf);
  }
  EXPECT_EQ(unpack_leaf(pack_leaf(example())), example());
}

// Made by hand from the specification.
TEST(Leaf, IsFrozen) {
  const Leaf leaf{"a.py", 300, {7, 0x0102030405060708, 7, 9, 7}, {{1, 2, kBob}, {4, 1, kAda}}};
  EXPECT_EQ(to_hex(sha256(pack_leaf(leaf))), "bc4fcc4b5ab675a5fb5917f765a54c36fe0a85105465d8d2255331a271e73eae");
}

TEST(Leaf, WhatIsCutOffOrTooLongIsNone) {
  const std::string bytes = pack_leaf(example());
  for (size_t size = 0; size < bytes.size(); ++size) EXPECT_FALSE(unpack_leaf(bytes.substr(0, size))) << size;
  EXPECT_FALSE(unpack_leaf(bytes + '\0'));
  EXPECT_FALSE(unpack_leaf(bytes + std::string(kLeafBytesMax, '\0')));
}

TEST(Leaf, WhatDoesNotHoldIsNone) {
  const auto is_none = [](auto change) {
    Leaf leaf = example();
    change(leaf);
    return !unpack_leaf(pack_leaf(leaf));
  };
  EXPECT_TRUE(is_none([](Leaf& leaf) { leaf.path.clear(); }));
  EXPECT_TRUE(is_none([](Leaf& leaf) { leaf.path = std::string(kLeafPathBytesMax + 1, 'p'); }));
  EXPECT_TRUE(is_none([](Leaf& leaf) { leaf.owners[0].payee = "ada"; }));
  EXPECT_TRUE(is_none([](Leaf& leaf) { leaf.owners[0].payee = "pool"; }));
  // It could only name another repository's.
  EXPECT_TRUE(is_none([](Leaf& leaf) { leaf.owners[0].payee = payee_of_dependency(kAda, RepositoryId{}.text()); }));
  EXPECT_TRUE(is_none([](Leaf& leaf) { leaf.owners[0].length = 0; }));
  EXPECT_TRUE(is_none([](Leaf& leaf) { leaf.owners[2].length = 15; }));
  EXPECT_TRUE(is_none([](Leaf& leaf) { leaf.tokens = own_tokens("a", kLeafTokensMax + 1); leaf.owners.clear(); }));
  EXPECT_FALSE(is_none([](Leaf&) {}));
}

TEST(Leaf, AFileIsCutIntoEqualOnesWithTheirOwners) {
  Leaf file{"big.py", 0, periodic_tokens(20'000, 900), {}};
  for (uint32_t at = 0; at < 20'000; at += 1000) file.owners.push_back({at, 900, at % 2000 == 0 ? kAda : kBob});
  const std::vector<std::string> packed = packed_leaves(file);
  ASSERT_EQ(packed.size(), 3u);
  Leaf joined_again{file.path, 0, {}, {}};
  for (const std::string& bytes : packed) {
    ASSERT_LE(bytes.size(), kLeafBytesMax);
    const Leaf leaf = *unpack_leaf(bytes);
    EXPECT_EQ(leaf.at, joined_again.tokens.size());
    EXPECT_NEAR(static_cast<double>(leaf.tokens.size()), 6667, 1);
    for (const OwnedRange& range : leaf.owners) {
      const uint32_t at = leaf.at + range.at;
      auto& owners = joined_again.owners;
      if (!owners.empty() && owners.back().at + owners.back().length == at && owners.back().payee == range.payee) owners.back().length += range.length;
      else owners.push_back({at, range.length, range.payee});
    }
    joined_again.tokens.insert(joined_again.tokens.end(), leaf.tokens.begin(), leaf.tokens.end());
  }
  EXPECT_EQ(joined_again, file);
}

TEST(Leaf, ManyKindsOfTokensMakeSmallerOnes) {
  const std::vector<std::string> packed = packed_leaves({"data.py", 0, own_tokens("all", 10'000), {}});
  size_t tokens = 0;
  for (const std::string& bytes : packed) {
    ASSERT_LE(bytes.size(), kLeafBytesMax);
    tokens += unpack_leaf(bytes)->tokens.size();
  }
  EXPECT_EQ(tokens, 10'000u);
}

TEST(Leaf, WhatHasNoFingerprintHasNone) {
  EXPECT_TRUE(packed_leaves({"short.py", 0, own_tokens("s", kGramTokens - 1), {}}).empty());
  EXPECT_EQ(packed_leaves({"short.py", 0, own_tokens("s", kGramTokens), {}}).size(), 1u);
  EXPECT_TRUE(packed_leaves({std::string(kLeafPathBytesMax + 1, 'p'), 0, own_tokens("s", 100), {}}).empty());
}

}  // namespace
}  // namespace ain::repo
