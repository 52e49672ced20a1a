#include "repo/copies/claim.h"

#include <algorithm>

#include "base/encoding.h"

namespace ain::repo {
namespace {

std::vector<std::string> in_order(std::vector<std::string> leaves) {
  std::sort(leaves.begin(), leaves.end());
  leaves.erase(std::unique(leaves.begin(), leaves.end()), leaves.end());
  return leaves;
}

std::vector<Digest> hashes_of(const std::vector<std::string>& leaves) {
  std::vector<Digest> hashes;
  for (const std::string& leaf : leaves) hashes.push_back(merkle_leaf(leaf));
  return hashes;
}

}  // namespace

ClaimTree::ClaimTree(std::vector<std::string> leaves)
    : leaves_(in_order(std::move(leaves))),
      tree_(hashes_of(leaves_)),
      claim_{tree_.root(), leaves_.size(), *to_array<32>(*from_hex(kFingerprintsSpecification))} {}

}  // namespace ain::repo
