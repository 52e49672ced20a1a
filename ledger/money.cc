// Transfers, bonds, and the offers that need them.
#include <algorithm>

#include "ledger/rules.h"

namespace ain::ledger {
namespace {

Outcome poor(const Context& at, std::string_view what, Amount needed) {
  return refuse(Refusal::insufficient_funds,
                fmt::format("the account holds {}, {} is {}", at.state.account(at.tx.account).available.text(), what, needed.text()));
}

BondState bond_of(const Context& at, const AccountId& account) {
  return at.state.get<BondState>(bond_key(account)).value_or(BondState{});
}

// A bond without anything special about it has no record; its money is in its balance.
void keep(const Context& at, const AccountId& account, const BondState& bond) {
  if (bond.locked == Amount() && bond.unbonding.empty()) at.state.erase(bond_key(account));
  else at.state.put(bond_key(account), bond);
}

Amount leaving(const BondState& bond) {
  Amount sum;
  for (const Unbonding& part : bond.unbonding) sum += part.amount;
  return sum;
}

bool offers_something(const Context& at) {
  const auto offers = at.state.offers_of(at.tx.account);
  return std::any_of(offers.begin(), offers.end(), [&](const OfferState& offer) { return offer.expires_ms > at.block.time_ms; });
}

}  // namespace

Outcome run(const Context& at, const Faucet&) {
  const Rules& rules = at.rules;
  if (rules.faucet == Amount()) return refuse(Refusal::no_faucet);
  if (at.tx.account == rules.treasury) return refuse(Refusal::self_payment, "the treasury is the faucet");
  AccountRow row = at.state.account(at.tx.account);
  if (row.faucet_taken) return refuse(Refusal::faucet_taken);
  row.faucet_taken = true;
  at.state.put(row);
  if (!at.state.move(Holder::of(rules.treasury), Holder::of(at.tx.account), rules.faucet)) {
    return refuse(Refusal::insufficient_funds, "the treasury is empty");
  }
  return {};
}

Outcome run(const Context& at, const Transfer& body) {
  if (body.to == at.tx.account) return refuse(Refusal::self_payment);
  if (body.amount <= Amount()) return refuse(Refusal::bad_amount, "a transfer must be of more than nothing");
  if (!at.state.move(Holder::of(at.tx.account), Holder::of(body.to), body.amount)) return poor(at, "the transfer", body.amount);
  return {};
}

Amount free_bond(const Context& at, const AccountId& account) {
  const BondState bond = bond_of(at, account);
  return at.state.balance(Holder::bond(account)) - bond.locked - leaving(bond);
}

void lock_bond(const Context& at, const AccountId& account, Amount amount) {
  BondState bond = bond_of(at, account);
  bond.locked += amount;
  keep(at, account, bond);
}

void unlock_bond(const Context& at, const AccountId& account, Amount amount) {
  BondState bond = bond_of(at, account);
  AIN_ASSERT(bond.locked >= amount);
  bond.locked -= amount;
  keep(at, account, bond);
}

Outcome run(const Context& at, const BondDeposit& body) {
  if (body.amount <= Amount()) return refuse(Refusal::bad_amount, "a bond must be of more than nothing");
  if (!at.state.move(Holder::of(at.tx.account), Holder::bond(at.tx.account), body.amount)) return poor(at, "the bond", body.amount);
  return {};
}

Outcome run(const Context& at, const BondUnbond& body) {
  if (body.amount <= Amount()) return refuse(Refusal::bad_amount, "there must be something to unbond");
  const Amount free = free_bond(at, at.tx.account);
  if (body.amount > free) return refuse(Refusal::bond_needed, fmt::format("only {} of the bond is free", free.text()));
  BondState bond = bond_of(at, at.tx.account);
  const Parameters parameters = at.parameters();
  if (free + bond.locked - body.amount < parameters.bond_min && offers_something(at)) {
    return refuse(Refusal::bond_needed, fmt::format("an account that offers must keep {}; withdraw the offers first", parameters.bond_min.text()));
  }
  if (bond.unbonding.size() >= kUnbondingMax) return refuse(Refusal::too_many, "as many parts of the bond as may are on their way out");
  bond.unbonding.push_back({body.amount, at.block.time_ms + parameters.unbond_within_ms});
  keep(at, at.tx.account, bond);
  return {};
}

Outcome run(const Context& at, const BondWithdraw&) {
  BondState bond = bond_of(at, at.tx.account);
  Amount due;
  std::erase_if(bond.unbonding, [&](const Unbonding& part) {
    if (part.due_ms > at.block.time_ms) return false;
    due += part.amount;
    return true;
  });
  if (due == Amount()) return refuse(Refusal::nothing_due);
  keep(at, at.tx.account, bond);
  AIN_ASSERT(at.state.move(Holder::bond(at.tx.account), Holder::of(at.tx.account), due));
  return {};
}

Outcome run(const Context& at, const Offer& body) {
  const BondState bond = bond_of(at, at.tx.account);
  const Amount standing = at.state.balance(Holder::bond(at.tx.account)) - leaving(bond), needed = at.parameters().bond_min;
  if (standing < needed) {
    return refuse(Refusal::bond_needed, fmt::format("the account has bonded {}, an offer needs {}", standing.text(), needed.text()));
  }
  size_t others = 0;
  for (const OfferState& other : at.state.offers_of(at.tx.account)) {
    if (other.offer.node == body.node) continue;
    // Nodes that are gone for good do not count for ever.
    if (other.expires_ms <= at.block.time_ms) at.state.erase(offer_key(other.account, other.offer.node));
    else ++others;
  }
  if (others >= kOffersPerAccountMax) return refuse(Refusal::too_many, fmt::format("the account offers {} nodes already", others));
  at.state.put(offer_key(at.tx.account, body.node), OfferState{at.tx.account, body, at.block.time_ms + body.valid_for_ms});
  return {};
}

Outcome run(const Context& at, const OfferWithdraw& body) {
  const std::string key = offer_key(at.tx.account, body.node);
  if (!at.state.get<OfferState>(key)) return refuse(Refusal::unknown_offer);
  at.state.erase(key);
  return {};
}

}  // namespace ain::ledger
