// Replays a log that somebody else keeps, from genesis, transaction by transaction: nothing that its keeper says is believed but the
// order and the times.
#pragma once

#include <memory>

#include "ledger/ledger.h"

namespace ain::ledger {

class Replay {
 public:
  explicit Replay(const Genesis& genesis);
  ~Replay();

  // The log's next transaction. Throws `verification`, naming it, when it is not what its keeper says; nothing can follow then.
  void apply(const LogEntry& entry);

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
