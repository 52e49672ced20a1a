// Replays a log that somebody else keeps, from genesis, transaction by transaction: nothing that its keeper says is believed but the
// order and the times.
#pragma once

#include <functional>
#include <memory>
#include <span>

#include "ledger/ledger.h"

namespace ain::ledger {

// A log is not what its keeper says it is, from this transaction on. The message names it: "transaction INDEX (TXID): why".
class Divergence : public Error {
 public:
  Divergence(const LogEntry& entry, std::string_view why);
  Divergence(int64_t index, std::string txid, std::string_view why);  // in hex; empty: nobody has shown it
  int64_t index() const { return index_; }
  const std::string& txid() const { return txid_; }

 private:
  int64_t index_;
  std::string txid_;
};

// How far a log has been read.
struct LogPlace {
  int64_t size = 0;        // transactions
  int64_t height = 0;      // of the last one's block,
  int64_t time_ms = 0;     // and its time
  bool in_block = false;   // more of that block must follow

  void pass(const LogEntry& entry);  // throws Divergence where it cannot be the next one
};
// Internal to the ledger. Their transactions, or why they are none, in order.
std::vector<Decoded> decode_entries(std::span<const LogEntry> entries);
// Internal to the ledger. Applies the next entry of a log in its place and compares what it wrote; the caller accepts it. Throws Divergence.
class State;
struct Rules;
Transaction apply_entry(State& state, const Rules& rules, const LogEntry& entry, Decoded decoded);

class Replay {
 public:
  explicit Replay(const Genesis& genesis);
  ~Replay();

  // The log's next transactions; `applied` is called after each. Throws Divergence when one is not what its keeper says; nothing can follow then.
  void apply(std::span<const LogEntry> entries, const std::function<void()>& applied = {});

  int64_t size() const;     // transactions so far
  int64_t height() const;   // of the last one's block
  bool between_blocks() const;  // that block is complete: only then is there a root to compare
  Digest root() const;      // of the state after it
  Digest log_root() const;  // of the log up to it, as a checkpoint has it

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ain::ledger
