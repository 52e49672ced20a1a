// The log of applied transactions as an append-only Merkle tree (RFC 6962), and its checkpoints (C2SP tlog-checkpoint, a
// signed note by the sequencer's key whose origin and key name are the network id).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/hash.h"
#include "base/keys.h"

namespace ain::ledger {

// An entry of the log: the envelope followed by its deterministic result, canonical JSON {"code":0,"height":N,"time":MS,"writes":HEX};
// an envelope has no '{', so the two never run together.
std::string log_bytes(std::string_view envelope, int64_t height, int64_t time_ms, const Digest& writes);
Digest log_leaf(std::string_view envelope, int64_t height, int64_t time_ms, const Digest& writes);

// Only the roots of the complete subtrees are kept: O(log n) to hold, to append and to store.
class LogTree {
 public:
  void append(const Digest& leaf);
  int64_t size() const { return size_; }
  Digest root() const;

  std::string bytes() const;                                      // size (8 bytes, big-endian), then the subtrees' roots
  static std::optional<LogTree> from_bytes(std::string_view bytes);  // nothing for what bytes() never makes

 private:
  int64_t size_ = 0;
  std::vector<Digest> subtrees_;  // largest first: one for each bit of size_
};

// The state that a log leads to, as a checkpoint names it in its one extension line, "state <height> <base64 root>".
struct StateAt {
  int64_t height = 0;
  Digest root{};
  bool operator==(const StateAt&) const = default;
};
// "<origin>\n<size>\n<base64 root>\n<extension>\n", and "\n— <origin> <base64 signature>\n" when there is a key.
std::string make_checkpoint(const std::string& origin, const LogTree& log, const StateAt& state, const Signer* sequencer);

struct Checkpoint {
  int64_t size = 0;
  Digest root{};
  StateAt state;
};
// Nothing unless it is a checkpoint of that origin with a valid signature by `key`; other signature lines are passed over.
std::optional<Checkpoint> open_checkpoint(std::string_view text, std::string_view origin, const PublicKey& key);

}  // namespace ain::ledger
