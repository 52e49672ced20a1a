// The log of somebody's ledger as it comes over the wire, and its replay. The first byte: entries as they are; or entries that an honest
// ledger made (made_ledger.h), with what a liar changes in one of them.
#include "ledger/ledger.h"
#include "ledger/replay.h"
#include "ledger/state_root.h"
#include "tests/fuzz/made_ledger.h"

namespace ain::ledger {
namespace {

std::optional<LogEntry> read_entry(std::string_view text) {
  const auto entry = value_or_error([&] { return log_entry_from_json(parse_json(text, "entry")); });
  if (!entry) return entry;
  const LogEntry again = log_entry_from_json(to_json(*entry));
  must(again.index == entry->index && again.height == entry->height && again.time_ms == entry->time_ms && again.envelope == entry->envelope);
  must(again.writes == entry->writes && again.root == entry->root);
  return entry;
}

// False when the replay refuses it.
bool replays(Replay& replay, const LogEntry& entry) {
  return value_or_error([&] { return replay.apply({&entry, 1}), true; }).has_value();
}

void entries_as_they_are(Input& input) {
  std::optional<Replay> replay;
  while (!input.at_end()) {
    const auto entry = read_entry(input.text());
    if (!entry) continue;
    if (!replay) replay.emplace(made_genesis());
    if (!replays(*replay, *entry)) return;
  }
}

// Says whether it has changed anything.
bool change(LogEntry& entry, Input& input) {
  const LogEntry honest = entry;
  const int64_t by = static_cast<int8_t>(input.byte());
  switch (input.below(6)) {
    case 0: entry.index += by; break;
    case 1: entry.height += by; break;
    case 2: entry.time_ms -= std::abs(by); break;
    case 3: entry.writes[static_cast<size_t>(std::abs(by)) % 32] ^= 1; break;
    case 4: entry.root = sha256(entry.envelope); break;
    default: entry.envelope[static_cast<size_t>(std::abs(by)) % entry.envelope.size()] ^= 1;
  }
  return entry.index != honest.index || entry.height != honest.height || entry.time_ms < honest.time_ms || entry.writes != honest.writes ||
         entry.root != honest.root || entry.envelope != honest.envelope;
}

// Each transaction is a block of its own.
void honest_entries(Input& input) {
  static MadeLedger ledger;
  ledger.begin();
  StateRoot tree;
  Replay replay(made_genesis());
  LogTree log;
  const auto set = [&](const std::string& key, const std::optional<std::string>& value) { tree.set(key, value); };
  each_state_row(ledger.database(), set);
  const auto lie_at = static_cast<int64_t>(input.byte());  // past the end: nobody lies
  int64_t last_ms = 0;
  while (!input.at_end()) {
    const MadeLedger::Step step = ledger.step(input);
    if (!step.tx || !step.outcome.ok()) continue;
    ledger.flush(set);
    LogEntry entry{log.size(), step.block.height, step.block.time_ms, step.envelope, step.writes, tree.root()};
    // A block's time may be any from the last one's on, as far as nothing that it decides comes out otherwise.
    if (log.size() == lie_at && change(entry, input)) {
      const bool only_time = entry.time_ms < step.block.time_ms && entry.time_ms >= last_ms;
      must(only_time || !replays(replay, entry));
      return;
    }
    must(replays(replay, entry));
    log.append(log_leaf(entry.envelope, entry.height, entry.time_ms, entry.writes));
    last_ms = entry.time_ms;
    must(replay.root() == tree.root() && replay.log_root() == log.root() && replay.size() == log.size());
    const auto stored = LogTree::from_bytes(log.bytes());
    must(stored && stored->root() == log.root());
  }
}

}  // namespace
}  // namespace ain::ledger

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace ain::ledger;
  ain::Input input(data, size);
  if (input.below(2) == 0) entries_as_they_are(input);
  else honest_entries(input);
  return 0;
}
