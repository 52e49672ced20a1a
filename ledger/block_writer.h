// The side of a ledger that writes: blocks into the store, and the state and its tree along with them. One thread at a time. Internal
// to the ledger.
#pragma once

#include <exception>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "ledger/ledger.h"
#include "ledger/machine.h"
#include "ledger/query.h"
#include "ledger/state.h"
#include "ledger/state_root.h"
#include "ledger/store.h"

namespace ain::ledger {

inline constexpr const char* kVerifyHint = "see what is wrong with it: ain ledger verify";

// A transaction on its way into a block. Whoever submitted it waits until it is done (ledger/write_queue.h).
struct Waiting {
  Transaction tx;
  std::string envelope;
  int64_t time_ms = 0;
  Applied applied;
  std::exception_ptr error;
  bool used_nonce = false;  // its account had used its nonce before: it may be one of old that comes again
  bool done = false;
};

class BlockWriter {
 public:
  // Creates the store, or opens it; throws `verification` when it holds another network.
  BlockWriter(const std::filesystem::path& folder, const Genesis& genesis);

  // One block of what waits; each gets its answer or its error.
  void write(const std::vector<Waiting*>& block);
  // Blocks of a log that another node keeps, as it made them (Ledger::follow).
  void follow(const std::vector<LogEntry>& entries, const Ledger::Approval& approve);
  // Brings the tree to the store's last block: at the first one, after a failure, and when another process has written. Throws `verification`
  // when the state is not what the last block left.
  void load_tree(const Tip& tip);
  std::optional<StatePath> path(const std::string& key) { return tree_.path(key); }  // of the tree as it was loaded or written last

  Database& database() { return db_; }
  int64_t size() const { return size_; }  // of the log as it is durable

 private:
  struct Block;
  void apply_block(const std::vector<Waiting*>& waiting);
  void follow_blocks(const std::vector<LogEntry>& entries, const Ledger::Approval& approve);
  void take(Block& block, const Transaction& tx, const std::string& envelope);
  void store(Block& block, LogTree& log);

  const Rules rules_;
  const std::filesystem::path folder_;
  Database db_;
  State state_;
  LogWriter log_writer_;
  StateRoot tree_;
  std::optional<int64_t> tree_height_;  // the height the tree stands at; nothing: to be rebuilt
  int64_t size_ = 0;
};

}  // namespace ain::ledger
