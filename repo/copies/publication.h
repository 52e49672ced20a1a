// What a repository shows of its code, so that copies of it are found: leaves, each a piece of a file as tokens with their owners. A push
// registers the root over a commit's leaves (repo/copies/claim.h), and publishes them one by one. Whoever runs other code asks for those
// that share a fingerprint with it. The specification is docs/attribution.md, section "Fingerprints".
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/hash.h"

namespace ain::repo {

inline constexpr size_t kLeafTokensMax = 8192;
inline constexpr size_t kLeafBytesMax = 24 << 10;  // as the ledger takes it
inline constexpr size_t kLeafPathBytesMax = 4096;

struct OwnedRange {
  uint32_t at = 0;
  uint32_t length = 0;
  std::string payee;  // as in base/attribution.h, without a repository
  bool operator==(const OwnedRange&) const = default;
};

struct Leaf {
  std::string path;
  uint32_t at = 0;                 // number of the first token in the file
  std::vector<uint64_t> tokens;    // token_hash of each token that is worth money
  std::vector<OwnedRange> owners;  // counted from the leaf's first token; by `at`, not overlapping
  bool operator==(const Leaf&) const = default;
};

// The leaves of a whole file (`at` 0), packed: of equal lengths, as few as fit the bounds above. Those without a fingerprint are left out.
std::vector<std::string> packed_leaves(const Leaf& file);

std::string pack_leaf(const Leaf& leaf);
// Nothing for what is none, or is packed in another way: it may be a stranger's.
std::optional<Leaf> unpack_leaf(std::string_view bytes);

// A leaf as somebody published it, without what it says.
struct Publication {
  std::string repository;
  std::string lineage;       // the same for repositories that are not independent: who registered the root
  std::string commit;
  int64_t since_ms = 0;      // when its root was registered: this says who was first
  int64_t published = 0;     // the size of the ledger's log with it
  Digest digest{};           // SHA-256 of the leaf
  bool operator==(const Publication&) const = default;
};

// Of a fingerprint, the first place in each repository counts, of each lineage the first kPlacesPerLineageMax. What kCommonsLineages have is
// commons; who comes after them does not count.
inline constexpr size_t kPlacesPerLineageMax = 4;
inline constexpr size_t kCommonsLineages = 8;

// Who has shown some fingerprints.
struct Holders {
  std::vector<Publication> publications;     // in the order of their registrations, of one moment as they were published
  std::vector<std::vector<uint32_t>> of;     // for each fingerprint that was asked for, numbers of `publications`, rising

  bool is_commons(size_t fingerprint) const;  // the one that was asked for at that place
};

// What is published on a ledger, as of a moment. The default: nothing is.
struct Publications {
  int64_t newest = 0;        // `published` of the last of them; 0: there is none
  std::function<Holders(std::span<const uint64_t> fingerprints)> holders = {};
  std::function<std::vector<std::string>(std::span<const Digest> digests)> leaves = {};  // packed, as they were asked for
};

}  // namespace ain::repo
