#include "ledger/escrow.h"

#include <algorithm>
#include <array>

#include "base/encoding.h"
#include "ledger/voucher.h"

namespace ain::ledger {
namespace {

using Next = std::optional<EscrowPhase>;
constexpr Next kNo = std::nullopt;
constexpr Next kLeased = EscrowPhase::leased, kClosed = EscrowPhase::closed,
               kRefunded = EscrowPhase::refunded;

constexpr std::array<std::array<Next, kEscrowEvents>, kEscrowPhases> kTransitions{{
    //             accept   settle   release_by_payer  release_by_provider  reap
    /* open     */ {kLeased, kNo, kRefunded, kRefunded, kRefunded},
    /* leased   */ {kNo, kClosed, kNo, kRefunded, kRefunded},
    /* closed   */ {kNo, kNo, kNo, kNo, kNo},
    /* refunded */ {kNo, kNo, kNo, kNo, kNo},
}};

Outcome wrong_state(const EscrowState& escrow) {
  return refuse(Refusal::wrong_state, fmt::format("the escrow is {}", phase_name(escrow.phase)));
}

Outcome unknown_escrow(const Digest& id) {
  return refuse(Refusal::unknown_escrow, fmt::format("there is no escrow '{}'", to_hex(id)));
}

// The only way an escrow ends: the phase changes once, by the table, and the deposit goes out whole.
void close(const Context& at, EscrowState& escrow, EscrowPhase phase, Amount refunded) {
  AIN_ASSERT(holds_money(escrow.phase) && !holds_money(phase));
  escrow.phase = phase;
  escrow.closed_by = at.tx.txid;
  escrow.refunded = refunded;
  at.state.put(escrow);
  if (refunded > Amount()) credit(at.state, escrow.payer, refunded);
}

std::optional<Amount> deposit_needed(const EscrowOpen& body, int64_t royalty_ppm) {
  try {
    return deposit_for(body.price_per_second, body.run_us_max, royalty_ppm);
  } catch (const Error&) {
    return std::nullopt;  // it leaves int64
  }
}

struct Claim {
  DebitNote note;
  Voucher voucher;
};

// Nothing when the two hold for this escrow, else why not.
std::optional<std::string> read_claim(const Context& at, const EscrowState& escrow, const Settle& body,
                                      Claim& claim) {
  try {
    claim.note = open_note(body.note, escrow.provider_key);
    claim.voucher = open_voucher(body.voucher, escrow.payer_key);
  } catch (const Error& error) {
    return error.message();
  }
  const auto& [note, voucher] = claim;
  if (note.network != at.rules.network || voucher.network != at.rules.network)
    return "it is for another network";
  if (note.escrow != escrow.id || voucher.escrow != escrow.id) return "it is for another escrow";
  if (note.run_us > escrow.terms.run_us_max) return "the note's time is more than the escrow's";
  if (note.amount != metered_amount(escrow.terms.price_per_second, note.run_us)) {
    return "the note's amount is not its time at the escrow's price";
  }
  if (at.tx.account != escrow.terms.provider) {
    if (!note.final) return "only the provider settles by a note that is not final";
    if (voucher.amount < note.amount) return "the voucher does not cover the final note";
  }
  return std::nullopt;
}

// Pays the authors by weight and returns what they got together. The table's order is by id, so is the list.
Amount pay_authors(const Context& at, EscrowState& escrow, const std::vector<Payee>& payees, Amount royalty) {
  std::vector<int64_t> shares = split_by_weight(royalty.micro(), payees);
  Amount total;
  for (size_t i = 0; i < shares.size(); ++i) {
    Amount share = Amount::micro(shares[i]);
    if (share == Amount()) continue;
    const std::string& payee = payees[i].id;
    if (is_unclaimed(payee)) {
      at.state.put_unclaimed(payee, at.state.unclaimed(payee) + share);
    } else {
      credit(at.state, AccountId::parse(payee), share);
    }
    escrow.paid_authors.push_back({payee, share});
    total += share;
  }
  return total;
}

}  // namespace

std::optional<EscrowPhase> next_phase(EscrowPhase phase, EscrowEvent event) {
  return kTransitions.at(static_cast<size_t>(phase)).at(static_cast<size_t>(event));
}

Outcome open_escrow(const Context& at, const EscrowOpen& body) {
  auto attribution = at.state.attribution(body.attribution);
  if (!attribution) return refuse(Refusal::unknown_attribution);
  auto needed = deposit_needed(body, attribution->royalty_ppm);
  if (!needed || *needed != body.deposit) {
    return refuse(Refusal::bad_amount,
                  fmt::format("the deposit must be {}", needed ? needed->text() : "smaller"));
  }
  if (!debit(at.state, at.tx.account, body.deposit)) {
    return refuse(Refusal::insufficient_funds,
                  fmt::format("the account holds {}, the deposit is {}",
                              at.state.account(at.tx.account).available.text(), body.deposit.text()));
  }
  EscrowState escrow;
  escrow.id = at.tx.txid;
  escrow.payer = at.tx.account;
  escrow.payer_key = at.tx.key;
  escrow.terms = body;
  escrow.royalty_ppm = attribution->royalty_ppm;
  escrow.opened_ms = at.block.time_ms;
  escrow.opened_height = at.block.height;
  escrow.accept_by_ms = at.block.time_ms + body.accept_within_ms;
  at.state.put(escrow);
  return {};
}

Outcome accept_lease(const Context& at, const LeaseAccept& body) {
  auto escrow = at.state.escrow(body.escrow);
  if (!escrow) return unknown_escrow(body.escrow);
  if (at.tx.account != escrow->terms.provider)
    return refuse(Refusal::not_yours, "the escrow names another provider");
  auto next = next_phase(escrow->phase, EscrowEvent::accept);
  if (!next) return wrong_state(*escrow);
  if (at.block.time_ms > escrow->accept_by_ms)
    return refuse(Refusal::deadline_passed, "the time to accept is over");
  if (body.attribution != escrow->terms.attribution) return refuse(Refusal::attribution_differs);
  escrow->phase = *next;
  escrow->provider_key = at.tx.key;
  escrow->run_by_ms = at.block.time_ms + escrow->terms.run_within_ms;
  at.state.put(*escrow);
  return {};
}

Outcome settle(const Context& at, const Settle& body) {
  auto escrow = at.state.escrow(body.escrow);
  if (!escrow) return unknown_escrow(body.escrow);
  auto next = next_phase(escrow->phase, EscrowEvent::settle);
  if (!next) return wrong_state(*escrow);
  Claim claim;
  if (auto why = read_claim(at, *escrow, body, claim)) return refuse(Refusal::bad_voucher, *why);
  auto attribution = at.state.attribution(escrow->terms.attribution);
  if (!attribution)
    fail(ErrorKind::verification, "the store lost the attribution of escrow '{}'", to_hex(escrow->id));

  const EscrowOpen& terms = escrow->terms;
  Amount compute = std::min(
      {claim.note.amount, claim.voucher.amount, metered_amount(terms.price_per_second, terms.run_us_max)});
  Amount royalty = Amount::micro(mul_div(compute.micro(), escrow->royalty_ppm, kPpm));
  Amount paid_authors = pay_authors(at, *escrow, attribution->payees, royalty);
  if (compute > Amount()) credit(at.state, terms.provider, compute);
  escrow->run_us = claim.note.run_us;
  escrow->paid_provider = compute;
  close(at, *escrow, *next, terms.deposit - compute - paid_authors);
  return {};
}

Outcome release(const Context& at, const Release& body) {
  auto escrow = at.state.escrow(body.escrow);
  if (!escrow) return unknown_escrow(body.escrow);
  bool provider = at.tx.account == escrow->terms.provider;
  if (!provider && at.tx.account != escrow->payer) return refuse(Refusal::not_yours);
  auto next =
      next_phase(escrow->phase, provider ? EscrowEvent::release_by_provider : EscrowEvent::release_by_payer);
  if (!next) return wrong_state(*escrow);
  close(at, *escrow, *next, escrow->terms.deposit);
  return {};
}

Outcome reap(const Context& at, const Reap& body) {
  auto escrow = at.state.escrow(body.escrow);
  if (!escrow) return unknown_escrow(body.escrow);
  auto next = next_phase(escrow->phase, EscrowEvent::reap);
  if (!next) return wrong_state(*escrow);
  int64_t deadline = escrow->phase == EscrowPhase::open ? escrow->accept_by_ms : escrow->run_by_ms;
  if (at.block.time_ms <= deadline) return refuse(Refusal::deadline_not_passed);
  close(at, *escrow, *next, escrow->terms.deposit);
  return {};
}

}  // namespace ain::ledger
