// What a push says about its fingerprints: the root of a Merkle tree (RFC 6962) over them, so that an index
// can be checked against the ledger one fingerprint at a time.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/hash.h"
#include "repo/copies/winnow.h"

namespace ain::repo {

// SHA-256 of the section "Fingerprints" of docs/attribution.md, from its heading to the next one; lower-case
// hex.
inline constexpr std::string_view kFingerprintsSpecification =
    "b5ea1158ac5ea40794a3e7c540e33cf327117e00acede509ac3102879e65702a";

// One leaf: the tokens from `at` on, kGramTokens of them, of the file `path`.
struct ClaimedFingerprint {
  uint64_t hash = 0;
  std::string_view path;
  uint32_t at = 0;
  auto operator<=>(const ClaimedFingerprint&) const = default;  // the order of the leaves
};

struct FingerprintClaim {
  Digest root{};
  uint64_t count = 0;
  Digest specification{};
  bool operator==(const FingerprintClaim&) const = default;
};

struct InclusionProof {
  uint64_t index = 0;        // of the leaf
  std::vector<Digest> path;  // from the leaf's sibling to the root's child
};

// The leaves of a push and their claim.
class ClaimTree {
 public:
  // In any order; equal ones count once. The paths must outlive it.
  explicit ClaimTree(std::vector<ClaimedFingerprint> fingerprints);

  const FingerprintClaim& claim() const { return claim_; }
  std::span<const ClaimedFingerprint> leaves() const { return leaves_; }  // sorted
  InclusionProof prove(uint64_t index) const;                             // index < count

 private:
  std::vector<ClaimedFingerprint> leaves_;
  std::vector<Digest> hashes_;
  FingerprintClaim claim_;
};

// Whether the proof shows that the claim has the fingerprint. False for every other proof, of any length.
bool is_included(const FingerprintClaim& claim, const ClaimedFingerprint& fingerprint,
                 const InclusionProof& proof);

}  // namespace ain::repo
