#include "base/merkle.h"

#include <gtest/gtest.h>

#include <bit>
#include <string>

namespace ain {
namespace {

std::vector<Digest> numbered_leaves(size_t count) {
  std::vector<Digest> leaves;
  for (size_t i = 0; i < count; ++i) leaves.push_back(merkle_leaf(std::to_string(i)));
  return leaves;
}

TEST(Merkle, EveryLeafHasOnePathToTheRoot) {
  EXPECT_EQ(MerkleTree({}).root(), merkle_root({}));
  for (const size_t count : {1, 2, 3, 4, 5, 7, 8, 9, 31, 64, 65}) {
    const std::vector<Digest> leaves = numbered_leaves(count);
    const Digest root = merkle_root(leaves);
    const MerkleTree tree(leaves);
    EXPECT_EQ(tree.root(), root);
    for (uint64_t index = 0; index < count; ++index) {
      std::vector<Digest> path = merkle_path(leaves, index);
      EXPECT_EQ(tree.path(index), path) << index << " of " << count;
      EXPECT_EQ(merkle_root_of_path(leaves[index], index, count, path), root) << index << " of " << count;
      EXPECT_NE(merkle_root_of_path(leaves[index], (index + 1) % (count + 1), count, path), root);
      path.push_back(root);
      EXPECT_FALSE(merkle_root_of_path(leaves[index], index, count, path));
      path.resize(path.size() - std::min<size_t>(path.size(), 2));
      if (count > 1) {
        EXPECT_FALSE(merkle_root_of_path(leaves[index], index, count, path));
      }
    }
  }
}

// RFC 6962's own way to make the proof, from the leaves.
void add_proof(std::span<const Digest> leaves, size_t earlier, bool known, std::vector<Digest>& path) {
  if (earlier == leaves.size()) {
    if (!known) path.push_back(merkle_root(leaves));
    return;
  }
  const size_t left = std::bit_floor(leaves.size() - 1);
  if (earlier <= left) {
    add_proof(leaves.first(left), earlier, known, path);
    path.push_back(merkle_root(leaves.subspan(left)));
  } else {
    add_proof(leaves.subspan(left), earlier - left, false, path);
    path.push_back(merkle_root(leaves.first(left)));
  }
}

TEST(Merkle, AProofOfConsistencyHoldsForOnePairOfTreesOnly) {
  for (const size_t count : {1, 2, 3, 6, 7, 8, 13, 64, 65}) {
    const std::vector<Digest> leaves = numbered_leaves(count);
    const Digest root = merkle_root(leaves);
    for (size_t earlier = 1; earlier <= count; ++earlier) {
      const Digest earlier_root = merkle_root(std::span(leaves).first(earlier));
      std::vector<Digest> path;
      add_proof(leaves, earlier, true, path);
      EXPECT_TRUE(merkle_consistent(earlier, earlier_root, count, root, path)) << earlier << " of " << count;
      std::vector<Digest> other = leaves;
      other[earlier - 1] = merkle_empty();
      EXPECT_FALSE(merkle_consistent(earlier, merkle_root(std::span(other).first(earlier)), count, root, path)) << earlier << " of " << count;
      EXPECT_FALSE(merkle_consistent(earlier, earlier_root, count, merkle_empty(), path));
      path.push_back(root);
      EXPECT_FALSE(merkle_consistent(earlier, earlier_root, count, root, path));
      path.resize(path.size() - std::min<size_t>(path.size(), 2));
      if (earlier < count) {
        EXPECT_FALSE(merkle_consistent(earlier, earlier_root, count, root, path));
      }
    }
  }
  EXPECT_TRUE(merkle_consistent(0, merkle_empty(), 5, merkle_root(numbered_leaves(5)), {}));
  EXPECT_FALSE(merkle_consistent(0, merkle_root(numbered_leaves(1)), 5, merkle_root(numbered_leaves(5)), {}));
  EXPECT_FALSE(merkle_consistent(6, merkle_root(numbered_leaves(6)), 5, merkle_root(numbered_leaves(5)), {}));
}

TEST(Merkle, ANodeIsNoLeaf) {
  const std::vector<Digest> leaves = numbered_leaves(2);
  const std::string both = std::string(as_view(leaves[0])) + std::string(as_view(leaves[1]));
  EXPECT_NE(merkle_leaf(both), merkle_root(leaves));
  EXPECT_EQ(merkle_root({}), merkle_empty());
  EXPECT_FALSE(merkle_root_of_path(leaves[0], 0, 0, {}));
  EXPECT_FALSE(merkle_root_of_path(leaves[0], UINT64_MAX - 1, UINT64_MAX, {}));
}

}  // namespace
}  // namespace ain
