// The state machine: apply() is a pure function of the state, the rules, one decoded transaction with a valid signature, and
// the block it stands in. No clock, thread, float, locale, network or randomness. Internal to the ledger.
#pragma once

#include <string>

#include "ledger/genesis.h"
#include "ledger/refusal.h"
#include "ledger/state.h"
#include "ledger/transaction.h"

namespace ain::ledger {

struct Rules {
  std::string network;
  AccountId treasury;
  Amount faucet;
  Amount supply;
};
Rules rules_of(const Genesis& genesis);

struct BlockContext {
  int64_t height = 0;
  int64_t time_ms = 0;
};

struct Outcome {
  Refusal refusal = Refusal::none;
  std::string reason;

  bool ok() const { return refusal == Refusal::none; }
};
Outcome refuse(Refusal refusal, std::string reason = {});  // without a reason: refusal_text()

// What one transaction type's function sees.
struct Context {
  State& state;
  const Rules& rules;
  const Transaction& tx;
  const BlockContext& block;
};

// The state at height 0: the treasury holds the supply.
void start(State& state, const Rules& rules);
// Writes into `state` without flushing it; a refusal leaves it as it was.
Outcome apply(State& state, const Rules& rules, const Transaction& tx, const BlockContext& block);

// Shared by the functions of all types.
void credit(State& state, const AccountId& account, Amount amount);
// False, and nothing happens, when the account holds less.
bool debit(State& state, const AccountId& account, Amount amount);

}  // namespace ain::ledger
