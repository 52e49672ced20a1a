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
  Parameters parameters;   // at the start
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

// What the function of one body sees.
struct Context {
  State& state;
  const Rules& rules;
  const Transaction& tx;
  const BlockContext& block;
  size_t index = 0;        // of the body in a batch

  Digest id() const { return transaction_id(tx, index); }
  Parameters parameters() const;
};

// The state at height 0: the treasury holds the supply.
void start(State& state, const Rules& rules);
// Writes into the state's transaction layer; a refusal leaves it empty. The caller accepts it.
Outcome apply(State& state, const Rules& rules, const Transaction& tx, const BlockContext& block);

}  // namespace ain::ledger
