// That an account has so much: a file of text that shows without any server that its row stands in the state whose root the network's
// sequencer has signed in a checkpoint.
//   ain/balance-proof@v1
//   key <base64 of the row's key>
//   value <base64 of the row>
//   row <its place in its bucket>
//   rows <how many the bucket has>
//   <base64 hash>…                 the audit path to the bucket's root
//
//   bucket <base64 of the bucket's root>
//   <base64 hash>…                 16, to the state's root
//
//   <checkpoint>
#pragma once

#include <string>
#include <string_view>

#include "ledger/genesis.h"
#include "ledger/log.h"
#include "ledger/state_root.h"

namespace ain::ledger {

std::string write_balance_proof(std::string_view key, std::string_view value, const StatePath& path, std::string_view checkpoint);

// What a proof that holds says of an account, as of its checkpoint.
struct BalanceProof {
  AccountId account;
  Amount available;
  int64_t nonce = 0;
  Checkpoint checkpoint;
};
// Checks everything with the network's genesis alone. Throws `bad_signature` saying what does not hold.
BalanceProof open_balance_proof(std::string_view text, const Genesis& genesis);
bool is_balance_proof(std::string_view text);  // by how it begins

}  // namespace ain::ledger
