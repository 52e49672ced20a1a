// This home's index of what repositories showed first (repo/copies/first_seen.h): what is pushed from here or cloned to here is in it.
#pragma once

#include <memory>

#include "cli/context.h"
#include "repo/copies/claim.h"
#include "repo/copies/first_seen.h"
#include "repo/identity.h"

namespace ain::cli {

// Null as long as nothing was registered.
std::unique_ptr<repo::FirstSeen> first_seen_if_any(const Paths& paths);

// Registers a commit of a repository with what it shows; says so only when it fails, as nothing depends on it here: nothing then.
std::optional<repo::FingerprintClaim> register_first_seen(Context& context, const repo::Repository& repository, const repo::Identity& identity,
                                                          const repo::ObjectId& commit);

}  // namespace ain::cli
