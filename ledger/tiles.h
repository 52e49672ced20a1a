// The log in pieces that anybody can cache and check: C2SP tlog-tiles. A tile of level L holds up to 256 hashes, each the root of 256^L
// leaves; an entries tile holds the log's entries themselves. Complete ones never change. From them come the proofs that an entry is in
// the log and that a log has only grown. Internal to the ledger.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/sqlite.h"
#include "ledger/limits.h"
#include "ledger/log.h"

namespace ain::ledger {

// Writes the tiles that the log's growth from `before` to `after` entries has completed, inside the caller's SQL transaction; `leaves` are
// the hashes of the new entries.
void write_tiles(Database& db, int64_t before, const std::vector<Digest>& leaves);

// `width` hashes from the beginning of a tile of a log of `size` entries, 1..256; nothing where the log has not so many.
std::optional<std::string> read_tile(Database& db, int64_t size, int level, int64_t number, int64_t width);
// The entries of an entries tile: each two bytes of length, big-endian, and its bytes.
std::optional<std::string> read_entries(Database& db, int64_t size, int64_t number, int64_t width);

// RFC 6962: from an entry's leaf to the root of a log of `size` entries; from the root of its first `earlier` ones to that.
std::vector<Digest> inclusion_path(Database& db, int64_t index, int64_t size);
std::vector<Digest> consistency_path(Database& db, int64_t earlier, int64_t size);
Digest prefix_root(Database& db, int64_t size);  // of the first `size` entries

}  // namespace ain::ledger
