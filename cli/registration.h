// What a push leaves on the ledger: the repository's identity, who wrote the head, where the default branch stands, what code was shown.
#pragma once

#include "cli/context.h"
#include "repo/copies/claim.h"
#include "repo/identity.h"

namespace ain::cli {

struct Pushed {
  repo::ObjectId head;
  bool is_default_branch = false;  // its head is anchored
};

// Before the code is shown to anybody: the root over it, with the identity that it needs, so that nobody who sees it can say to have been
// first. Nothing for an account that is no delegate. As all here: what goes wrong is told, not thrown; the push stands without it.
// Returns what it is over, where that had to be reckoned.
std::optional<repo::ClaimTree> register_root(Context& context, const repo::Identity& identity, const repo::ObjectId& head);

// After it, with what it returned: what the ledger does not have yet, and what of the code fits a push.
void register_on_ledger(Context& context, const repo::Identity& identity, const Pushed& pushed, const std::optional<repo::ClaimTree>& tree);

}  // namespace ain::cli
