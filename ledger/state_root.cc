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
  const auto at = std::lower_bound(bucket.begin(), bucket.end(), key, [](const auto& row, const std::string& wanted) { return row.first < wanted; });
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
  std::vector<Digest> leaves;
  leaves.reserve(rows.size());
  for (const auto& [key, leaf] : rows) leaves.push_back(leaf);
  std::array<char, 2> number{static_cast<char>(bucket >> 8), static_cast<char>(bucket & 0xff)};
  levels_[0][bucket] = state_leaf({number.data(), number.size()}, as_view(merkle_root(leaves)));
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

void StateRoot::clear() {
  buckets_.assign(kBuckets, {});
  for (size_t level = 0; level <= kLevels; ++level) levels_[level].assign(kBuckets >> level, empty_subtrees()[level]);
  stale_.clear();
}

}  // namespace ain::ledger
