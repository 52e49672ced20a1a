// What a transaction is about, so that its history can be asked for by repository, escrow or job. Internal to the ledger.
#pragma once

#include <string>
#include <vector>

#include "ledger/state.h"
#include "ledger/transaction.h"

namespace ain::ledger {

// Ids as raw bytes, sorted, each once. Of a transaction that has just been applied and not yet accepted.
std::vector<std::string> subjects_of(State& state, const Transaction& tx);

}  // namespace ain::ledger
