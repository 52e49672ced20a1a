// RFC 6962 hashing, shared by the log, the state root and claims: leaf = SHA-256(0x00 || bytes), node =
// SHA-256(0x01 || left || right), the empty tree = SHA-256("").
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/hash.h"

namespace ain {

Digest merkle_leaf(std::string_view bytes);
Digest merkle_node(const Digest& left, const Digest& right);
Digest merkle_empty();
// Of any number of leaf hashes; the left subtree is the largest power of two smaller than their number.
Digest merkle_root(std::span<const Digest> leaves);

// The audit path of a leaf: the siblings on its way to the root, its own first. index < leaves.size().
std::vector<Digest> merkle_path(std::span<const Digest> leaves, uint64_t index);
// The same of a tree that is asked for many paths: each costs the square of its length.
class MerkleTree {
 public:
  explicit MerkleTree(std::vector<Digest> leaves);
  Digest root() const { return range_root(0, levels_[0].size()); }
  std::vector<Digest> path(uint64_t index) const;

 private:
  Digest range_root(size_t begin, size_t count) const;  // `begin` is a multiple of the power of two that `count` is at most
  std::vector<std::vector<Digest>> levels_;             // of whole pairs; the leaves first
};

// The root that such a path leads to in a tree of `count` leaves; nothing for a path of the wrong length.
std::optional<Digest> merkle_root_of_path(const Digest& leaf, uint64_t index, uint64_t count,
                                          std::span<const Digest> path);
// Whether a proof of consistency (RFC 6962, 2.1.2) shows that the first `earlier` leaves of the tree of `size` leaves with `root` are those of
// `earlier_root`. Nothing is a part of every tree.
bool merkle_consistent(uint64_t earlier, const Digest& earlier_root, uint64_t size, const Digest& root, std::span<const Digest> path);

}  // namespace ain
