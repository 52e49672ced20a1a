// The log of applied transactions as an append-only Merkle tree (RFC 6962), and its checkpoints (C2SP tlog-checkpoint, a
// signed note by the sequencer's key whose origin and key name are the network id).
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/hash.h"
#include "base/ids.h"
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
// "<origin>\n<size>\n<base64 root>\n<extension>\n"
std::string checkpoint_body(const std::string& origin, const LogTree& log, const StateAt& state);
// With "\n— <origin> <base64 signature>\n" when there is a key.
std::string sign_checkpoint(std::string body, const std::string& origin, const Signer* sequencer);
std::string make_checkpoint(const std::string& origin, const LogTree& log, const StateAt& state, const Signer* sequencer);

struct Checkpoint {
  int64_t size = 0;
  Digest root{};
  StateAt state;
};
// Nothing unless it is a checkpoint of that origin with a valid signature by `key`; other signature lines are passed over.
std::optional<Checkpoint> open_checkpoint(std::string_view text, std::string_view origin, const PublicKey& key);

// A witness's word that a checkpoint's log was, at that time, the longest that it had seen, and an extension of all before: C2SP
// tlog-cosignature, cosignature/v1. Its name is the id of the witness's node, which is its key.
struct Cosignature {
  NodeId witness;
  int64_t time_s = 0;   // since 1970
  std::string line;     // "— node1… BASE64\n", as it stands under the checkpoint
};
Cosignature cosign(std::string_view checkpoint, const Signer& witness, int64_t time_s);
// Those under a checkpoint that hold, in their order; one a witness. Whose word counts is the reader's to say: of others nothing is verified.
using WitnessFilter = std::function<bool(const NodeId&)>;
std::vector<Cosignature> open_cosignatures(std::string_view checkpoint, const WitnessFilter& counts = {});
// The checkpoint with that key's line alone under it; nothing unless that one holds.
std::optional<std::string> signed_alone(std::string_view checkpoint, std::string_view origin, const PublicKey& key);
// What is signed; empty for what is no signed note, or beyond kCheckpointBytesMax, kCheckpointBodyBytesMax. Of a note with more signatures than
// kCheckpointSignaturesMax none is looked at.
std::string_view body_of(std::string_view checkpoint);

}  // namespace ain::ledger
