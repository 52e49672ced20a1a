// What a push says of its code: the root of a Merkle tree (RFC 6962) over its leaves (repo/copies/publication.h), so that each of them can
// be shown later, and proves that it was there.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/merkle.h"

namespace ain::repo {

// SHA-256 of the section "Fingerprints" of docs/attribution.md, from its heading to the next one; lower-case hex.
inline constexpr std::string_view kFingerprintsSpecification =
    "6ba124761f2db05fcbf3192ca7e4d49689fa689f352cd73e04474f081febd000";

struct FingerprintClaim {
  Digest root{};
  uint64_t count = 0;        // of leaves
  Digest specification{};
  bool operator==(const FingerprintClaim&) const = default;
};

// The leaves of a commit and their claim.
class ClaimTree {
 public:
  explicit ClaimTree(std::vector<std::string> leaves);  // packed, in any order; equal ones count once

  const FingerprintClaim& claim() const { return claim_; }
  const std::vector<std::string>& leaves() const { return leaves_; }  // in the order of their bytes
  std::vector<Digest> path(uint64_t index) const { return tree_.path(index); }  // from that leaf to the root; index < count

 private:
  std::vector<std::string> leaves_;
  MerkleTree tree_;
  FingerprintClaim claim_;
};

}  // namespace ain::repo
