// Who is paid, and how much, when a commit runs: what author, executor and provider each reckon for themselves.
#pragma once

#include <functional>
#include <optional>

#include "base/attribution.h"
#include "repo/copies/publication.h"
#include "repo/dependencies.h"
#include "repo/walk_report.h"

namespace ain::exec {

// What an attribution needs of the ledger.
struct OnLedger {
  // What was registered first of a commit of a repository (its text, hex); nothing for what nobody registered.
  std::function<std::optional<Attribution>(const std::string& repository, const std::string& commit)> registered;
  repo::Publications published = {};  // as of the same moment for all who are to agree
};

// The table of the newest work that a delegate has signed, `commit` itself included (repo::attributed_commit): what an executor adds
// before a run takes nothing from the authors. With the royalty of the same delegates (exec/royalty.h), the shares of what it
// builds on (repo/dependencies.h), and what others showed first for them. Throws `failed` for a dependency that is not registered.
Attribution attribution_of(const repo::Repository& repository, const repo::Identity& identity, const repo::ObjectId& commit,
                           int64_t network_default_ppm, const OnLedger& ledger,
                           const repo::WalkReport& report = {});

// The same as a tree, for people: each dependency with its share and table.
repo::DependencyTree dependency_tree(const repo::Repository& repository, const repo::Identity& identity, const repo::ObjectId& commit,
                                     int64_t network_default_ppm, const OnLedger& ledger,
                                     const repo::WalkReport& report = {});

// With who is paid from the pool: those beyond the heaviest kPayeesMax, whom the ledger knows by a Merkle root only.
struct Pooled {
  Attribution attribution;     // as attribution_of() gives it
  std::vector<Payee> payees;   // of its pool, by id; empty: everybody is paid directly
};
// What attribution_of() leaves out of the table; takes and throws the same.
Pooled pooled_attribution_of(const repo::Repository& repository, const repo::Identity& identity, const repo::ObjectId& commit,
                             int64_t network_default_ppm, const OnLedger& ledger, const repo::WalkReport& report = {});

}  // namespace ain::exec
