#include "ledger/machine.h"

#include "ledger/rules.h"

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
    return refuse(Refusal::expired, fmt::format("its valid_until lies more than {} h ahead", kValidForMaxMs / kHourMs));
  }
  if (Outcome outcome = check_key(at); !outcome.ok()) return outcome;
  const int64_t next = at.state.account(tx.account).nonce + 1;
  if (tx.nonce != next) return refuse(Refusal::bad_nonce, fmt::format("its nonce is {}, the account's next is {}", tx.nonce, next));
  return {};
}

Outcome run_all(State& state, const Rules& rules, const Transaction& tx, const BlockContext& block) {
  const Context first{state, rules, tx, block, 0};
  if (Outcome outcome = admit(first); !outcome.ok()) return outcome;
  AccountRow sender = state.account(tx.account);
  sender.nonce = tx.nonce;
  state.put(sender);
  for (size_t i = 0; i < tx.bodies.size(); ++i) {
    const Context at{state, rules, tx, block, i};
    Outcome outcome = std::visit([&](const auto& body) { return run(at, body); }, tx.bodies[i]);
    if (outcome.ok()) continue;
    if (tx.batch) outcome.reason = fmt::format("item {} ({}): {}", i + 1, type_name(tx.bodies[i]), outcome.reason);
    return outcome;
  }
  return {};
}

}  // namespace

Rules rules_of(const Genesis& genesis) {
  return {network_id(genesis), account_of(genesis.treasury), genesis.faucet, genesis.supply, genesis.parameters};
}

Outcome refuse(Refusal refusal, std::string reason) {
  if (reason.empty()) reason = refusal_text(refusal);
  return {refusal, std::move(reason)};
}

Parameters Context::parameters() const {
  const auto changed = state.get<ParametersState>(kParametersKey);
  return changed ? changed->parameters : rules.parameters;
}

void start(State& state, const Rules& rules) {
  state.mint(Holder::of(rules.treasury), rules.supply);
  state.accept();
}

Outcome apply(State& state, const Rules& rules, const Transaction& tx, const BlockContext& block) {
  AIN_ASSERT(!state.dirty());
  try {
    Outcome outcome = run_all(state, rules, tx, block);
    if (!outcome.ok()) state.discard();
    return outcome;
  } catch (...) {
    state.discard();
    throw;
  }
}

}  // namespace ain::ledger
