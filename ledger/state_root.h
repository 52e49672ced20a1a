// One digest over the whole state, kept in memory and updated row by row. Rows fall into 65,536 buckets by the first two bytes
// of SHA-256(key); each bucket is an RFC 6962 tree over its rows sorted by key, whose leaves are
//   SHA-256(0x00 || varint length || key || varint 32 || SHA-256(value))
// (CometBFT's "simple:v"); a perfect tree of 16 levels stands on the buckets. A bucket's own leaf has the same form, with the
// bucket's number (two bytes, big-endian) as key and its root as value, so two chained CometBFT proof operations prove a row;
// an empty bucket's leaf is SHA-256(""). Neither height nor time is in it. Internal to the ledger.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/hash.h"

namespace ain::ledger {

Digest state_leaf(std::string_view key, std::string_view value);

// The way from a row to the root.
struct StatePath {
  uint64_t row = 0, rows = 0;       // its place among those of its bucket
  std::vector<Digest> to_bucket;
  Digest bucket{};                  // the root of these
  std::vector<Digest> to_root;
};
// The root that it leads to; nothing where it leads nowhere.
std::optional<Digest> state_root_of(std::string_view key, std::string_view value, const StatePath& path);

class StateRoot {
 public:
  static constexpr int kLevels = 16;
  static constexpr uint32_t kBuckets = 1u << kLevels;

  StateRoot();

  void set(const std::string& key, const std::optional<std::string>& value);  // no value: the row is gone
  Digest root();
  std::optional<StatePath> path(const std::string& key);  // nothing for a row that is not there
  void clear();

 private:
  using Bucket = std::vector<std::pair<std::string, Digest>>;  // leaf hashes, sorted by key

  void rehash_bucket(uint32_t bucket);
  static std::vector<Digest> leaves_of(const Bucket& bucket);

  std::vector<Bucket> buckets_;
  std::vector<Digest> levels_[kLevels + 1];  // 0: buckets; kLevels: the root
  std::vector<uint32_t> stale_;              // buckets that changed since the last root(), maybe more than once
};

}  // namespace ain::ledger
