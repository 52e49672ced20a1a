#include "ledger/machine.h"

#include "ledger/escrow.h"

namespace ain::ledger {
namespace {

// What holds for a transaction of any type.
Outcome admit(const Context& at) {
  const Transaction& tx = at.tx;
  if (tx.network != at.rules.network) {
    return refuse(Refusal::wrong_network, fmt::format("it is for network '{}'", tx.network));
  }
  if (tx.valid_until_ms < at.block.time_ms) return refuse(Refusal::expired, "its valid_until has passed");
  if (tx.valid_until_ms - at.block.time_ms > kValidForMaxMs) {
    return refuse(Refusal::expired,
                  fmt::format("its valid_until lies more than {} h ahead", kValidForMaxMs / 3'600'000));
  }
  if (account_of(tx.key) != tx.account) return refuse(Refusal::wrong_key);
  AccountRow sender = at.state.account(tx.account);
  if (tx.nonce != sender.nonce + 1) {
    return refuse(Refusal::bad_nonce,
                  fmt::format("its nonce is {}, the account's next is {}", tx.nonce, sender.nonce + 1));
  }
  // A key is judged once, when its account first speaks; it cannot change afterwards.
  if (sender.nonce == 0 && !is_safe_key(tx.key)) return refuse(Refusal::unsafe_key);
  return {};
}

Outcome run(const Context& at, const Faucet&) {
  const Rules& rules = at.rules;
  if (rules.faucet == Amount()) return refuse(Refusal::no_faucet);
  if (at.tx.account == rules.treasury) return refuse(Refusal::self_payment, "the treasury is the faucet");
  if (at.state.account(at.tx.account).faucet_taken) return refuse(Refusal::faucet_taken);
  if (!debit(at.state, rules.treasury, rules.faucet))
    return refuse(Refusal::insufficient_funds, "the treasury is empty");
  credit(at.state, at.tx.account, rules.faucet);
  AccountRow row = at.state.account(at.tx.account);
  row.faucet_taken = true;
  at.state.put(row);
  return {};
}

Outcome run(const Context& at, const Transfer& body) {
  if (body.to == at.tx.account) return refuse(Refusal::self_payment);
  if (body.amount <= Amount()) return refuse(Refusal::bad_amount, "a transfer must be of more than nothing");
  if (!debit(at.state, at.tx.account, body.amount)) {
    return refuse(Refusal::insufficient_funds,
                  fmt::format("the account holds {}, the transfer is of {}",
                              at.state.account(at.tx.account).available.text(), body.amount.text()));
  }
  credit(at.state, body.to, body.amount);
  return {};
}

Outcome run(const Context& at, const Offer& body) {
  size_t others = 0;
  for (const OfferState& other : at.state.offers_of(at.tx.account)) {
    if (other.offer.node == body.node) continue;
    // Nodes that are gone for good do not count for ever.
    if (other.expires_ms <= at.block.time_ms) {
      at.state.erase_offer(other.account, other.offer.node);
    } else {
      ++others;
    }
  }
  if (others >= kOffersPerAccountMax) {
    return refuse(Refusal::too_many, fmt::format("the account offers {} nodes already", others));
  }
  at.state.put(OfferState{at.tx.account, body, at.block.time_ms + body.valid_for_ms});
  return {};
}

Outcome run(const Context& at, const OfferWithdraw& body) {
  if (!at.state.offer(at.tx.account, body.node)) return refuse(Refusal::unknown_offer);
  at.state.erase_offer(at.tx.account, body.node);
  return {};
}

Outcome run(const Context& at, const AttributionRegister& body) {
  Digest digest = body.attribution.digest();
  if (at.state.attribution(digest)) return refuse(Refusal::exists, "that attribution is already registered");
  at.state.put(digest, at.tx.account, body.attribution);
  return {};
}

Outcome run(const Context& at, const EscrowOpen& body) { return open_escrow(at, body); }
Outcome run(const Context& at, const LeaseAccept& body) { return accept_lease(at, body); }
Outcome run(const Context& at, const Settle& body) { return settle(at, body); }
Outcome run(const Context& at, const Release& body) { return release(at, body); }
Outcome run(const Context& at, const Reap& body) { return reap(at, body); }

Outcome run_all(const Context& at) {
  if (Outcome outcome = admit(at); !outcome.ok()) return outcome;
  Outcome outcome = std::visit([&](const auto& body) { return run(at, body); }, at.tx.body);
  if (!outcome.ok()) return outcome;
  AccountRow sender = at.state.account(at.tx.account);
  sender.nonce = at.tx.nonce;
  at.state.put(sender);
  AIN_ASSERT(at.state.imbalance() == Amount());
  return outcome;
}

}  // namespace

Rules rules_of(const Genesis& genesis) {
  return {network_id(genesis), account_of(genesis.treasury), genesis.faucet, genesis.supply};
}

Outcome refuse(Refusal refusal, std::string reason) {
  if (reason.empty()) reason = refusal_text(refusal);
  return {refusal, std::move(reason)};
}

void credit(State& state, const AccountId& account, Amount amount) {
  AccountRow row = state.account(account);
  row.available += amount;
  state.put(row);
}

bool debit(State& state, const AccountId& account, Amount amount) {
  AccountRow row = state.account(account);
  if (row.available < amount) return false;
  row.available -= amount;
  state.put(row);
  return true;
}

void start(State& state, const Rules& rules) { credit(state, rules.treasury, rules.supply); }

Outcome apply(State& state, const Rules& rules, const Transaction& tx, const BlockContext& block) {
  AIN_ASSERT(!state.dirty());
  try {
    Outcome outcome = run_all({state, rules, tx, block});
    if (!outcome.ok()) state.discard();
    return outcome;
  } catch (...) {
    state.discard();
    throw;
  }
}

}  // namespace ain::ledger
