#include "repo/copies/claim.h"

#include <gtest/gtest.h>

#include <random>

#include "base/attribution.h"
#include "base/encoding.h"
#include "base/files.h"
#include "base/merkle.h"
#include "repo/copies/publication.h"
#include "tests/repo/copies/sequences.h"

namespace ain::repo {
namespace {

std::vector<std::string> example() {
  std::vector<std::string> leaves;
  for (const auto& [path, tokens] : {std::pair("model.py", own_tokens("model", 400)), std::pair("data/load.py", own_tokens("load", 90)),
                                     std::pair("data/copy.py", own_tokens("load", 90))}) {
    for (const std::string& leaf : packed_leaves({path, 0, tokens, {{0, 50, unclaimed_payee("ada")}}})) leaves.push_back(leaf);
  }
  return leaves;
}

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
  const ClaimTree tree(example());
  EXPECT_EQ(tree.claim().count, 3u);
  EXPECT_EQ(to_hex(tree.claim().root), "6fa5508d3c34984baeb644e953b808c6be1aaf123bc38f019045764ef6a94f4c");
  EXPECT_EQ(to_hex(tree.claim().specification), kFingerprintsSpecification);
  EXPECT_EQ(ClaimTree({}).claim().root, merkle_empty());
  EXPECT_EQ(ClaimTree({"x"}).claim().root, merkle_leaf("x"));
}

TEST(Claim, DoesNotDependOnTheOrderOfFiles) {
  std::vector<std::string> leaves = example();
  const FingerprintClaim claim = ClaimTree(leaves).claim();
  std::mt19937_64 random(7);
  std::shuffle(leaves.begin(), leaves.end(), random);
  leaves.push_back(leaves.front());
  EXPECT_EQ(ClaimTree(leaves).claim(), claim);
}

TEST(Claim, EachLeafLeadsToTheRootFromItsPlaceAlone) {
  const ClaimTree tree(example());
  const uint64_t count = tree.claim().count;
  for (uint64_t index = 0; index < count; ++index) {
    const Digest leaf = merkle_leaf(tree.leaves()[index]);
    EXPECT_EQ(merkle_root_of_path(leaf, index, count, tree.path(index)), tree.claim().root);
    EXPECT_NE(merkle_root_of_path(leaf, (index + 1) % count, count, tree.path(index)), tree.claim().root);
    EXPECT_NE(merkle_root_of_path(merkle_leaf("else"), index, count, tree.path(index)), tree.claim().root);
  }
}

}  // namespace
}  // namespace ain::repo
