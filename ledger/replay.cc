#include "ledger/replay.h"

#include "base/encoding.h"
#include "ledger/log.h"
#include "ledger/machine.h"
#include "ledger/refusal.h"
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
  void apply(const LogEntry& entry, Decoded decoded);
  void flush() {
    state.flush([this](const std::string& key, const std::optional<std::string>& value) { tree.set(key, value); });
  }

  const Rules rules;
  Database scratch;
  State state;
  StateRoot tree;
  LogTree log;
  LogPlace place;
};

Divergence::Divergence(const LogEntry& entry, std::string_view why) : Divergence(entry.index, to_hex(txid_of(entry.envelope)), why) {}
Divergence::Divergence(int64_t index, std::string txid, std::string_view why)
    : Error(ErrorKind::verification, fmt::format("transaction {}{}: {}", index, txid.empty() ? "" : " (" + txid + ")", why)),
      index_(index),
      txid_(std::move(txid)) {}

void LogPlace::pass(const LogEntry& entry) {
  if (entry.index != size) throw Divergence(entry, fmt::format("transaction {} is missing", size));
  if (entry.height != (in_block ? height : height + 1)) throw Divergence(entry, "its block is not the next one");
  if (entry.time_ms < time_ms) throw Divergence(entry, "its time is before the transaction's before it");
  if (in_block && entry.time_ms != time_ms) throw Divergence(entry, "its time is not its block's");
  if (entry.time_ms > kTimeMaxMs / 2) throw Divergence(entry, "its time is beyond all times");
  *this = {size + 1, entry.height, entry.time_ms, !entry.root};
}

void Replay::Impl::apply(const LogEntry& entry, Decoded decoded) {
  place.pass(entry);
  apply_entry(state, rules, entry, std::move(decoded));
  state.accept();
  log.append(log_leaf(entry.envelope, entry.height, entry.time_ms, entry.writes));
  if (!entry.root) return;
  flush();
  if (tree.root() != *entry.root) throw Divergence(entry, "the state root after its block is not the replay's");
}

std::vector<Decoded> decode_entries(std::span<const LogEntry> entries) {
  std::vector<std::string> envelopes;
  for (const LogEntry& entry : entries) envelopes.push_back(entry.envelope);
  return decode_transactions(envelopes);
}

Transaction apply_entry(State& state, const Rules& rules, const LogEntry& entry, Decoded decoded) {
  if (decoded.refusal != Refusal::none) throw Divergence(entry, decoded.reason);
  const Outcome outcome = ledger::apply(state, rules, decoded.tx, {entry.height, entry.time_ms});
  if (!outcome.ok()) throw Divergence(entry, fmt::format("the replay refuses it: {}", outcome.reason));
  if (state.writes() != entry.writes) throw Divergence(entry, "what came of it is not what the replay makes of it");
  return std::move(decoded.tx);
}

Replay::Replay(const Genesis& genesis) : impl_(std::make_unique<Impl>(genesis)) {}
Replay::~Replay() = default;

void Replay::apply(std::span<const LogEntry> entries, const std::function<void()>& applied) {
  std::vector<Decoded> decoded = decode_entries(entries);
  for (size_t i = 0; i < entries.size(); ++i) {
    impl_->apply(entries[i], std::move(decoded[i]));
    if (applied) applied();
  }
}

int64_t Replay::size() const { return impl_->log.size(); }
int64_t Replay::height() const { return impl_->place.height; }
bool Replay::between_blocks() const { return !impl_->place.in_block; }
Digest Replay::root() const { return impl_->tree.root(); }
Digest Replay::log_root() const { return impl_->log.root(); }

}  // namespace ain::ledger
