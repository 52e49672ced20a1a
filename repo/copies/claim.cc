#include "repo/copies/claim.h"

#include <algorithm>

#include "base/encoding.h"
#include "base/error.h"
#include "base/merkle.h"

namespace ain::repo {

ClaimTree::ClaimTree(std::vector<std::string> leaves) : leaves_(std::move(leaves)) {
  std::sort(leaves_.begin(), leaves_.end());
  leaves_.erase(std::unique(leaves_.begin(), leaves_.end()), leaves_.end());
  hashes_.reserve(leaves_.size());
  for (const std::string& leaf : leaves_) hashes_.push_back(merkle_leaf(leaf));
  claim_ = {merkle_root(hashes_), leaves_.size(), *to_array<32>(*from_hex(kFingerprintsSpecification))};
}

std::vector<Digest> ClaimTree::path(uint64_t index) const {
  AIN_ASSERT(index < hashes_.size());
  return merkle_path(hashes_, index);
}

}  // namespace ain::repo
