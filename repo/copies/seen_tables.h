// Private to repo/copies: what the publications have, by fingerprint.
#pragma once

#include <map>
#include <unordered_map>

#include "repo/copies/first_seen.h"
#include "repo/copies/winnow.h"

namespace ain::repo {

struct SeenPlace {
  std::string repository;
  std::string lineage;
  std::string commit;
  Leaf leaf;
  std::vector<Fingerprint> fingerprints;  // of the leaf, by `at`
};

// A fingerprint as a repository first had it.
struct SeenAt {
  uint32_t place = 0;  // of `places`: the lower, the earlier
  uint32_t at = 0;
};

struct SeenTables {
  std::vector<SeenPlace> places;
  // By order. At most kCommonsLineages * kPlacesPerLineageMax of each.
  std::unordered_map<uint64_t, std::vector<SeenAt>> fingerprints;

  std::span<const SeenAt> seen_at(uint64_t hash) const;
  bool is_commons(std::span<const SeenAt> seen) const;
  void add(SeenPlace place);
};

}  // namespace ain::repo
