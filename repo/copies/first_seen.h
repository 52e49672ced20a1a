// Who showed a block of code first, among publications (repo/copies/publication.h). What counts is when their roots were registered; no
// date of a commit does.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "repo/copies/publication.h"

namespace ain::repo {

// A fingerprint in repositories of so many lineages is commons: nobody is credited for it.
inline constexpr size_t kCommonsLineages = 8;
// Of a fingerprint; forks of one repository are one lineage.
inline constexpr int64_t kPlacesPerLineageMax = 4;

// Tokens that one find() compares or reads. The earliest registrations come first; what is left credits nobody.
inline constexpr uint64_t kFindWorkMax = uint64_t{1} << 26;
// Of a fingerprint that is more often in the file that is looked up, only the first ones are: the rest repeats.
inline constexpr size_t kFindPlacesMax = 4;

// `length` tokens from `at` on of the file that was asked about, which are those from `at_there` on of a file registered before.
struct Credit {
  uint32_t at = 0;
  uint32_t length = 0;
  std::string repository;
  std::string commit;  // where they were seen first
  std::string path;
  uint32_t at_there = 0;
  std::string payee;  // as in base/attribution.h, without a repository; empty where the range has no owner
  bool operator==(const Credit&) const = default;
};

struct SeenTables;

class FirstSeen {
 public:
  // In any order: those that were registered first come first, of equals those that were published first. One that is no leaf is left out.
  explicit FirstSeen(std::vector<Publication> publications);
  ~FirstSeen();
  FirstSeen(FirstSeen&&) noexcept;
  FirstSeen& operator=(FirstSeen&&) noexcept;

  // The blocks of a file of `repository` that another repository had first, by `at`, not overlapping. A block is at least kBlockTokensMin
  // tokens with kBlockFingerprintsMin fingerprints that are not commons; where several have it, the earliest registration gets it, and
  // nobody when that is the repository itself.
  std::vector<Credit> find(std::string_view repository, std::span<const uint64_t> tokens) const;

 private:
  std::unique_ptr<SeenTables> tables_;
};

}  // namespace ain::repo
