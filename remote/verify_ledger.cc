#include "remote/verify_ledger.h"

#include <algorithm>
#include <span>

#include "base/text.h"
#include "ledger/log.h"
#include "ledger/replay.h"
#include "remote/alarm.h"
#include "remote/known_log.h"

namespace ain::remote {
namespace {

// The checkpoint says how long the log is meant to be; what was appended since is left for the next time.
void replay(LedgerClient& node, int64_t size, int64_t earlier, ledger::Replay& replay, ledger::Verification& verified) {
  while (replay.size() < size) {
    const auto entries = node.log(replay.size());
    if (entries.empty()) {
      fail(ErrorKind::verification, "transaction {}: not in the node's log, whose checkpoint has {}", replay.size(), size);
    }
    const int64_t wanted = std::min(std::ssize(entries), size - replay.size());
    replay.apply(std::span(entries).first(static_cast<size_t>(wanted)), [&] {
      if (replay.size() == earlier) verified.earlier_log_root = replay.log_root();
    });
  }
}

void verify_fetched(LedgerClient& node, const Network& network, int64_t earlier, ledger::Replay& replayed,
                    ledger::Verification& verified) {
  verified.report.checkpoint = node.checkpoint();
  const auto checkpoint = ledger::open_checkpoint(verified.report.checkpoint, network.id(), network.genesis.sequencer);
  if (!checkpoint) fail(ErrorKind::verification, "the node's checkpoint is not signed by the key that keeps the ledger");
  replay(node, checkpoint->size, earlier, replayed, verified);
  if (replayed.log_root() != checkpoint->root) {
    fail(ErrorKind::verification, "transaction {}: the log up to it is not that of the node's checkpoint", replayed.size() - 1);
  }
  if (ledger::StateAt{replayed.height(), replayed.root()} != checkpoint->state) {
    fail(ErrorKind::verification, "transaction {}: the state after it is not that of the node's checkpoint", replayed.size() - 1);
  }
}

ledger::Verification verify_node(LedgerClient& node, const Network& network, int64_t earlier) {
  ledger::Verification verified;
  ledger::Replay replayed(network.genesis);
  if (earlier == 0) verified.earlier_log_root = replayed.log_root();
  try {
    verify_fetched(node, network, earlier, replayed, verified);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::verification) throw;
    verified.report.problems.push_back(sanitize(error.message()));
  }
  verified.report.transactions = replayed.size();
  verified.report.height = replayed.height();
  verified.report.root = replayed.root();
  verified.log_root = replayed.log_root();
  return verified;
}

ledger::Verification verify_here(const Paths& paths, const std::filesystem::path& folder, const Network& network, int64_t earlier) {
  std::unique_ptr<Signer> key;
  if (std::filesystem::exists(node_key_file(paths))) key = load_key_file(node_key_file(paths));
  if (key && key->public_key() != network.genesis.sequencer) key.reset();
  return ledger::verify_folder(folder, network.genesis, earlier, key.get());
}

}  // namespace

ledger::VerifyReport verify_ledger(const Paths& paths, const Network& network, const std::function<LedgerClient&()>& reach) {
  const auto memory = verified_log_file(paths, network);
  const KnownLog earlier = read_known_log(memory);
  const auto folder = ledger_folder(paths, network.name);
  ledger::Verification verified = ledger::holds_ledger(folder) ? verify_here(paths, folder, network, earlier.size)
                                                               : verify_node(reach(), network, earlier.size);
  std::vector<std::string>& problems = verified.report.problems;
  // Damage that has been found already explains a difference by itself.
  if (problems.empty() && earlier.size > 0 && verified.earlier_log_root != earlier.root) {
    problems.push_back(fmt::format("transaction {}: the ledger was rewritten: the log up to it is not the one that was verified here before",
                                   std::min(earlier.size, verified.report.transactions + 1) - 1));
  }
  // What a follower of this home has found out is no longer to be seen in its store, which ends before it.
  if (const auto alarm = raised_alarm(alarm_file(paths, network.name))) problems.push_back(alarm->message);
  // The checkpoint is signed by who keeps the ledger: a later one that contradicts it is evidence.
  if (problems.empty()) write_known_log(memory, {verified.report.transactions, verified.log_root}, {{"checkpoint", verified.report.checkpoint}});
  return verified.report;
}

}  // namespace ain::remote
