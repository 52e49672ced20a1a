// What a push leaves on the ledger: the repository's identity, who wrote the head, where the default branch stands, what code was shown.
#pragma once

#include "cli/context.h"
#include "repo/identity.h"

namespace ain::cli {

struct Pushed {
  repo::ObjectId head;
  bool is_default_branch = false;  // its head is anchored
};

// Sends what the ledger does not have yet, and says so; nothing for an account that is no delegate. The push stands without it: what goes wrong
// is told, not thrown.
void register_on_ledger(Context& context, const repo::Identity& identity, const Pushed& pushed);

}  // namespace ain::cli
