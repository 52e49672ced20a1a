#include "repo/copies/claim.h"

#include <algorithm>

#include "base/encoding.h"
#include "base/error.h"
#include "base/merkle.h"

namespace ain::repo {
namespace {

void put_big_endian(std::string& bytes, uint64_t number, int count) {
  for (int shift = 8 * (count - 1); shift >= 0; shift -= 8)
    bytes.push_back(static_cast<char>(number >> shift & 0xff));
}

Digest leaf_hash(const ClaimedFingerprint& fingerprint) {
  std::string bytes;
  put_big_endian(bytes, fingerprint.hash, 8);
  put_big_endian(bytes, fingerprint.at, 4);
  put_big_endian(bytes, kGramTokens, 4);
  bytes += fingerprint.path;  // the one part of no fixed length is the last
  return merkle_leaf(bytes);
}

}  // namespace

ClaimTree::ClaimTree(std::vector<ClaimedFingerprint> fingerprints) : leaves_(std::move(fingerprints)) {
  std::sort(leaves_.begin(), leaves_.end());
  leaves_.erase(std::unique(leaves_.begin(), leaves_.end()), leaves_.end());
  hashes_.reserve(leaves_.size());
  for (const ClaimedFingerprint& leaf : leaves_) hashes_.push_back(leaf_hash(leaf));
  const auto specification = from_hex(kFingerprintsSpecification);
  claim_ = {merkle_root(hashes_), leaves_.size(), *to_array<32>(*specification)};
}

InclusionProof ClaimTree::prove(uint64_t index) const {
  AIN_ASSERT(index < leaves_.size());
  return {index, merkle_path(hashes_, index)};
}

bool is_included(const FingerprintClaim& claim, const ClaimedFingerprint& fingerprint,
                 const InclusionProof& proof) {
  return merkle_root_of_path(leaf_hash(fingerprint), proof.index, claim.count, proof.path) == claim.root;
}

}  // namespace ain::repo
