// Private to repo/copies: the tables of the first-seen index.
#pragma once

#include "base/hash.h"
#include "base/sqlite.h"
#include "repo/copies/first_seen.h"
#include "repo/copies/stored_file.h"

namespace ain::repo {

// A fingerprint as a repository first had it.
struct SeenAt {
  int64_t order = 0;
  int64_t repository = 0;
  int64_t lineage = 0;
  int64_t place = 0;  // a row of `place`
  uint32_t at = 0;
};

struct SeenPlace {
  std::string repository;
  std::string commit;
  PlaceRecord record;
  std::vector<uint64_t> tokens;
};

// Rows are added and never changed or removed, but for marks of commons: what is known as of an order stays.
struct SeenTables {
  explicit SeenTables(const std::filesystem::path& file);

  // By order. At most kCommonsLineages * kPlacesPerLineageMax.
  std::vector<SeenAt> seen_at(uint64_t hash, int64_t as_of);
  bool is_marked(uint64_t hash);
  std::optional<int64_t> repository_number(const std::string& id);
  SeenPlace place(int64_t number);  // throws `verification`

  std::filesystem::path file;
  Database db;
  Statement find_fingerprint;
  Statement put_fingerprint;
  Statement find_mark;
  Statement find_place;
};

bool is_commons(std::span<const SeenAt> seen);

}  // namespace ain::repo
