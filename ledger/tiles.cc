#include "ledger/tiles.h"

#include <array>
#include <bit>

#include "base/encoding.h"
#include "base/merkle.h"
#include "ledger/store.h"

namespace ain::ledger {
namespace {

// How many leaves one hash of a level stands for.
int64_t leaves_of(int level) { return int64_t{1} << (8 * level); }

[[noreturn]] void damaged() { fail_with_hint(ErrorKind::verification, "run 'ain ledger verify'", "the ledger's store holds a damaged tile"); }

std::vector<Digest> hashes_of(std::string_view bytes) {
  if (bytes.size() % sizeof(Digest) != 0) damaged();
  std::vector<Digest> hashes;
  for (size_t at = 0; at < bytes.size(); at += sizeof(Digest)) hashes.push_back(*to_array<32>(bytes.substr(at, sizeof(Digest))));
  return hashes;
}

std::string bytes_of(const std::vector<Digest>& hashes) {
  std::string bytes;
  for (const Digest& hash : hashes) bytes += as_view(hash);
  return bytes;
}

// Leaf hashes [begin, end), from the entries themselves.
std::vector<Digest> leaves_between(Database& db, int64_t begin, int64_t end) {
  Statement rows = db.prepare(
      "SELECT tx.envelope, tx.height, block.time_ms, tx.writes FROM tx JOIN block ON block.height = tx.height WHERE tx.idx >= ? AND tx.idx < ? ORDER BY tx.idx");
  rows.bind(begin).bind(end);
  std::vector<Digest> leaves;
  while (rows.step()) {
    const auto writes = to_array<32>(rows.blob(3));
    if (!writes) damaged();
    leaves.push_back(log_leaf(rows.text(0), rows.integer(1), rows.integer(2), *writes));
  }
  return leaves;
}

// The first `count` hashes of a tile: a complete tile is stored, the last of each level is made from the level below.
std::vector<Digest> hashes_in(Database& db, int level, int64_t number, int64_t count) {
  Statement row = db.prepare("SELECT hashes FROM tile WHERE level = ? AND number = ?");
  if (row.bind(level).bind(number).step()) {
    std::vector<Digest> hashes = hashes_of(row.blob(0));
    if (std::ssize(hashes) != kTileWidth) damaged();
    hashes.resize(static_cast<size_t>(count));
    return hashes;
  }
  const int64_t first = number * kTileWidth;
  if (level == 0) return leaves_between(db, first, first + count);
  std::vector<Digest> hashes;
  for (int64_t i = 0; i < count; ++i) hashes.push_back(merkle_root(hashes_in(db, level - 1, first + i, kTileWidth)));
  return hashes;
}

// The root of the leaves [begin, end), whose number is a power of two that divides `begin`: a few hashes of one tile.
Digest subtree(Database& db, int64_t begin, int64_t end) {
  const int64_t size = end - begin;
  const int level = (std::bit_width(static_cast<uint64_t>(size)) - 1) / 8;
  const int64_t each = leaves_of(level), first = begin / each;
  const int64_t offset = first % kTileWidth, count = size / each;
  std::vector<Digest> hashes = hashes_in(db, level, first / kTileWidth, offset + count);
  if (std::ssize(hashes) != offset + count) damaged();
  hashes.erase(hashes.begin(), hashes.begin() + static_cast<std::ptrdiff_t>(offset));
  return merkle_root(hashes);
}

// The largest power of two smaller than `size`.
int64_t split_of(int64_t size) { return static_cast<int64_t>(std::bit_floor(static_cast<uint64_t>(size - 1))); }

// The root of any leaves [begin, end), where `begin` is where a subtree of the whole begins.
Digest range_root(Database& db, int64_t begin, int64_t end) {
  if (end == begin) return merkle_empty();
  if (std::has_single_bit(static_cast<uint64_t>(end - begin))) return subtree(db, begin, end);
  const int64_t middle = begin + split_of(end - begin);
  return merkle_node(range_root(db, begin, middle), range_root(db, middle, end));
}

void add_path(Database& db, int64_t index, int64_t begin, int64_t end, std::vector<Digest>& path) {
  if (end - begin == 1) return;
  const int64_t middle = begin + split_of(end - begin);
  if (index < middle) {
    add_path(db, index, begin, middle, path);
    path.push_back(range_root(db, middle, end));
  } else {
    add_path(db, index, middle, end, path);
    path.push_back(range_root(db, begin, middle));
  }
}

// RFC 6962's SUBPROOF; `known`: the earlier log is exactly this subtree so far, whose root the asker has.
void add_consistency(Database& db, int64_t earlier, int64_t begin, int64_t end, bool known, std::vector<Digest>& path) {
  if (earlier == end) {
    if (!known) path.push_back(range_root(db, begin, end));
    return;
  }
  const int64_t middle = begin + split_of(end - begin);
  if (earlier <= middle) {
    add_consistency(db, earlier, begin, middle, known, path);
    path.push_back(range_root(db, middle, end));
  } else {
    add_consistency(db, earlier, middle, end, false, path);
    path.push_back(range_root(db, begin, middle));
  }
}

bool has_tile(int64_t size, int64_t each, int64_t number, int64_t width) {
  if (number < 0 || width < 1 || width > kTileWidth || number > size / each) return false;
  return number * kTileWidth + width <= size / each;
}

}  // namespace

void write_tiles(Database& db, int64_t before, const std::vector<Digest>& leaves) {
  const int64_t after = before + std::ssize(leaves);
  Statement insert = db.prepare("INSERT INTO tile (level, number, hashes) VALUES (?, ?, ?)");
  for (int level = 0; level < kTileLevelsMax; ++level) {
    const int64_t tile = leaves_of(level) * kTileWidth;
    if (after / tile == before / tile) return;
    for (int64_t number = before / tile; number < after / tile; ++number) {
      std::vector<Digest> hashes;
      if (level == 0) {
        // What was there before this growth stands in the store already, the rest is at hand.
        const int64_t begin = number * kTileWidth, old_end = std::max(begin, before);
        hashes = leaves_between(db, begin, old_end);
        hashes.insert(hashes.end(), leaves.begin() + static_cast<std::ptrdiff_t>(old_end - before),
                      leaves.begin() + static_cast<std::ptrdiff_t>(begin + kTileWidth - before));
      } else {
        hashes = hashes_in(db, level, number, kTileWidth);
      }
      insert.reset();
      insert.bind(level).bind(number).bind_blob(bytes_of(hashes)).run();
    }
  }
}

std::optional<std::string> read_tile(Database& db, int64_t size, int level, int64_t number, int64_t width) {
  if (level < 0 || level >= kTileLevelsMax || !has_tile(size, leaves_of(level), number, width)) return std::nullopt;
  return bytes_of(hashes_in(db, level, number, width));
}

std::optional<std::string> read_entries(Database& db, int64_t size, int64_t number, int64_t width) {
  if (!has_tile(size, 1, number, width)) return std::nullopt;
  Statement rows = db.prepare(
      "SELECT tx.envelope, tx.height, block.time_ms, tx.writes FROM tx JOIN block ON block.height = tx.height WHERE tx.idx >= ? ORDER BY tx.idx LIMIT ?");
  rows.bind(number * kTileWidth).bind(width);
  std::string bytes;
  while (rows.step()) {
    const auto writes = to_array<32>(rows.blob(3));
    if (!writes) damaged();
    const std::string entry = log_bytes(rows.text(0), rows.integer(1), rows.integer(2), *writes);
    bytes.push_back(static_cast<char>(entry.size() >> 8));
    bytes.push_back(static_cast<char>(entry.size() & 0xff));
    bytes += entry;
  }
  return bytes;
}

std::vector<Digest> inclusion_path(Database& db, int64_t index, int64_t size) {
  AIN_ASSERT(index >= 0 && index < size);
  std::vector<Digest> path;
  add_path(db, index, 0, size, path);
  return path;
}

Digest prefix_root(Database& db, int64_t size) { return range_root(db, 0, size); }

std::vector<Digest> consistency_path(Database& db, int64_t earlier, int64_t size) {
  AIN_ASSERT(earlier >= 0 && earlier <= size);
  std::vector<Digest> path;
  if (earlier > 0 && earlier < size) add_consistency(db, earlier, 0, size, true, path);
  return path;
}

}  // namespace ain::ledger
