// RFC 6962 hashing, shared by the log and the state root: leaf = SHA-256(0x00 || bytes), node = SHA-256(0x01 || left || right),
// the empty tree = SHA-256(""). Internal to the ledger.
#pragma once

#include <span>
#include <string_view>

#include "base/hash.h"

namespace ain::ledger {

Digest merkle_leaf(std::string_view bytes);
Digest merkle_node(const Digest& left, const Digest& right);
Digest merkle_empty();
// Of any number of leaf hashes; the left subtree is the largest power of two smaller than their number.
Digest merkle_root(std::span<const Digest> leaves);

}  // namespace ain::ledger
