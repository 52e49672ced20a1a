// What the arbiters say about a dispute, before they say it.
#pragma once

#include <string>

#include "cli/context.h"

namespace ain::cli {

// Who would get what by it, a line each. Throws `failed` for an escrow that is not there, `refused` where the ledger would refuse it: no
// dispute, more than the provider asks for or the lease has locked.
std::string verdict_text(Context& context, const ledger::Resolve& verdict);

}  // namespace ain::cli
