// A first bit of money, where the network gives it away.
#pragma once

#include "cli/context.h"

namespace ain::cli {

// Asks the network's faucet once when the account has nothing and has never asked; says so.
void ensure_funds(Context& context);
// Asks "WHAT? [y/N]" on the terminal, unless --yes is given. Throws `stopped` saying `undone` for any other answer, `usage` where nobody can be
// asked.
void confirm(Context& context, const std::string& what, const std::string& undone);
// Throws why there is nothing to be had.
ledger::Applied ask_faucet(Context& context);

}  // namespace ain::cli
