#include "ledger/state_root.h"

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

StateRoot::StateRoot() { static_assert(kLevels + 1 == 17); }

void StateRoot::set(const std::string& key, const std::optional<std::string>& value) {
  uint32_t bucket = bucket_of(key);
  if (value) {
    buckets_[bucket][key] = state_leaf(key, *value);
  } else if (auto found = buckets_.find(bucket); found != buckets_.end()) {
    found->second.erase(key);
    if (found->second.empty()) buckets_.erase(found);
  }
  stale_.insert(bucket);
}

const Digest& StateRoot::node(int level, uint32_t index) const {
  auto found = levels_[level].find(index);
  return found != levels_[level].end() ? found->second : empty_subtrees()[static_cast<size_t>(level)];
}

void StateRoot::rehash_bucket(uint32_t bucket) {
  auto found = buckets_.find(bucket);
  if (found == buckets_.end()) {
    levels_[0].erase(bucket);
    return;
  }
  std::vector<Digest> leaves;
  leaves.reserve(found->second.size());
  for (const auto& [key, leaf] : found->second) leaves.push_back(leaf);
  std::array<char, 2> number{static_cast<char>(bucket >> 8), static_cast<char>(bucket & 0xff)};
  levels_[0][bucket] = state_leaf({number.data(), number.size()}, as_view(merkle_root(leaves)));
}

Digest StateRoot::root() {
  for (uint32_t bucket : stale_) rehash_bucket(bucket);
  std::set<uint32_t> below = std::move(stale_);
  stale_.clear();
  for (int level = 1; level <= kLevels; ++level) {
    std::set<uint32_t> parents;
    for (uint32_t index : below) parents.insert(index / 2);
    for (uint32_t index : parents) {
      levels_[level][index] = merkle_node(node(level - 1, 2 * index), node(level - 1, 2 * index + 1));
    }
    below = std::move(parents);
  }
  return node(kLevels, 0);
}

void StateRoot::clear() {
  buckets_.clear();
  for (auto& level : levels_) level.clear();
  stale_.clear();
}

}  // namespace ain::ledger
