// Whether a network's ledger holds, found out on this machine: the word of the node that keeps it counts for nothing.
#pragma once

#include <functional>

#include "base/paths.h"
#include "ledger/ledger.h"
#include "remote/ledger_client.h"
#include "remote/network.h"

namespace ain::remote {

// Where this home keeps the ledger itself, its files are verified as they lie there, so that its node need not start. Elsewhere the
// log is fetched from `reach()` and replayed from the genesis that the network file pins. What held is remembered, and a log that
// does not begin with it later on is a problem: it was rewritten. So is the alarm that a follower in this home has raised.
ledger::VerifyReport verify_ledger(const Paths& paths, const Network& network, const std::function<LedgerClient&()>& reach);

}  // namespace ain::remote
