#include "repo/dependencies.h"

#include <algorithm>
#include <map>

#include "base/amount.h"
#include "base/text.h"

namespace ain::repo {
namespace {

constexpr int64_t kUnitsPerPpm = kDependencyUnits / kPpm;

void add_split(std::map<std::string, int64_t>& weights, int64_t units, const std::vector<Payee>& payees) {
  const std::vector<int64_t> parts = split_by_weight(units, payees);
  for (size_t i = 0; i < parts.size(); ++i) weights[payees[i].id] += parts[i];
}

// All with a weight, by id.
std::vector<Payee> to_payees(const std::map<std::string, int64_t>& weights) {
  std::vector<Payee> payees;
  for (const auto& [id, weight] : weights) {
    if (weight > 0) payees.push_back({id, weight});
  }
  return payees;
}

// As they are named outside of their own repository.
std::vector<Payee> payees_of_dependency(const Attribution& attribution) {
  std::vector<Payee> payees = attribution.payees;
  for (Payee& payee : payees) payee.id = payee_of_dependency(payee.id, attribution.repository);
  return payees;
}

// Looks up and combines, from the leaves; `path_` is the way from the root to what is being looked at.
class Resolver {
 public:
  explicit Resolver(const AttributionLookup& lookup) : lookup_(lookup) {}

  DependencyTree whole(const Attribution& own, const std::vector<Dependency>& dependencies) {
    path_.push_back(own.repository);
    DependencyTree tree;
    std::vector<DependencyTable> tables;
    for (const Dependency& dependency : dependencies) {
      tree.dependencies.push_back(resolve(dependency));
      tables.push_back({tree.dependencies.back().attribution, dependency.share_ppm});
    }
    tree.attribution = with_dependencies(own, tables);
    path_.pop_back();
    return tree;
  }

 private:
  DependencyTree resolve(const Dependency& dependency) {
    const std::string repository = dependency.repository.text();
    refuse_cycle(repository);
    if (path_.size() > static_cast<size_t>(kDependencyDepthMax)) {
      fail_with_hint(ErrorKind::failed, "register the attribution of one in between: what is registered is not looked into",
                     "dependencies lie more than {} deep: {}", kDependencyDepthMax, way_to(repository));
    }
    if (++looked_up_ > kDependencyLookupsMax) {
      fail(ErrorKind::failed, "the dependencies and theirs are more than {}", kDependencyLookupsMax);
    }
    const auto known = lookup_(dependency.repository, dependency.commit);
    if (!known) fail_unknown(dependency);
    if (known->attribution.repository != repository || known->attribution.commit != dependency.commit) {
      fail(ErrorKind::verification, "the attribution found for the dependency '{}' is another commit's", dependency.name);
    }
    DependencyTree tree = known->whole ? DependencyTree{} : whole(known->attribution, known->dependencies);
    if (known->whole) tree.attribution = known->attribution;
    tree.name = dependency.name;
    tree.share_ppm = dependency.share_ppm;
    tree.registered = known->whole;
    return tree;
  }

  // No commit can name one that names it; but two repositories could pass money in a circle through their older commits.
  void refuse_cycle(const std::string& repository) const {
    if (std::find(path_.begin(), path_.end(), repository) == path_.end()) return;
    fail_with_hint(ErrorKind::failed, "take one of these out of [dependencies] in ain.toml",
                   "the dependencies go in a circle: {}", way_to(repository));
  }
  std::string way_to(const std::string& repository) const { return join(path_, " → ") + " → " + repository; }

  [[noreturn]] static void fail_unknown(const Dependency& dependency) {
    const std::string url = repository_url(dependency.repository);
    fail_with_hint(ErrorKind::failed,
                   fmt::format("have its author register it (ain push), or clone it here: ain clone {}", url),
                   "nobody knows the attribution of the dependency '{}' ({} at {})", dependency.name, url,
                   dependency.commit);
  }

  const AttributionLookup& lookup_;
  std::vector<std::string> path_;
  size_t looked_up_ = 0;
};

}  // namespace

Attribution with_dependencies(const Attribution& own, const std::vector<DependencyTable>& dependencies) {
  if (dependencies.empty()) return own;
  AIN_ASSERT(dependencies.size() <= kDependenciesMax);
  std::map<std::string, int64_t> weights;
  int64_t left = kDependencyUnits;
  for (const DependencyTable& dependency : dependencies) {
    AIN_ASSERT(dependency.share_ppm >= kDependencyFloorPpm && dependency.share_ppm <= kDependencyCeilingPpm);
    if (dependency.attribution.payees.empty()) continue;
    const int64_t units = dependency.share_ppm * kUnitsPerPpm;
    add_split(weights, units, payees_of_dependency(dependency.attribution));
    left -= units;
  }
  AIN_ASSERT(left >= kDependencyUnits - kDependenciesPpmMax * kUnitsPerPpm);
  add_split(weights, left, own.payees);
  Attribution result = own;
  result.payees = to_payees(weights);
  return result;
}

DependencyTree resolve_dependencies(const Attribution& own, const std::vector<Dependency>& dependencies,
                                    const AttributionLookup& lookup) {
  DependencyTree tree = Resolver(lookup).whole(own, dependencies);
  tree.share_ppm = kPpm;
  return tree;
}

}  // namespace ain::repo
