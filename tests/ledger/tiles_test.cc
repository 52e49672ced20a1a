// The log's tiles and proofs against the plain Merkle tree over all leaves, which shares nothing with them but the two hashes.
#include "ledger/tiles.h"

#include "base/merkle.h"
#include "ledger/store.h"
#include "tests/ledger/world.h"

namespace ain::ledger {
namespace {

constexpr int64_t kEntries = 700;  // two complete tiles and a part of the third

class Tiles : public testing::Test {
 protected:
  // Blocks of many sizes, so that tiles end within, at and between them.
  Tiles() {
    const int64_t sizes[] = {1, 254, 1, 1, 255, 100, 88};
    for (const int64_t size : sizes) {
      std::vector<std::string> envelopes;
      for (int64_t i = 0; i < size; ++i) {
        envelopes.push_back(sign_transaction(world_.ledger->network(), world_.treasury.account, ++nonce_, world_.time_ms + kHourMs,
                                             Transfer{world_.other.account, micro(1), ""}, *world_.treasury.signer));
      }
      for (const Applied& applied : world_.ledger->submit(envelopes, world_.time_ms)) EXPECT_EQ(applied.refusal, Refusal::none);
    }
    for (int64_t at = 0; at < kEntries;) {
      for (const LogEntry& entry : world_.ledger->log(at)) {
        entries_.push_back(log_bytes(entry.envelope, entry.height, entry.time_ms, entry.writes));
        leaves_.push_back(merkle_leaf(entries_.back()));
        ++at;
      }
    }
  }
  Digest root(int64_t size) const { return merkle_root(std::span(leaves_).first(static_cast<size_t>(size))); }
  std::string hashes(int64_t begin, int64_t count) const {
    std::string bytes;
    for (int64_t i = begin; i < begin + count; ++i) bytes += as_view(leaves_.at(static_cast<size_t>(i)));
    return bytes;
  }

  World world_;
  int64_t nonce_ = 0;
  std::vector<std::string> entries_;
  std::vector<Digest> leaves_;
};

// RFC 9162, 2.1.4.2: what somebody who has only the two roots does with a consistency proof.
bool is_consistent(int64_t first, int64_t second, const Digest& first_root, const Digest& second_root, std::vector<Digest> path) {
  if (first == second) return path.empty() && first_root == second_root;
  if ((first & (first - 1)) == 0) path.insert(path.begin(), first_root);
  int64_t fn = first - 1, sn = second - 1;
  for (; fn & 1; fn >>= 1) sn >>= 1;
  if (path.empty()) return false;
  Digest fr = path[0], sr = path[0];
  for (size_t i = 1; i < path.size(); ++i) {
    if (sn == 0) return false;
    if ((fn & 1) || fn == sn) {
      fr = merkle_node(path[i], fr);
      sr = merkle_node(path[i], sr);
      for (; !(fn & 1) && fn != 0; fn >>= 1) sn >>= 1;
    } else {
      sr = merkle_node(sr, path[i]);
    }
    fn >>= 1;
    sn >>= 1;
  }
  return sn == 0 && fr == first_root && sr == second_root;
}

TEST_F(Tiles, HoldTheHashesOfTheirLevel) {
  ASSERT_EQ(world_.ledger->size(), kEntries);
  EXPECT_EQ(world_.ledger->tile(0, 0, kTileWidth), hashes(0, 256));
  EXPECT_EQ(world_.ledger->tile(0, 1, kTileWidth), hashes(256, 256));
  EXPECT_EQ(world_.ledger->tile(0, 2, 188), hashes(512, 188));
  EXPECT_EQ(world_.ledger->tile(0, 1, 7), hashes(256, 7));  // a part of a complete one
  std::string above(as_view(merkle_root(std::span(leaves_).first(256))));
  above += as_view(merkle_root(std::span(leaves_).subspan(256, 256)));
  EXPECT_EQ(world_.ledger->tile(1, 0, 2), above);
}

TEST_F(Tiles, ThatAreNotThereYetAreNothing) {
  for (const auto& [level, number, width] : std::vector<std::tuple<int, int64_t, int64_t>>{
           {0, 2, 189}, {0, 2, kTileWidth}, {0, 3, 1}, {1, 0, 3}, {2, 0, 1}, {0, -1, 1}, {0, 0, 0}, {0, 0, 257}, {-1, 0, 1}, {7, 0, 1},
           {6, 0, 1}, {0, INT64_MAX, 1}, {0, INT64_MAX / 256 + 1, 1}}) {
    EXPECT_FALSE(world_.ledger->tile(level, number, width)) << level << " " << number << " " << width;
  }
  EXPECT_FALSE(world_.ledger->entries(2, 189));
  EXPECT_FALSE(world_.ledger->entries(INT64_MAX, 1));
}

TEST_F(Tiles, AStateIsNamedWhereABlockEnded) {
  EXPECT_EQ(world_.ledger->state_at(kEntries), (StateAt{7, world_.ledger->root()}));
  EXPECT_EQ(world_.ledger->state_at(255), (StateAt{2, *world_.ledger->log(254).at(0).root}));
  for (const int64_t size : {int64_t{2}, int64_t{254}, int64_t{699}, kEntries + 1, int64_t{-1}}) {
    EXPECT_FALSE(world_.ledger->state_at(size)) << size;
  }
  EXPECT_EQ(world_.ledger->state_at(0), (StateAt{0, World().ledger->root()}));
}

TEST_F(Tiles, OfEntriesHoldWhatWasHashed) {
  const std::string bytes = *world_.ledger->entries(2, 188);
  size_t at = 0;
  for (size_t i = 512; i < 700; ++i) {
    const size_t size = static_cast<unsigned char>(bytes.at(at)) * 256u + static_cast<unsigned char>(bytes.at(at + 1));
    ASSERT_EQ(bytes.substr(at + 2, size), entries_[i]);
    at += 2 + size;
  }
  EXPECT_EQ(at, bytes.size());
}

TEST_F(Tiles, EveryEntryHasItsPath) {
  Database db = open_store_readonly(world_.folder.path() / "ledger");
  for (const int64_t size : {int64_t{1}, int64_t{2}, int64_t{255}, int64_t{256}, int64_t{257}, int64_t{513}, kEntries}) {
    for (int64_t index = 0; index < size; index += 1 + size / 37) {
      EXPECT_EQ(inclusion_path(db, index, size), merkle_path(std::span(leaves_).first(static_cast<size_t>(size)), static_cast<uint64_t>(index)))
          << index << " of " << size;
    }
  }
}

TEST_F(Tiles, ALogThatHasOnlyGrownProvesIt) {
  for (const int64_t second : {int64_t{2}, int64_t{256}, int64_t{257}, int64_t{511}, kEntries}) {
    for (int64_t first = 1; first <= second; first += 1 + second / 29) {
      const std::vector<Digest> path = world_.ledger->consistency(first, second);
      EXPECT_TRUE(is_consistent(first, second, root(first), root(second), path)) << first << " to " << second;
      EXPECT_FALSE(is_consistent(first, second, sha256("another log"), root(second), path));
    }
  }
  EXPECT_TRUE(world_.ledger->consistency(0, kEntries).empty());
  EXPECT_THROW(world_.ledger->consistency(1, kEntries + 1), Error);
  EXPECT_THROW(world_.ledger->consistency(2, 1), Error);
  EXPECT_THROW(world_.ledger->consistency(-1, 1), Error);
}

}  // namespace
}  // namespace ain::ledger
