// What several must agree to before it is sent: a claim by a repository's delegates, parameters by the governors, a verdict by the
// arbiters. It goes round as one line of JSON, {network, type, body}, with the approvals so far in the body; whoever completes the quorum
// sends it.
#pragma once

#include <string_view>

#include "cli/context.h"

namespace ain::cli {

inline constexpr size_t kProposalBytesMax = 256 << 10;

// Throws `failed` or `usage` for what is no such line, or is of another network.
ledger::Body read_proposal(Context& context, std::string_view text);
// What it would do: a line, or more of them for parameters and a verdict. Throws as verdict_text (cli/verdict.h).
std::string proposal_text(Context& context, const ledger::Body& body);
// Approves it where the account has a say and has not done so, sends it when enough have, else prints it to be handed on. Throws `refused`
// for approvals that do not hold.
int put_forward(Context& context, ledger::Body body);

}  // namespace ain::cli
