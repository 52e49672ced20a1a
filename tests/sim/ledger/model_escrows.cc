// The life of an escrow.
#include <algorithm>

#include "base/encoding.h"
#include "base/hash.h"
#include "tests/sim/ledger/model.h"

namespace ain::ledger::sim {
namespace {

constexpr int64_t kGrace = 600'000;

Digest id_of(const Transaction& tx, size_t item) {
  if (!tx.batch) return tx.txid;
  std::string text(as_view(tx.txid));
  for (const size_t byte : {item >> 24, item >> 16, item >> 8, item}) text.push_back(static_cast<char>(byte & 255));
  return sha256(text);
}

Int128 floor_of(int64_t a, int64_t b, int64_t divisor) { return static_cast<Int128>(a) * b / divisor; }

}  // namespace

Model::Cost Model::cost(const EscrowOpen& terms, const Royalty& royalty, int64_t fee_ppm, int64_t run_us) {
  Cost cost;
  cost.compute = floor_of(terms.price_per_second, run_us, 1'000'000);
  cost.fee = cost.compute * fee_ppm / 1'000'000;
  if (royalty.kind == RoyaltyKind::rate) cost.royalty = cost.compute * royalty.value / 1'000'000;
  if (royalty.kind == RoyaltyKind::per_run && run_us > 0) cost.royalty = royalty.value;
  if (royalty.kind == RoyaltyKind::per_hour) cost.royalty = floor_of(royalty.value, terms.units * run_us, 3'600'000'000);
  return cost;
}

Broken Model::run(const EscrowOpen& body) {
  const auto attribution = world.attributions.find(body.attribution);
  if (attribution == world.attributions.end()) return Refusal::unknown_attribution;
  ModelEscrow escrow;
  escrow.payer = tx_->account;
  escrow.payer_key = tx_->key;
  escrow.named = body.provider;
  escrow.terms = body;
  escrow.royalty = attribution->second.royalty;
  escrow.fee_ppm = world.parameters.fee_ppm;
  escrow.deadline = now_ + body.accept_within_ms;
  const int64_t deposit = body.deposit.micro();
  Broken broken;
  broken.need(cost(body, escrow.royalty, escrow.fee_ppm, body.run_us_max).total() == deposit, Refusal::bad_amount);
  broken.need(money(of_account(tx_->account)) >= deposit, Refusal::insufficient_funds);
  // A limit is of the key as it speaks for the account that pays.
  const auto key = world.keys.find(tx_->key);
  const bool limited = key != world.keys.end() && key->second.account == tx_->account && !key->second.full;
  if (limited) broken.need(key->second.spent + static_cast<Int128>(deposit) <= key->second.limit, Refusal::spend_limit);
  if (broken.any()) return broken;
  if (limited) key->second.spent += deposit;
  const Digest id = id_of(*tx_, item_);
  pay(of_account(tx_->account), of_escrow(id), deposit);
  world.escrows[id] = escrow;
  return {};
}

Broken Model::run(const LeaseAccept& body) {
  const auto found = world.escrows.find(body.escrow);
  if (found == world.escrows.end()) return Refusal::unknown_escrow;
  ModelEscrow& escrow = found->second;
  Broken broken;
  broken.need(escrow.named == AccountId{} || escrow.named == tx_->account, Refusal::not_yours);
  broken.need(escrow.phase == Phase::open, Refusal::wrong_state);
  broken.need(now_ <= escrow.deadline, Refusal::deadline_passed);
  broken.need(body.attribution == escrow.terms.attribution, Refusal::attribution_differs);
  broken.need(escrow.terms.bond.micro() == 0 || free_bond(tx_->account) >= escrow.terms.bond.micro(), Refusal::bond_needed);
  if (broken.any()) return broken;
  escrow.phase = Phase::leased;
  escrow.provider = tx_->account;
  escrow.provider_key = tx_->key;
  escrow.deadline = now_ + escrow.terms.run_within_ms + kGrace;
  return {};
}

std::optional<Model::Asked> Model::asked(ModelEscrow& escrow, const Digest& id, const std::string& voucher_text,
                                         const std::string& note_text) const {
  const auto holds = [&](const Paper* paper, Paper::Kind kind, const PublicKey& by) {
    return paper && paper->kind == kind && paper->by == by && paper->network == kNetwork && paper->escrow == id &&
           paper->run_us <= escrow.terms.run_us_max && paper->amount == floor_of(escrow.terms.price_per_second, paper->run_us, 1'000'000);
  };
  const bool provider = tx_->account == escrow.provider;
  const Paper* voucher = papers_.read(voucher_text);
  if (!holds(voucher, Paper::Kind::voucher, escrow.payer_key)) return std::nullopt;
  escrow.voucher_max = std::max(escrow.voucher_max, voucher->amount);
  if (note_text.empty()) return provider ? std::optional(Asked{voucher->run_us, voucher->run_us, voucher->final}) : std::nullopt;
  const Paper* note = papers_.read(note_text);
  if (!holds(note, Paper::Kind::note, escrow.provider_key)) return std::nullopt;
  if (!provider && (!note->final || voucher->run_us < note->run_us)) return std::nullopt;
  return Asked{std::min(voucher->run_us, note->run_us), voucher->run_us, voucher->final};
}

Broken Model::run(const Settle& body) {
  const auto found = world.escrows.find(body.escrow);
  if (found == world.escrows.end()) return Refusal::unknown_escrow;
  ModelEscrow& escrow = found->second;
  const bool leased = escrow.phase == Phase::leased, provider = tx_->account == escrow.provider;
  Broken broken;
  broken.need(leased || escrow.phase == Phase::closing, Refusal::wrong_state);
  const auto asks = asked(escrow, body.escrow, body.voucher, body.note);
  broken.need(asks.has_value(), Refusal::bad_voucher);
  if (!asks) return broken;
  // What the payer's last word is for it agrees to, and to no more that the provider has asked for.
  const int64_t pays = provider ? asks->run_us : std::max(escrow.best, asks->run_us);
  const bool agreed = asks->final && pays <= asks->signed_us;
  broken.need(leased || agreed, Refusal::wrong_state);
  if (!body.final) {
    broken.need(provider, Refusal::not_yours);
    broken.need(leased, Refusal::wrong_state);
    broken.need(asks->run_us > escrow.best, Refusal::voucher_not_higher);
    if (!broken.any()) escrow.best = asks->run_us;
    return broken;
  }
  if (broken.any()) return broken;
  escrow.best = pays;
  end_lease(body.escrow, agreed);
  return {};
}

void Model::end_lease(const Digest& id, bool agreed) {
  ModelEscrow& escrow = world.escrows.at(id);
  if (agreed || escrow.terms.dispute_within_ms == 0) return close(id, escrow.best, 0);
  escrow.phase = Phase::closing;
  escrow.deadline = now_ + escrow.terms.dispute_within_ms;
}

Broken Model::run(const Challenge& body) {
  const auto found = world.escrows.find(body.escrow);
  if (found == world.escrows.end()) return Refusal::unknown_escrow;
  ModelEscrow& escrow = found->second;
  Broken broken;
  broken.need(tx_->account == (body.evidence ? escrow.payer : escrow.provider), Refusal::not_yours);
  broken.need(escrow.phase == Phase::closing, Refusal::wrong_state);
  broken.need(now_ <= escrow.deadline, Refusal::deadline_passed);
  if (body.evidence) {
    broken.need(!world.parameters.arbiters.members.empty(), Refusal::no_arbiters);
    if (broken.any()) return broken;
    escrow.phase = Phase::disputed;
    escrow.deadline = now_ + world.parameters.resolve_within_ms;
    return {};
  }
  const auto asks = asked(escrow, body.escrow, body.voucher, "");
  broken.need(asks.has_value(), Refusal::bad_voucher);
  broken.need(!asks || asks->run_us > escrow.best, Refusal::voucher_not_higher);
  if (!broken.any()) escrow.best = asks->run_us;
  return broken;
}

Broken Model::run(const Resolve& body) {
  const auto found = world.escrows.find(body.escrow);
  if (found == world.escrows.end()) return Refusal::unknown_escrow;
  const ModelEscrow& escrow = found->second;
  const Council& arbiters = world.parameters.arbiters;
  Broken broken;
  broken.need(escrow.phase == Phase::disputed, Refusal::wrong_state);
  broken.need(now_ <= escrow.deadline, Refusal::deadline_passed);
  broken.need(body.run_us <= escrow.best && body.slash <= escrow.terms.bond, Refusal::bad_amount);
  broken.need(quorum_for(Paper::Kind::verdict, body, arbiters.members, arbiters.quorum), Refusal::no_quorum);
  if (!broken.any()) close(body.escrow, body.run_us, body.slash.micro());
  return broken;
}

Broken Model::run(const Release& body) {
  const auto found = world.escrows.find(body.escrow);
  if (found == world.escrows.end()) return Refusal::unknown_escrow;
  const ModelEscrow& escrow = found->second;
  const bool payer = tx_->account == escrow.payer, open = escrow.phase == Phase::open;
  const bool provider = tx_->account == (open ? escrow.named : escrow.provider);
  Broken broken;
  broken.need(payer || provider, Refusal::not_yours);
  broken.need(open || ((escrow.phase == Phase::leased || escrow.phase == Phase::closing) && provider), Refusal::wrong_state);
  if (!broken.any()) refund(body.escrow);
  return broken;
}

Broken Model::run(const Reap& body) {
  const auto found = world.escrows.find(body.escrow);
  if (found == world.escrows.end()) return Refusal::unknown_escrow;
  const ModelEscrow& escrow = found->second;
  if (!escrow.live()) return Refusal::wrong_state;
  if (now_ <= escrow.deadline) return Refusal::deadline_not_passed;
  if (escrow.best < 0) refund(body.escrow);  // never leased, or nobody ever said what it ran
  else if (escrow.phase == Phase::leased) end_lease(body.escrow, false);
  else close(body.escrow, escrow.best, 0);
  return {};
}

void Model::close(const Digest& id, int64_t run_us, int64_t slash) {
  ModelEscrow& escrow = world.escrows.at(id);
  const Cost costs = cost(escrow.terms, escrow.royalty, escrow.fee_ppm, run_us);
  const Attribution& attribution = world.attributions.at(escrow.terms.attribution);
  escrow.paid_us = run_us;
  escrow.slashed = slash;
  escrow.compute = static_cast<int64_t>(costs.compute);
  escrow.fee = static_cast<int64_t>(costs.fee);
  pay(of_bond(escrow.provider), of_account(escrow.payer), slash);
  pay(of_escrow(id), of_account(escrow.provider), escrow.compute);
  pay(of_escrow(id), of_account(setup_.treasury), escrow.fee);
  escrow.royalties = pay_authors(of_escrow(id), attribution, static_cast<int64_t>(costs.royalty));
  give_back(id, Phase::closed);
}

void Model::refund(const Digest& id) { give_back(id, Phase::refunded); }

void Model::give_back(const Digest& id, Phase phase) {
  ModelEscrow& escrow = world.escrows.at(id);
  escrow.refunded = escrow.terms.deposit.micro() - escrow.compute - escrow.fee - escrow.royalties;
  pay(of_escrow(id), of_account(escrow.payer), escrow.refunded);
  const auto key = world.keys.find(escrow.payer_key);
  if (key != world.keys.end() && key->second.account == escrow.payer && !key->second.full) key->second.spent -= escrow.refunded;
  escrow.phase = phase;
  ++escrow.closings;
}

}  // namespace ain::ledger::sim
