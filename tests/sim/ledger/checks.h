// The nine properties (docs/ledger.md), on the machine's own records, and that it agrees with the model. Each says what does not hold, or
// nothing.
#pragma once

#include <optional>
#include <random>
#include <string>

#include "tests/sim/ledger/machine.h"
#include "tests/sim/ledger/model.h"

namespace ain::ledger::sim {

class Checks {
 public:
  explicit Checks(int64_t supply) : supply_(supply) {}

  // After a transaction that the machine took, before it accepts it: what was moved.
  std::string moved(State& state, const Transaction& tx, const Model& model) const;
  // After every transaction: all the money of every holder, the nonces, every escrow that the transaction names or has opened.
  std::string money(State& state, const Model& model) const;
  std::string account(State& state, const AccountId& account, const Model& model) const;
  std::string escrow(State& state, const Digest& id, const Model& model);
  // Everything else there is: keys, bonds, offers, attributions, pools, repositories, claims, parameters. Between transactions.
  std::string records(State& state, const Model& model);

 private:
  std::string split(const EscrowState& row, const Attribution& attribution);
  std::string payment(const EscrowState& row, const ModelEscrow& expected);

  int64_t supply_;
  std::map<Digest, Digest> closed_;  // escrow -> the transaction that closed it
  std::mt19937_64 shuffling_{1};
};

}  // namespace ain::ledger::sim
