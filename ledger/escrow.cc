#include "ledger/escrow.h"

#include <algorithm>
#include <array>

#include "base/encoding.h"
#include "ledger/approval.h"
#include "ledger/rules.h"
#include "ledger/voucher.h"

namespace ain::ledger {
namespace {

using Next = std::optional<EscrowPhase>;
constexpr Next kNo = std::nullopt;
constexpr Next kLeased = EscrowPhase::leased, kClosing = EscrowPhase::closing, kDispute = EscrowPhase::disputed,
               kClosed = EscrowPhase::closed, kRefund = EscrowPhase::refunded;

constexpr std::array<std::array<Next, kEscrowEvents>, kEscrowPhases> kTransitions{{
    //             accept   settle    agreed   higher    evidence  resolve  by_payer  by_provider  reap
    /* open     */ {kLeased, kNo, kNo, kNo, kNo, kNo, kRefund, kRefund, kRefund},
    /* leased   */ {kNo, kClosing, kClosed, kNo, kNo, kNo, kNo, kRefund, kClosing},
    /* closing  */ {kNo, kNo, kClosed, kClosing, kDispute, kNo, kNo, kRefund, kClosed},
    /* disputed */ {kNo, kNo, kNo, kNo, kNo, kClosed, kNo, kNo, kClosed},
    /* closed   */ {kNo, kNo, kNo, kNo, kNo, kNo, kNo, kNo, kNo},
    /* refunded */ {kNo, kNo, kNo, kNo, kNo, kNo, kNo, kNo, kNo},
}};

Outcome wrong_state(const EscrowState& escrow) {
  return refuse(Refusal::wrong_state, fmt::format("the escrow is {}", phase_name(escrow.phase)));
}

Outcome unknown_escrow(const Digest& id) {
  return refuse(Refusal::unknown_escrow, fmt::format("there is no escrow '{}'", to_hex(id)));
}

void keep(const Context& at, const EscrowState& escrow) { at.state.put(escrow_key(escrow.id), escrow); }

// The only way an escrow ends. What it holds goes out whole: `run_us` of the lease to provider, authors and network, the rest back.
void close(const Context& at, EscrowState escrow, EscrowPhase phase, int64_t run_us, Amount slash) {
  AIN_ASSERT(holds_money(escrow.phase) && !holds_money(phase));
  const Holder held = Holder::escrow(escrow.id), payer = Holder::of(escrow.payer);
  State& state = at.state;
  if (escrow.phase != EscrowPhase::open && escrow.terms.bond > Amount()) {
    unlock_bond(at, escrow.provider, escrow.terms.bond);
    AIN_ASSERT(slash <= escrow.terms.bond && state.move(Holder::bond(escrow.provider), payer, slash));
  }
  if (phase == EscrowPhase::closed) {
    const auto attribution = state.get<AttributionState>(attribution_key(escrow.terms.attribution));
    if (!attribution) fail(ErrorKind::verification, "the store lost the attribution of escrow '{}'", to_hex(escrow.id));
    const Cost cost = cost_of(escrow.lease_terms(), run_us);
    AIN_ASSERT(state.move(held, Holder::of(escrow.provider), cost.compute));
    AIN_ASSERT(state.move(held, Holder::of(at.rules.treasury), cost.fee));
    escrow.paid_authors = pay_authors(at, held, attribution->attribution, cost.royalty);
    escrow.run_us = run_us;
    escrow.paid_provider = cost.compute;
    escrow.fee = cost.fee;
  }
  escrow.refunded = state.balance(held);
  AIN_ASSERT(state.move(held, payer, escrow.refunded));
  unspend(at, escrow.payer_key, escrow.payer, escrow.refunded);
  escrow.slashed = slash;
  escrow.phase = phase;
  escrow.deadline_ms = 0;
  escrow.closed_by = at.tx.txid;
  keep(at, escrow);
}

// The lease is over: it closes by `best_us`, at once where the payer has agreed or wants no time for a dispute.
void end_lease(const Context& at, EscrowState escrow, bool agreed) {
  if (agreed || escrow.terms.dispute_within_ms == 0) return close(at, escrow, EscrowPhase::closed, escrow.best_us, {});
  escrow.phase = EscrowPhase::closing;
  escrow.deadline_ms = at.block.time_ms + escrow.terms.dispute_within_ms;
  keep(at, escrow);
}

// What a voucher, and a note that may stand beside it, ask for.
struct Asked {
  int64_t run_us = 0;
  int64_t agreed_us = -1;  // what the payer has signed that it has nothing against; -1: it has not
  std::string problem;     // or why they do not hold
};

Asked read_asked(const Context& at, const EscrowState& escrow, const std::string& voucher_jws, const std::string& note_jws) {
  const auto no = [](std::string why) { return Asked{0, -1, std::move(why)}; };
  const LeaseBounds lease{at.rules.network, escrow.id, escrow.terms.price_per_second, escrow.terms.run_us_max};
  try {
    const Voucher voucher = open_voucher(voucher_jws, escrow.payer_key);
    if (!fits(voucher, lease)) return no("the voucher is for another escrow, or its amount is not its time at the escrow's price");
    Asked asked{voucher.run_us, voucher.final ? voucher.run_us : -1, ""};
    const bool provider = at.tx.account == escrow.provider;
    if (note_jws.empty()) return provider ? asked : no("only the provider settles by the voucher alone");
    const DebitNote note = open_note(note_jws, escrow.provider_key);
    if (!fits(note, lease)) return no("the note is for another escrow, or its amount is not its time at the escrow's price");
    if (!provider && !note.final) return no("only the provider settles by a note that is not final");
    if (!provider && voucher.run_us < note.run_us) return no("the voucher does not cover the final note");
    asked.run_us = std::min(asked.run_us, note.run_us);
    return asked;
  } catch (const Error& error) {
    return no(error.message());
  }
}

std::optional<Amount> deposit_needed(const LeaseTerms& terms, int64_t run_us_max) {
  try {
    return cost_of(terms, run_us_max).total();
  } catch (const Error&) {
    return std::nullopt;  // it leaves int64
  }
}

}  // namespace

std::optional<EscrowPhase> next_phase(EscrowPhase phase, EscrowEvent event) {
  return kTransitions.at(static_cast<size_t>(phase)).at(static_cast<size_t>(event));
}

bool holds_money(EscrowPhase phase) { return phase != EscrowPhase::closed && phase != EscrowPhase::refunded; }

Outcome run(const Context& at, const EscrowOpen& body) {
  const auto attribution = at.state.get<AttributionState>(attribution_key(body.attribution));
  if (!attribution) return refuse(Refusal::unknown_attribution);
  EscrowState escrow;
  escrow.id = at.id();
  escrow.payer = at.tx.account;
  escrow.payer_key = at.tx.key;
  escrow.terms = body;
  escrow.royalty = attribution->attribution.royalty;
  escrow.fee_ppm = at.parameters().fee_ppm;
  escrow.opened_ms = at.block.time_ms;
  escrow.deadline_ms = at.block.time_ms + body.accept_within_ms;
  const auto needed = deposit_needed(escrow.lease_terms(), body.run_us_max);
  if (!needed || *needed != body.deposit) {
    return refuse(Refusal::bad_amount, fmt::format("the deposit must be {}", needed ? needed->text() : "smaller"));
  }
  if (!spend(at, body.deposit)) return refuse(Refusal::spend_limit);
  if (!at.state.move(Holder::of(at.tx.account), Holder::escrow(escrow.id), body.deposit)) {
    return refuse(Refusal::insufficient_funds, fmt::format("the account holds {}, the deposit is {}",
                                                           at.state.account(at.tx.account).available.text(), body.deposit.text()));
  }
  keep(at, escrow);
  return {};
}

Outcome run(const Context& at, const LeaseAccept& body) {
  auto escrow = at.state.get<EscrowState>(escrow_key(body.escrow));
  if (!escrow) return unknown_escrow(body.escrow);
  const bool anybody = escrow->terms.provider == AccountId{};
  if (!anybody && at.tx.account != escrow->terms.provider) return refuse(Refusal::not_yours, "the escrow names another provider");
  const auto next = next_phase(escrow->phase, EscrowEvent::accept);
  if (!next) return wrong_state(*escrow);
  if (at.block.time_ms > escrow->deadline_ms) return refuse(Refusal::deadline_passed, "the time to accept is over");
  if (body.attribution != escrow->terms.attribution) return refuse(Refusal::attribution_differs);
  if (escrow->terms.bond > Amount()) {
    const Amount free = free_bond(at, at.tx.account);
    if (free < escrow->terms.bond) {
      return refuse(Refusal::bond_needed, fmt::format("{} of the bond is free, the lease locks {}", free.text(), escrow->terms.bond.text()));
    }
    lock_bond(at, at.tx.account, escrow->terms.bond);
  }
  escrow->phase = *next;
  escrow->provider = at.tx.account;
  escrow->provider_key = at.tx.key;
  escrow->deadline_ms = at.block.time_ms + escrow->terms.run_within_ms + kReapGraceMs;
  keep(at, *escrow);
  return {};
}

Outcome run(const Context& at, const Settle& body) {
  auto escrow = at.state.get<EscrowState>(escrow_key(body.escrow));
  if (!escrow) return unknown_escrow(body.escrow);
  if (escrow->phase != EscrowPhase::leased && escrow->phase != EscrowPhase::closing) return wrong_state(*escrow);
  const Asked asked = read_asked(at, *escrow, body.voucher, body.note);
  if (!asked.problem.empty()) return refuse(Refusal::bad_voucher, asked.problem);
  // A provider may ask for less than it could have; nobody else may take away what it has been promised already.
  const int64_t paid_us = at.tx.account == escrow->provider ? asked.run_us : std::max(escrow->best_us, asked.run_us);
  const bool agreed = paid_us <= asked.agreed_us;
  if (!next_phase(escrow->phase, agreed ? EscrowEvent::settle_agreed : EscrowEvent::settle)) {
    return asked.agreed_us < 0 ? wrong_state(*escrow) : refuse(Refusal::wrong_state, "the payer agrees to less than the provider asks for");
  }
  if (!body.final) {
    if (at.tx.account != escrow->provider) return refuse(Refusal::not_yours, "only the provider keeps a voucher for later");
    if (escrow->phase != EscrowPhase::leased) return wrong_state(*escrow);
    if (asked.run_us <= escrow->best_us) return refuse(Refusal::voucher_not_higher);
    escrow->best_us = asked.run_us;
    keep(at, *escrow);
    return {};
  }
  escrow->best_us = paid_us;
  end_lease(at, *escrow, agreed);
  return {};
}

Outcome run(const Context& at, const Challenge& body) {
  auto escrow = at.state.get<EscrowState>(escrow_key(body.escrow));
  if (!escrow) return unknown_escrow(body.escrow);
  const bool evidence = body.evidence.has_value();
  if (at.tx.account != (evidence ? escrow->payer : escrow->provider)) return refuse(Refusal::not_yours);
  const auto next = next_phase(escrow->phase, evidence ? EscrowEvent::evidence : EscrowEvent::higher_voucher);
  if (!next) return wrong_state(*escrow);
  if (at.block.time_ms > escrow->deadline_ms) return refuse(Refusal::deadline_passed, "the time to challenge is over");
  if (evidence) {
    const Parameters parameters = at.parameters();
    if (parameters.arbiters.members.empty()) return refuse(Refusal::no_arbiters);
    escrow->evidence = *body.evidence;
    escrow->deadline_ms = at.block.time_ms + parameters.resolve_within_ms;
  } else {
    const Asked asked = read_asked(at, *escrow, body.voucher, "");
    if (!asked.problem.empty()) return refuse(Refusal::bad_voucher, asked.problem);
    if (asked.run_us <= escrow->best_us) return refuse(Refusal::voucher_not_higher);
    escrow->best_us = asked.run_us;
  }
  escrow->phase = *next;
  keep(at, *escrow);
  return {};
}

Outcome run(const Context& at, const Resolve& body) {
  auto escrow = at.state.get<EscrowState>(escrow_key(body.escrow));
  if (!escrow) return unknown_escrow(body.escrow);
  if (!next_phase(escrow->phase, EscrowEvent::resolve)) return wrong_state(*escrow);
  if (at.block.time_ms > escrow->deadline_ms) return refuse(Refusal::deadline_passed, "the arbiters' time is over");
  if (body.run_us > escrow->best_us) return refuse(Refusal::bad_amount, "the verdict pays more than the provider asks for");
  if (body.slash > escrow->terms.bond) return refuse(Refusal::bad_amount, "the verdict slashes more than the lease has locked");
  const Council arbiters = at.parameters().arbiters;
  if (auto missing = missing_quorum(at, kVerdictType, agreed(at.rules.network, body), body.approvals, arbiters.members, arbiters.quorum)) {
    return *missing;
  }
  close(at, *escrow, EscrowPhase::closed, body.run_us, body.slash);
  return {};
}

Outcome run(const Context& at, const Release& body) {
  auto escrow = at.state.get<EscrowState>(escrow_key(body.escrow));
  if (!escrow) return unknown_escrow(body.escrow);
  const bool open = escrow->phase == EscrowPhase::open;
  const bool provider = at.tx.account == (open ? escrow->terms.provider : escrow->provider);
  if (!provider && at.tx.account != escrow->payer) return refuse(Refusal::not_yours);
  if (!next_phase(escrow->phase, provider ? EscrowEvent::release_by_provider : EscrowEvent::release_by_payer)) return wrong_state(*escrow);
  close(at, *escrow, EscrowPhase::refunded, 0, {});
  return {};
}

Outcome run(const Context& at, const Reap& body) {
  auto escrow = at.state.get<EscrowState>(escrow_key(body.escrow));
  if (!escrow) return unknown_escrow(body.escrow);
  if (!next_phase(escrow->phase, EscrowEvent::reap)) return wrong_state(*escrow);
  if (at.block.time_ms <= escrow->deadline_ms) return refuse(Refusal::deadline_not_passed);
  if (escrow->phase == EscrowPhase::open || escrow->best_us < 0) {
    close(at, *escrow, EscrowPhase::refunded, 0, {});
  } else if (escrow->phase == EscrowPhase::leased) {
    end_lease(at, *escrow, false);
  } else {
    close(at, *escrow, EscrowPhase::closed, escrow->best_us, {});
  }
  return {};
}

}  // namespace ain::ledger
