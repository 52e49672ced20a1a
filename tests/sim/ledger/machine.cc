#include "tests/sim/ledger/machine.h"

#include "ledger/store.h"

namespace ain::ledger::sim {

Machine::Machine() : db_(open_scratch_store()), state_(db_), empty_root_(tree_.root()) {}

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
  empty_tree();
}

void Machine::set(const std::string& key, const std::optional<std::string>& value) {
  tree_.set(key, value);
  if (value) rows_.insert(key);
  else rows_.erase(key);
}

void Machine::flush() {
  state_.flush([this](const std::string& key, const std::optional<std::string>& value) { set(key, value); });
}

void Machine::empty_tree() {
  for (const std::string& key : rows_) tree_.set(key, std::nullopt);
  rows_.clear();
  if (tree_.root() != empty_root_) fail(ErrorKind::verification, "a state without rows has not the root of none");
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
  empty_tree();
  each_state_row(db_, [this](const std::string& key, const std::optional<std::string>& value) { set(key, value); });
}

}  // namespace ain::ledger::sim
