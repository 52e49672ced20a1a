#include "ledger/state_root.h"

#include <algorithm>
#include <array>

#include "base/merkle.h"

namespace ain::ledger {
namespace {

void append_prefixed(std::string& out, std::string_view bytes) {
  size_t length = bytes.size();
  while (length >= 0x80) {
    out.push_back(static_cast<char>(0x80 | (length & 0x7f)));
    length >>= 7;
  }
  out.push_back(static_cast<char>(length));
  out += bytes;
}

// The root of a subtree without rows, by level.
const std::array<Digest, 17>& empty_subtrees() {
  static const std::array<Digest, 17> table = [] {
    std::array<Digest, 17> result;
    result[0] = merkle_empty();
    for (size_t level = 1; level < result.size(); ++level) {
      result[level] = merkle_node(result[level - 1], result[level - 1]);
    }
    return result;
  }();
  return table;
}

uint32_t bucket_of(std::string_view key) {
  Digest hash = sha256(key);
  return static_cast<uint32_t>(hash[0]) << 8 | hash[1];
}

Digest bucket_leaf(uint32_t bucket, const Digest& root) {
  const std::array<char, 2> number{static_cast<char>(bucket >> 8), static_cast<char>(bucket & 0xff)};
  return state_leaf({number.data(), number.size()}, as_view(root));
}

template <typename Bucket>
auto place_of(Bucket& bucket, const std::string& key) {
  return std::lower_bound(bucket.begin(), bucket.end(), key, [](const auto& row, const std::string& wanted) { return row.first < wanted; });
}

}  // namespace

Digest state_leaf(std::string_view key, std::string_view value) {
  std::string input;
  append_prefixed(input, key);
  append_prefixed(input, as_view(sha256(value)));
  return merkle_leaf(input);
}

StateRoot::StateRoot() { clear(); }

void StateRoot::set(const std::string& key, const std::optional<std::string>& value) {
  const uint32_t number = bucket_of(key);
  Bucket& bucket = buckets_[number];
  const auto at = place_of(bucket, key);
  const bool is_there = at != bucket.end() && at->first == key;
  if (!value) {
    if (is_there) bucket.erase(at);
  } else if (is_there) {
    at->second = state_leaf(key, *value);
  } else {
    bucket.emplace(at, key, state_leaf(key, *value));
  }
  stale_.push_back(number);
}

void StateRoot::rehash_bucket(uint32_t bucket) {
  const Bucket& rows = buckets_[bucket];
  if (rows.empty()) {
    levels_[0][bucket] = empty_subtrees()[0];
    return;
  }
  levels_[0][bucket] = bucket_leaf(bucket, merkle_root(leaves_of(rows)));
}

Digest StateRoot::root() {
  std::vector<uint32_t> changed = std::move(stale_);
  stale_.clear();
  std::sort(changed.begin(), changed.end());
  changed.erase(std::unique(changed.begin(), changed.end()), changed.end());
  for (uint32_t bucket : changed) rehash_bucket(bucket);
  for (size_t level = 1; level <= kLevels; ++level) {
    for (uint32_t& index : changed) index /= 2;
    changed.erase(std::unique(changed.begin(), changed.end()), changed.end());
    const std::vector<Digest>& below = levels_[level - 1];
    for (uint32_t index : changed) levels_[level][index] = merkle_node(below[size_t{2} * index], below[size_t{2} * index + 1]);
  }
  return levels_[kLevels][0];
}

std::optional<StatePath> StateRoot::path(const std::string& key) {
  root();
  const uint32_t number = bucket_of(key);
  const Bucket& bucket = buckets_[number];
  const auto at = place_of(bucket, key);
  if (at == bucket.end() || at->first != key) return std::nullopt;
  StatePath path{.row = static_cast<uint64_t>(at - bucket.begin()), .rows = bucket.size(), .to_bucket = {}, .bucket = {}, .to_root = {}};
  const std::vector<Digest> leaves = leaves_of(bucket);
  path.to_bucket = merkle_path(leaves, path.row);
  path.bucket = merkle_root(leaves);
  for (int level = 0; level < kLevels; ++level) path.to_root.push_back(levels_[level][number >> level ^ 1]);
  return path;
}

std::vector<Digest> StateRoot::leaves_of(const Bucket& bucket) {
  std::vector<Digest> leaves;
  leaves.reserve(bucket.size());
  for (const auto& [key, leaf] : bucket) leaves.push_back(leaf);
  return leaves;
}

std::optional<Digest> state_root_of(std::string_view key, std::string_view value, const StatePath& path) {
  const auto bucket = merkle_root_of_path(state_leaf(key, value), path.row, path.rows, path.to_bucket);
  if (bucket != path.bucket) return std::nullopt;
  const uint32_t number = bucket_of(key);
  return merkle_root_of_path(bucket_leaf(number, path.bucket), number, StateRoot::kBuckets, path.to_root);
}

void StateRoot::clear() {
  buckets_.assign(kBuckets, {});
  for (size_t level = 0; level <= kLevels; ++level) levels_[level].assign(kBuckets >> level, empty_subtrees()[level]);
  stale_.clear();
}

}  // namespace ain::ledger
