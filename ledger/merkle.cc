#include "ledger/merkle.h"

#include <array>
#include <bit>
#include <string>

namespace ain::ledger {

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

}  // namespace ain::ledger
