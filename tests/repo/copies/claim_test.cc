#include "repo/copies/claim.h"

#include <gtest/gtest.h>

#include "base/encoding.h"
#include "base/files.h"
#include "base/merkle.h"
#include "tests/repo/copies/sequences.h"

namespace ain::repo {
namespace {

std::vector<ClaimedFingerprint> claimed(const std::vector<std::pair<std::string_view, Tokens>>& files) {
  std::vector<ClaimedFingerprint> fingerprints;
  for (const auto& [path, tokens] : files) {
    for (const Fingerprint& one : winnow(tokens)) fingerprints.push_back({one.hash, path, one.at});
  }
  return fingerprints;
}

const std::vector<std::pair<std::string_view, Tokens>> kFiles = {
    {"model.py", own_tokens("model", 400)}, {"data/load.py", own_tokens("load", 90)}, {"data/copy.py", own_tokens("load", 90)}};

TEST(Claim, TheSpecificationIsThatOfTheDocument) {
  const std::string text = read_file(std::filesystem::path(AIN_SOURCE_FOLDER) / "docs/attribution.md");
  const size_t begin = text.find("## Fingerprints\n");
  ASSERT_NE(begin, std::string::npos);
  const size_t next = text.find("\n## ", begin);
  const std::string section = text.substr(begin, next == std::string::npos ? next : next + 1 - begin);
  EXPECT_EQ(to_hex(sha256(section)), kFingerprintsSpecification)
      << "the section is frozen: a change of it is a new version of the specification and of the code";
}

TEST(Claim, IsFrozen) {
  const ClaimTree tree(claimed(kFiles));
  EXPECT_EQ(tree.claim().count, 31u);
  EXPECT_EQ(to_hex(tree.claim().root), "cc1cf65ad8989340412128262abb1743665e8e91adae8aa83365a18c33a63dd2");
  EXPECT_EQ(to_hex(tree.claim().specification), kFingerprintsSpecification);
}

TEST(Claim, OneLeafIsItsHash) {
  const ClaimTree tree({{0x0102030405060708, "a/b.py", 0x0a0b0c0d}});
  const std::string bytes = *from_hex("01020304050607080a0b0c0d00000019") + "a/b.py";
  EXPECT_EQ(tree.claim().root, merkle_leaf(bytes));
  EXPECT_EQ(ClaimTree({}).claim().root, merkle_empty());
  EXPECT_EQ(ClaimTree({}).claim().count, 0u);
}

TEST(Claim, DoesNotDependOnTheOrderOfFiles) {
  std::vector<ClaimedFingerprint> fingerprints = claimed(kFiles);
  const FingerprintClaim claim = ClaimTree(fingerprints).claim();
  std::mt19937_64 random(7);
  std::shuffle(fingerprints.begin(), fingerprints.end(), random);
  fingerprints.push_back(fingerprints.front());
  EXPECT_EQ(ClaimTree(fingerprints).claim(), claim);
}

TEST(Claim, HoldsItsFingerprintsAndNoOther) {
  const ClaimTree tree(claimed(kFiles));
  const FingerprintClaim& claim = tree.claim();
  for (uint64_t index = 0; index < claim.count; ++index) {
    const ClaimedFingerprint leaf = tree.leaves()[index];
    const InclusionProof proof = tree.prove(index);
    EXPECT_TRUE(is_included(claim, leaf, proof));
    EXPECT_FALSE(is_included(claim, {leaf.hash + 1, leaf.path, leaf.at}, proof));
    EXPECT_FALSE(is_included(claim, {leaf.hash, "else.py", leaf.at}, proof));
    EXPECT_FALSE(is_included(claim, {leaf.hash, leaf.path, leaf.at + 1}, proof));
    EXPECT_FALSE(is_included(claim, leaf, {(index + 1) % claim.count, proof.path}));
    EXPECT_FALSE(is_included(claim, leaf, {index, {}}));
    EXPECT_FALSE(is_included({claim.root, claim.count + 64, claim.specification}, leaf, proof));
  }
}

}  // namespace
}  // namespace ain::repo
