#include "ledger/replay.h"

#include "base/encoding.h"
#include "ledger/log.h"
#include "ledger/machine.h"
#include "ledger/state.h"
#include "ledger/state_root.h"
#include "ledger/store.h"

namespace ain::ledger {

struct Replay::Impl {
  explicit Impl(const Genesis& genesis) : rules(rules_of(genesis)), scratch(open_scratch_store()), state(scratch) {
    scratch.exec("BEGIN");  // never committed: it goes with the object
    start(state, rules);
    flush();
  }
  void flush() {
    state.flush([this](const std::string& key, const std::optional<std::string>& value) { tree.set(key, value); });
  }
  void check(const LogEntry& entry);

  const Rules rules;
  Database scratch;
  State state;
  StateRoot tree;
  LogTree log;
  int64_t time_ms = 0;
};

void Replay::Impl::check(const LogEntry& entry) {
  const auto refuse = [](std::string_view why) { fail(ErrorKind::verification, "{}", why); };
  if (entry.height != log.size() + 1) refuse(fmt::format("transaction {} is missing", log.size() + 1));
  if (txid_of(entry.envelope) != entry.txid) refuse("its envelope has another hash");
  if (entry.time_ms < time_ms) refuse("its time is before the transaction's before it");
  const Outcome outcome = ledger::apply(state, rules, decode_transaction(entry.envelope), {entry.height, entry.time_ms});
  if (!outcome.ok()) refuse(fmt::format("the replay refuses it: {}", outcome.reason));
  flush();
  if (tree.root() != entry.root) refuse("its state root is not the replay's");
}

Replay::Replay(const Genesis& genesis) : impl_(std::make_unique<Impl>(genesis)) {}
Replay::~Replay() = default;

void Replay::apply(const LogEntry& entry) {
  try {
    impl_->check(entry);
  } catch (const Error& error) {
    fail(ErrorKind::verification, "transaction {} ({}): {}", entry.height, to_hex(entry.txid), error.message());
  }
  impl_->time_ms = entry.time_ms;
  impl_->log.append(log_leaf(entry.envelope, entry.root, entry.time_ms));
}

int64_t Replay::height() const { return impl_->log.size(); }
Digest Replay::root() const { return impl_->tree.root(); }
Digest Replay::log_root() const { return impl_->log.root(); }

}  // namespace ain::ledger
