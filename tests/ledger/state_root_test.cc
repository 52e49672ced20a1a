#include "ledger/state_root.h"

#include <random>

#include "base/encoding.h"
#include "base/merkle.h"
#include "tests/ledger/world.h"

namespace ain::ledger {
namespace {

using Rows = std::map<std::string, std::string>;

std::string prefixed(const std::string& bytes) {
  EXPECT_LT(bytes.size(), 128u);
  return std::string(1, static_cast<char>(bytes.size())) + bytes;
}
std::string raw(const Digest& digest) { return std::string(as_view(digest)); }
Digest naive_leaf(const std::string& key, const std::string& value) {
  return sha256(std::string(1, '\0') + prefixed(key) + prefixed(raw(sha256(value))));
}

// The definition, computed whole: every bucket, every level.
Digest naive_root(const Rows& rows) {
  std::vector<std::vector<Digest>> buckets(65536);
  for (const auto& [key, value] : rows) {
    Digest hash = sha256(key);
    buckets[static_cast<size_t>(hash[0]) * 256 + hash[1]].push_back(naive_leaf(key, value));
  }
  std::vector<Digest> level;
  for (size_t i = 0; i < buckets.size(); ++i) {
    std::string number{static_cast<char>(i / 256), static_cast<char>(i % 256)};
    level.push_back(buckets[i].empty() ? sha256("") : naive_leaf(number, raw(merkle_root(buckets[i]))));
  }
  while (level.size() > 1) {
    std::vector<Digest> above;
    for (size_t i = 0; i < level.size(); i += 2) above.push_back(merkle_node(level[i], level[i + 1]));
    level = std::move(above);
  }
  return level[0];
}

TEST(StateRoot, EmptyGolden) {
  StateRoot tree;
  EXPECT_EQ(to_hex(tree.root()), "03f0e06610687f70ab58d0e39ae4abb846a5ad17ec789db9d910d27f0ec52ba3");
  EXPECT_EQ(tree.root(), naive_root({}));
}

TEST(StateRoot, EqualsTheDefinitionThroughRandomChanges) {
  std::mt19937_64 random(1);
  StateRoot tree;
  Rows rows;
  for (int round = 0; round < 8; ++round) {
    for (int i = 0; i < 400; ++i) {
      std::string key = "account/" + std::to_string(random() % 600);
      if (random() % 4 == 0) {
        rows.erase(key);
        tree.set(key, std::nullopt);
      } else {
        std::string value = std::to_string(random());
        rows[key] = value;
        tree.set(key, value);
      }
      if (random() % 50 == 0) tree.root();  // in the middle, so that partial updates are tried too
    }
    ASSERT_EQ(tree.root(), naive_root(rows)) << "round " << round;
  }
  for (const auto& [key, value] : Rows(rows)) tree.set(key, std::nullopt);
  EXPECT_EQ(tree.root(), StateRoot().root());
}

TEST(StateRoot, BucketWithSeveralRows) {
  // Keys that share a bucket, found by trying.
  std::map<int, std::vector<std::string>> buckets;
  std::vector<std::string> shared;
  for (int i = 0; shared.empty(); ++i) {
    std::string key = "k" + std::to_string(i);
    Digest hash = sha256(key);
    auto& bucket = buckets[hash[0] * 256 + hash[1]];
    bucket.push_back(key);
    if (bucket.size() == 5) shared = bucket;
  }
  StateRoot forwards, backwards;
  Rows rows;
  for (const std::string& key : shared) {
    rows[key] = "v" + key;
    forwards.set(key, rows[key]);
  }
  for (auto key = shared.rbegin(); key != shared.rend(); ++key) {
    backwards.set(*key, rows[*key]);
    backwards.root();
  }
  EXPECT_EQ(forwards.root(), naive_root(rows));
  EXPECT_EQ(backwards.root(), forwards.root());
}

TEST(StateRoot, LongKeysHaveTwoByteLengths) {
  std::string key(200, 'k');
  EXPECT_EQ(state_leaf(key, "v"),
            sha256(std::string(1, '\0') + "\xc8\x01" + key + "\x20" + raw(sha256("v"))));
}

}  // namespace
}  // namespace ain::ledger
