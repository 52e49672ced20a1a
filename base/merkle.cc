#include "base/merkle.h"

#include <algorithm>
#include <array>
#include <bit>
#include <string>

namespace ain {

Digest merkle_leaf(std::string_view bytes) {
  std::string input(1, '\0');
  input += bytes;
  return sha256(input);
}

Digest merkle_node(const Digest& left, const Digest& right) {
  std::array<char, 65> input;
  input[0] = 1;
  as_view(left).copy(input.data() + 1, 32);
  as_view(right).copy(input.data() + 33, 32);
  return sha256({input.data(), input.size()});
}

Digest merkle_empty() { return sha256(""); }

Digest merkle_root(std::span<const Digest> leaves) {
  if (leaves.empty()) return merkle_empty();
  if (leaves.size() == 1) return leaves[0];
  size_t left = std::bit_floor(leaves.size() - 1);
  return merkle_node(merkle_root(leaves.first(left)), merkle_root(leaves.subspan(left)));
}

std::vector<Digest> merkle_path(std::span<const Digest> leaves, uint64_t index) {
  std::vector<Digest> path;
  while (leaves.size() > 1) {
    const size_t left = std::bit_floor(leaves.size() - 1);
    const bool is_left = index < left;
    path.push_back(merkle_root(is_left ? leaves.subspan(left) : leaves.first(left)));
    leaves = is_left ? leaves.first(left) : leaves.subspan(left);
    if (!is_left) index -= left;
  }
  std::reverse(path.begin(), path.end());
  return path;
}

MerkleTree::MerkleTree(std::vector<Digest> leaves) {
  levels_.push_back(std::move(leaves));
  while (levels_.back().size() > 1) {
    const std::vector<Digest>& below = levels_.back();
    std::vector<Digest> level;
    for (size_t i = 0; i + 1 < below.size(); i += 2) level.push_back(merkle_node(below[i], below[i + 1]));
    levels_.push_back(std::move(level));
  }
}

Digest MerkleTree::range_root(size_t begin, size_t count) const {
  if (count == 0) return merkle_empty();
  if (std::has_single_bit(count)) return levels_[static_cast<size_t>(std::countr_zero(count))][begin / count];
  const size_t left = std::bit_floor(count);
  return merkle_node(range_root(begin, left), range_root(begin + left, count - left));
}

std::vector<Digest> MerkleTree::path(uint64_t index) const {
  std::vector<Digest> path;
  size_t begin = 0, count = levels_[0].size();
  while (count > 1) {
    const size_t left = std::bit_floor(count - 1);
    const bool is_left = index - begin < left;
    path.push_back(is_left ? range_root(begin + left, count - left) : range_root(begin, left));
    if (!is_left) begin += left;
    count = is_left ? left : count - left;
  }
  std::reverse(path.begin(), path.end());
  return path;
}

std::optional<Digest> merkle_root_of_path(const Digest& leaf, uint64_t index, uint64_t count,
                                          std::span<const Digest> path) {
  if (index >= count) return std::nullopt;
  if (count == 1) return path.empty() ? std::optional(leaf) : std::nullopt;
  if (path.empty()) return std::nullopt;
  const uint64_t left = std::bit_floor(count - 1);
  const std::span<const Digest> below = path.first(path.size() - 1);
  const bool is_left = index < left;
  const auto child = is_left ? merkle_root_of_path(leaf, index, left, below)
                             : merkle_root_of_path(leaf, index - left, count - left, below);
  if (!child) return std::nullopt;
  return is_left ? merkle_node(*child, path.back()) : merkle_node(path.back(), *child);
}

namespace {

// The roots that a proof leads to, of the first `earlier` leaves and of all `size`; `known`: the earlier tree is exactly this subtree so far.
struct Roots {
  Digest earlier, all;
};
std::optional<Roots> roots_of_path(uint64_t earlier, uint64_t size, const Digest* known, std::span<const Digest> path) {
  if (earlier == size) {
    if (path.size() != (known ? 0 : 1)) return std::nullopt;
    const Digest& root = known ? *known : path[0];
    return Roots{root, root};
  }
  if (path.empty()) return std::nullopt;
  const uint64_t left = std::bit_floor(size - 1);
  const std::span<const Digest> rest = path.first(path.size() - 1);
  const bool in_left = earlier <= left;
  const auto below = in_left ? roots_of_path(earlier, left, known, rest) : roots_of_path(earlier - left, size - left, nullptr, rest);
  if (!below) return std::nullopt;
  if (in_left) return Roots{below->earlier, merkle_node(below->all, path.back())};
  return Roots{merkle_node(path.back(), below->earlier), merkle_node(path.back(), below->all)};
}

}  // namespace

bool merkle_consistent(uint64_t earlier, const Digest& earlier_root, uint64_t size, const Digest& root, std::span<const Digest> path) {
  if (earlier == 0) return path.empty() && earlier_root == merkle_empty();
  if (earlier > size) return false;
  const auto roots = roots_of_path(earlier, size, &earlier_root, path);
  return roots && roots->earlier == earlier_root && roots->all == root;
}

}  // namespace ain
