// What a ledger answers with: receipts, checkpoints, trees, records. The first byte: one of them as it is; or a receipt whose path and
// checkpoint hold, for an entry that may be anything.
#include "base/merkle.h"
#include "ledger/ledger.h"
#include "ledger/receipt.h"
#include "tests/fuzz/made_ledger.h"

namespace ain::ledger {
namespace {

const Signer& sequencer() { return *made_actors()[1].signer; }

void receipt_as_it_is(std::string_view text) {
  const auto receipt = value_or_error([&] { return open_receipt(text, made_genesis()); });
  if (!receipt) return;
  must(receipt->index >= 0 && receipt->index < receipt->checkpoint.size && receipt->transaction.network == made_network());
}

void checkpoint(std::string_view text) {
  const auto found = open_checkpoint(text, made_network(), sequencer().public_key());
  must(!found || (found->size >= 0 && found->state.height >= 0));
}

void tree(std::string_view bytes) {
  const auto tree = LogTree::from_bytes(bytes);
  must(!tree || tree->bytes() == bytes);
}

void records(std::string_view text) {
  const auto json = value_or_error([&] { return parse_json(text, "answer"); });
  if (!json) return;
  if (const auto applied = value_or_error([&] { return applied_from_json(*json); })) must(to_json(*applied) == *json);
  if (const auto account = value_or_error([&] { return account_state_from_json(*json); })) must(to_json(*account) == *json);
  value_or_error([&] { return offer_state_from_json(*json); });
  value_or_error([&] { return escrow_state_from_json(*json); });
  value_or_error([&] { return parameters_state_from_json(*json); });
  value_or_error([&] { return genesis_from_json(*json); });
  value_or_error([&] { return attribution_from_json(*json); });
}

// `entry` among others in a log that the sequencer has signed.
void made_receipt(Input& input, bool with_envelope) {
  const size_t count = 1 + input.byte(), index = input.byte() % count;
  std::string entry(input.rest());
  if (with_envelope) entry = made_envelope(made_actors()[0], 1, kMadeStartMs, "faucet", "{}") + entry;
  std::vector<Digest> leaves(count, merkle_leaf("another"));
  leaves[index] = merkle_leaf(entry);
  LogTree log;
  for (const Digest& leaf : leaves) log.append(leaf);
  must(log.root() == merkle_root(leaves));
  const std::string signed_log = make_checkpoint(made_network(), log, {3, sha256("state")}, &sequencer());
  const auto read = open_checkpoint(signed_log, made_network(), sequencer().public_key());
  must(read && read->root == log.root() && read->size == static_cast<int64_t>(count) && read->state == StateAt{3, sha256("state")});
  const std::string text = write_receipt(entry, static_cast<int64_t>(index), merkle_path(leaves, index), signed_log);
  const auto receipt = value_or_error([&] { return open_receipt(text, made_genesis()); });
  if (!receipt) return;
  must(receipt->index == static_cast<int64_t>(index) && receipt->checkpoint.root == log.root());
  const size_t brace = entry.find('{');
  must(brace != entry.npos && log_bytes(entry.substr(0, brace), receipt->height, receipt->time_ms, receipt->writes) == entry);
}

}  // namespace
}  // namespace ain::ledger

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace ain::ledger;
  ain::Input input(data, size);
  switch (input.below(6)) {
    case 0: receipt_as_it_is(input.rest()); break;
    case 1: checkpoint(input.rest()); break;
    case 2: tree(input.rest()); break;
    case 3: records(input.rest()); break;
    case 4: made_receipt(input, true); break;
    default: made_receipt(input, false);
  }
  return 0;
}
