// A transaction's envelope. The first byte: an envelope as it is; a payload that its key has signed; or bodies of every type, one after the
// other, each signed by somebody and applied to a ledger (made_ledger.h).
#include "tests/fuzz/made_ledger.h"

namespace ain::ledger {
namespace {

// What decodes is what would be signed again.
void check_round_trip(const Transaction& tx) {
  const MadeActor* by = nullptr;
  for (const MadeActor& actor : made_actors()) {
    if (actor.signer->public_key() == tx.key) by = &actor;
  }
  if (!by) return;
  const std::string again = tx.batch ? sign_batch(tx.network, tx.account, tx.nonce, tx.valid_until_ms, {tx.bodies}, *by->signer)
                                     : sign_transaction(tx.network, tx.account, tx.nonce, tx.valid_until_ms, tx.bodies[0], *by->signer);
  if (again.size() > kEnvelopeBytesMax) return;  // it was shorter with its optional members left out
  const Transaction read = decode_transaction(again);
  must(body_json(read) == body_json(tx) && read.type() == tx.type() && read.account == tx.account && read.nonce == tx.nonce);
  must(read.network == tx.network && read.valid_until_ms == tx.valid_until_ms);
}

void decode(const std::string& envelope) {
  const auto tx = value_or_error([&] { return decode_transaction(envelope); });
  const auto stored = value_or_error([&] { return decode_stored_transaction(envelope); });
  must(!tx || (stored && stored->txid == tx->txid && tx->txid == txid_of(envelope)));
  if (tx) check_round_trip(*tx);
}

void apply_bodies(Input& input) {
  static MadeLedger ledger;
  ledger.begin();
  while (!input.at_end()) {
    const MadeLedger::Step step = ledger.step(input);
    if (!step.tx) continue;
    check_round_trip(*step.tx);
    must(!apply(ledger.state(), ledger.rules(), *step.tx, step.block).ok() || !step.outcome.ok());  // nothing happens twice
  }
  ledger.flush([](const std::string&, const std::optional<std::string>&) {});
}

}  // namespace
}  // namespace ain::ledger

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace ain::ledger;
  ain::Input input(data, size);
  switch (input.below(3)) {
    case 0: decode(std::string(input.rest())); break;
    case 1: decode(signed_bytes("ain-tx", input.rest(), *made_actors()[0].signer)); break;
    default: apply_bodies(input);
  }
  return 0;
}
