#include "tests/sim/ledger/machine.h"

#include "ledger/store.h"

namespace ain::ledger::sim {

Machine::Machine() : db_(open_scratch_store()), state_(db_) {}

void Machine::begin(const Setup& setup) {
  rules_ = {kNetwork, setup.treasury, Amount::micro(setup.faucet), Amount::micro(setup.supply), setup.parameters};
  db_.exec("BEGIN");
  start(state_, rules_);
  flush();
  db_.exec("SAVEPOINT block");
}

void Machine::end() {
  db_.exec("ROLLBACK");
  state_.forget();
  tree_.clear();
}

void Machine::flush() {
  state_.flush([this](const std::string& key, const std::optional<std::string>& value) { tree_.set(key, value); });
}

void Machine::commit_block() {
  flush();
  db_.exec("RELEASE block; SAVEPOINT block");
}

void Machine::crash(Crash when) {
  if (when == Crash::before_commit) flush();
  db_.exec("ROLLBACK TO block");
  state_.forget();
  rebuild_root();
}

void Machine::rebuild_root() {
  tree_.clear();
  each_state_row(db_, [this](const std::string& key, const std::optional<std::string>& value) { tree_.set(key, value); });
}

}  // namespace ain::ledger::sim
