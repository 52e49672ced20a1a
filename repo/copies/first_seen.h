// Who showed the blocks of a tree's files first, of what is published (repo/copies/publication.h).
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "repo/copies/publication.h"
#include "repo/walk_report.h"

namespace ain::repo {

// Of a fingerprint that is more often in a file, only the first ones are looked up: the rest repeats.
inline constexpr size_t kFindPlacesMax = 4;
// Comparisons of tokens for each token of the tree and of the leaves that were looked at; what is not made to explode needs few.
inline constexpr uint64_t kFindComparisonsMax = 256;

// `length` tokens from `at` on of a file, which are those from `at_there` on of a file published before.
struct Credit {
  uint32_t at = 0;
  uint32_t length = 0;
  uint32_t at_there = 0;
  uint32_t source = 0;     // numbers in Credits
  uint32_t payee = 0;
  bool commons = false;    // many independent repositories have it
};
struct CreditSource {
  std::string repository;
  std::string commit;      // where they were seen first
  std::string path;
};
struct Credits {
  std::vector<std::vector<Credit>> of_file;  // by `at`, not overlapping
  std::vector<CreditSource> sources;
  std::vector<std::string> payees;           // as in base/attribution.h, without a repository; "": nobody's there
};

using HeldLeaves = std::map<Digest, std::string>;  // packed, by their SHA-256: what need not be asked for

// A block is at least kBlockTokensMin tokens with kBlockFingerprintsMin fingerprints; where several have it, who registered it first gets it,
// the tree's own repository as any other. `files`: the token hashes of each. Throws `exhausted` for what is made to explode, and what
// `published` throws.
Credits find_credits(std::span<const std::vector<uint64_t>> files, const Publications& published, const HeldLeaves& held, const WalkReport& report);

}  // namespace ain::repo
