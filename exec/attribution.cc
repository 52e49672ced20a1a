#include "exec/attribution.h"

#include "exec/royalty.h"
#include "repo/authorship.h"

namespace ain::exec {
namespace {

// With all payees in the table, however many.
repo::DependencyTree undivided_tree(const repo::Repository& repository, const repo::Identity& identity, const repo::ObjectId& commit,
                                     int64_t network_default_ppm, const OnLedger& ledger,
                                     const repo::WalkReport& report) {
  const repo::ObjectId attributed = repo::attributed_commit(repository, identity, commit);
  const Attribution own = repo::to_attribution(repo::authorship(repository, identity, attributed, report, ledger.published), identity.id,
                                               royalty_of(repository, identity, commit, network_default_ppm));
  return repo::resolve_dependencies(
      own, repo::dependencies_of(repository, attributed),
      [&](const RepositoryId& id, const repo::ObjectId& of) -> std::optional<repo::KnownAttribution> {
        auto found = ledger.registered(id.text(), of);
        if (!found) return std::nullopt;
        return repo::KnownAttribution{.attribution = *std::move(found), .whole = true, .dependencies = {}};
      });
}

}  // namespace

repo::DependencyTree dependency_tree(const repo::Repository& repository, const repo::Identity& identity, const repo::ObjectId& commit,
                                     int64_t network_default_ppm, const OnLedger& ledger,
                                     const repo::WalkReport& report) {
  repo::DependencyTree tree = undivided_tree(repository, identity, commit, network_default_ppm, ledger, report);
  // Only now, as a share of a share may make the difference between who is paid directly and who from the pool.
  divide_payees(tree.attribution);
  return tree;
}

Pooled pooled_attribution_of(const repo::Repository& repository, const repo::Identity& identity, const repo::ObjectId& commit,
                             int64_t network_default_ppm, const OnLedger& ledger, const repo::WalkReport& report) {
  Pooled pooled{undivided_tree(repository, identity, commit, network_default_ppm, ledger, report).attribution, {}};
  pooled.payees = divide_payees(pooled.attribution);
  return pooled;
}

Attribution attribution_of(const repo::Repository& repository, const repo::Identity& identity, const repo::ObjectId& commit,
                           int64_t network_default_ppm, const OnLedger& ledger,
                           const repo::WalkReport& report) {
  return dependency_tree(repository, identity, commit, network_default_ppm, ledger, report).attribution;
}

}  // namespace ain::exec
