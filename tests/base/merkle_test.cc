#include "base/merkle.h"

#include <gtest/gtest.h>

#include <string>

namespace ain {
namespace {

std::vector<Digest> numbered_leaves(size_t count) {
  std::vector<Digest> leaves;
  for (size_t i = 0; i < count; ++i) leaves.push_back(merkle_leaf(std::to_string(i)));
  return leaves;
}

TEST(Merkle, EveryLeafHasOnePathToTheRoot) {
  for (const size_t count : {1, 2, 3, 4, 5, 7, 8, 9, 31, 64, 65}) {
    const std::vector<Digest> leaves = numbered_leaves(count);
    const Digest root = merkle_root(leaves);
    for (uint64_t index = 0; index < count; ++index) {
      std::vector<Digest> path = merkle_path(leaves, index);
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
