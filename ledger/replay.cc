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
  int64_t height = 0, time_ms = 0;
  bool in_block = false;   // transactions of the block `height` may follow
};

void Replay::Impl::check(const LogEntry& entry) {
  const auto refuse = [](std::string_view why) { fail(ErrorKind::verification, "{}", why); };
  if (entry.index != log.size()) refuse(fmt::format("transaction {} is missing", log.size()));
  if (entry.height != (in_block ? height : height + 1)) refuse("its block is not the next one");
  if (entry.time_ms < time_ms) refuse("its time is before the transaction's before it");
  if (in_block && entry.time_ms != time_ms) refuse("its time is not its block's");
  const Outcome outcome = ledger::apply(state, rules, decode_transaction(entry.envelope), {entry.height, entry.time_ms});
  if (!outcome.ok()) refuse(fmt::format("the replay refuses it: {}", outcome.reason));
  if (state.writes() != entry.writes) refuse("what came of it is not what the replay makes of it");
  state.accept();
  if (!entry.root) return;
  flush();
  if (tree.root() != *entry.root) refuse("the state root after its block is not the replay's");
}

Replay::Replay(const Genesis& genesis) : impl_(std::make_unique<Impl>(genesis)) {}
Replay::~Replay() = default;

void Replay::apply(const LogEntry& entry) {
  try {
    impl_->check(entry);
  } catch (const Error& error) {
    fail(ErrorKind::verification, "transaction {} ({}): {}", entry.index, to_hex(txid_of(entry.envelope)), error.message());
  }
  impl_->height = entry.height;
  impl_->time_ms = entry.time_ms;
  impl_->in_block = !entry.root;
  impl_->log.append(log_leaf(entry.envelope, entry.height, entry.time_ms, entry.writes));
}

int64_t Replay::size() const { return impl_->log.size(); }
int64_t Replay::height() const { return impl_->height; }
bool Replay::between_blocks() const { return !impl_->in_block; }
Digest Replay::root() const { return impl_->tree.root(); }
Digest Replay::log_root() const { return impl_->log.root(); }

}  // namespace ain::ledger
