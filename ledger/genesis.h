// What a network starts from, and what its rules are. The genesis document's hash is the network's id, so two networks
// with different parameters can never be taken for one another.
#pragma once

#include <string>

#include "base/amount.h"
#include "base/ids.h"
#include "base/json.h"
#include "ledger/parameters.h"

namespace ain::ledger {

struct Genesis {
  std::string name;             // "lab": [a-z0-9-], 1..32 characters
  int64_t created_ms = 0;
  PublicKey sequencer;          // the node that orders transactions and signs checkpoints
  PublicKey treasury;           // its account holds the whole supply at the start
  Amount supply;                // 1..kAmountMax
  Amount faucet;                // given once to each account that asks; 0: no faucet
  int64_t royalty_ppm = 100'000;  // for repositories that name no royalty: 10 % of the compute price
  Parameters parameters;        // until the governors change them

  bool operator==(const Genesis&) const = default;
};

Json to_json(const Genesis& genesis);
Genesis genesis_from_json(const Json& value);  // throws `failed`

// "lab-" + the first 32 hex digits of SHA-256 over the canonical document. Every transaction names it.
std::string network_id(const Genesis& genesis);

}  // namespace ain::ledger
