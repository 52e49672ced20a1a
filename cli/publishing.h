// What a repository publishes of its code, so that runs of copies pay its authors: the leaves under the root that a push has registered.
#pragma once

#include <vector>

#include "cli/context.h"
#include "repo/copies/claim.h"
#include "repo/identity.h"

namespace ain::cli {

// Of leaves, by a push: some 10,000 lines. The rest is for `ain ledger publish`.
inline constexpr size_t kPublishedAPushBytesMax = 256 << 10;

struct Unpublished {
  std::vector<ledger::FingerprintPublish> leaves;  // ready to be sent
  size_t left = 0;                                 // beyond the bound
};

// The leaves of a commit that say something new of the repository, up to so many bytes of them.
Unpublished unpublished(Context& context, const repo::Identity& identity, const repo::ObjectId& commit, const repo::ClaimTree& claim,
                        size_t bytes_max);

// Sends them in as few transactions as they fit, in this order. Throws `failed` or `refused` for the first that is not taken; those before it are.
void send_bodies(Context& context, const std::vector<ledger::Body>& bodies);

}  // namespace ain::cli
