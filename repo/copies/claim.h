// What a push says of its code: the root of a Merkle tree (RFC 6962) over its leaves (repo/copies/publication.h), so that each of them can
// be shown later, and proves that it was there.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/hash.h"

namespace ain::repo {

// SHA-256 of the section "Fingerprints" of docs/attribution.md, from its heading to the next one; lower-case hex.
inline constexpr std::string_view kFingerprintsSpecification =
    "20debf249f39233ee4cd1a0357a2442385b93b03039005e259f002aca77acbbd";

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
  std::vector<Digest> path(uint64_t index) const;                     // from that leaf to the root; index < count

 private:
  std::vector<std::string> leaves_;
  std::vector<Digest> hashes_;
  FingerprintClaim claim_;
};

}  // namespace ain::repo
