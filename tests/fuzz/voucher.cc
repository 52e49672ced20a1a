// Notes, vouchers, approvals and proofs of keys. The first byte: as they are; or a payload that the right key has signed; or a lease's
// numbers, whose voucher and cost must hold together.
#include "ledger/approval.h"
#include "ledger/voucher.h"
#include "tests/fuzz/made_ledger.h"

namespace ain::ledger {
namespace {

const MadeActor& payer() { return made_actors()[2]; }
const MadeActor& provider() { return made_actors()[3]; }

void open(const std::string& note, const std::string& voucher) {
  if (const auto read = value_or_error([&] { return open_note(note, provider().signer->public_key()); })) {
    const DebitNote again = open_note(sign_note(*read, *provider().signer), provider().signer->public_key());
    must(again.escrow == read->escrow && again.run_us == read->run_us && again.amount == read->amount && again.final == read->final);
  }
  if (const auto read = value_or_error([&] { return open_voucher(voucher, payer().signer->public_key()); })) {
    const Voucher again = open_voucher(sign_voucher(*read, *payer().signer), payer().signer->public_key());
    must(again.escrow == read->escrow && again.run_us == read->run_us && again.amount == read->amount && again.final == read->final);
    value_or_error([&] { return fits(*read, {made_network(), read->escrow, 100, kRunWithinMaxMs * 1000}); });
  }
}

void approvals(Input& input) {
  const Claim claim{{}, unclaimed_payee("a@example.org"), payer().account, 1, {}};
  const Json agrees = agreed(made_network(), claim);
  std::vector<std::string> texts;
  while (!input.at_end() && texts.size() < kApprovalsMax) {
    const auto& actor = made_actors()[input.below(8)];
    switch (input.below(3)) {
      case 0: texts.emplace_back(input.text()); break;
      case 1: texts.push_back(signed_bytes(kClaimType, input.text(), *actor.signer)); break;
      default: texts.push_back(sign_approval(kClaimType, agrees, actor.account, *actor.signer));
    }
  }
  const auto found = open_approvals(kClaimType, agrees, texts);
  must(!found || found->size() == texts.size());
  for (const std::string& text : texts) {
    holds_key_proof(text, made_network(), payer().account, provider().signer->public_key());
  }
}

int64_t number(Input& input, int64_t most) {
  uint64_t value = 0;
  for (int i = 0; i < 8; ++i) value = value << 8 | input.byte();
  return static_cast<int64_t>(value % (static_cast<uint64_t>(most) + 1));
}

// More time never costs less, and what is too much says so.
void lease(Input& input) {
  LeaseTerms terms{number(input, kLeasePriceMax), 1 + number(input, kUnitsMax - 1), {}, number(input, kFeePpmMax)};
  terms.royalty.kind = static_cast<RoyaltyKind>(input.below(3));
  terms.royalty.value = number(input, terms.royalty.kind == RoyaltyKind::rate ? kPpm : kRoyaltyAmountMax);
  const int64_t run_us_max = number(input, kRunWithinMaxMs * 1000), run_us = number(input, run_us_max);
  const auto most = value_or_error([&] { return cost_of(terms, run_us_max).total(); });
  if (!most) return;
  const Cost cost = cost_of(terms, run_us);
  must(cost.total() <= *most && cost.compute == metered_amount(terms.price_per_second, run_us));
  const Voucher voucher{made_network(), sha256("escrow"), 1, run_us, cost.compute, false};
  const LeaseBounds bounds{made_network(), voucher.escrow, terms.price_per_second, run_us_max};
  must(fits(voucher, bounds));
  if (cost.compute.micro() > kAmountMax) return;  // no voucher can say it
  must(fits(open_voucher(sign_voucher(voucher, *payer().signer), payer().signer->public_key()), bounds));
}

}  // namespace
}  // namespace ain::ledger

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace ain::ledger;
  ain::Input input(data, size);
  switch (input.below(4)) {
    case 0: open(std::string(input.rest()), std::string(input.rest())); break;
    case 1: open(signed_bytes("ain-note", input.rest(), *provider().signer), signed_bytes("ain-voucher", input.rest(), *payer().signer)); break;
    case 2: approvals(input); break;
    default: lease(input);
  }
  return 0;
}
