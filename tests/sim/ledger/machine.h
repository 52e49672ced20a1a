// The ledger's own machine with a store and a state root, as the ledger runs it: transactions go into blocks, blocks into the store, and a
// crash loses the block at hand. All histories share one scratch database; each is one SQL transaction, rolled back at its end.
#pragma once

#include <set>

#include "base/sqlite.h"
#include "ledger/machine.h"
#include "ledger/state.h"
#include "ledger/state_root.h"
#include "tests/sim/ledger/model.h"

namespace ain::ledger::sim {

class Machine {
 public:
  Machine();

  void begin(const Setup& setup);  // another history
  void end();
  const Rules& rules() const { return rules_; }
  State& state() { return state_; }

  Outcome apply(const Transaction& tx, const BlockContext& block) { return ledger::apply(state_, rules_, tx, block); }
  void commit_block();             // the accepted ones reach the store
  enum class Crash { before_flush, before_commit };
  void crash(Crash when);          // back to the last committed block
  Digest root() { return tree_.root(); }
  void rebuild_root();             // from the rows of the store, as a node does when it starts
  Amount total() { return total_money(db_); }  // of what is in the store

 private:
  void flush();
  void set(const std::string& key, const std::optional<std::string>& value);
  void empty_tree();               // row by row: clear() writes four MiB, too slow for every history

  Database db_;
  State state_;
  StateRoot tree_;
  std::set<std::string> rows_;     // in the tree
  const Digest empty_root_;
  Rules rules_;
};

}  // namespace ain::ledger::sim
