// The repositories that a commit builds on, and what of its attribution goes to them: [dependencies] of ain.toml, and submodules
// with an ain:// URL. Integers only; the same for everybody.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/attribution.h"
#include "base/toml.h"
#include "repo/identity.h"

namespace ain::repo {

// The network's terms, in millionths of the whole attribution.
inline constexpr int64_t kDependencyFloorPpm = 10'000;      // of each; what one without a `share` gets
inline constexpr int64_t kDependencyCeilingPpm = 200'000;   // of each
inline constexpr int64_t kDependenciesPpmMax = 500'000;     // of all together
inline constexpr size_t kDependenciesMax = 50;              // as many as the floor leaves room for
inline constexpr int kDependencyDepthMax = 8;
inline constexpr size_t kDependencyLookupsMax = 1'000;      // in a whole tree of them, each as often as it is named
inline constexpr int64_t kDependencyUnits = 1'000'000'000;  // what the weights of a combined table add up to

struct Dependency {
  std::string name;  // in ain.toml, or the submodule's path
  RepositoryId repository;
  ObjectId commit;
  int64_t share_ppm = kDependencyFloorPpm;

  bool operator==(const Dependency&) const = default;
};

// [dependencies] of a parsed ain.toml, by name; empty when there is none. Throws `failed` naming the line.
std::vector<Dependency> read_dependencies(const TomlDocument& project);
// Both sources, from the tree of `trusted` (repo/owners.h: trusted_commit), by name. [dependencies] gives the share of a submodule
// that it names too. Throws `failed`.
std::vector<Dependency> dependencies_of(const Repository& repository, const ObjectId& trusted);

// The table of the whole: each dependency gets its share, split by its own table, and `own` what is left. A dependency whose table is
// empty leaves its share to `own`. More than kPayeesMax payees keep the largest. Without dependencies it is `own`.
struct DependencyTable {
  Attribution attribution;
  int64_t share_ppm = 0;
};
Attribution with_dependencies(const Attribution& own, const std::vector<DependencyTable>& dependencies);

// What is known about one commit of one repository.
struct KnownAttribution {
  Attribution attribution;
  bool whole = false;                    // it includes its dependencies' shares, as what is registered does
  std::vector<Dependency> dependencies;  // of one that is not whole
};
using AttributionLookup = std::function<std::optional<KnownAttribution>(const RepositoryId&, const ObjectId& commit)>;

// The dependencies of a commit, and theirs, for --explain.
struct DependencyTree {
  std::string name;  // "" for the root
  int64_t share_ppm = 0;  // of the parent's whole; kPpm for the root
  bool registered = false;  // the lookup gave the whole: what lies below it is not known
  Attribution attribution;  // the whole
  std::vector<DependencyTree> dependencies;
};
// Throws `failed` for a cycle of repositories, for more than kDependencyDepthMax levels or kDependencyLookupsMax in all, and for a dependency that `lookup` does not
// know, naming it and what to type.
DependencyTree resolve_dependencies(const Attribution& own, const std::vector<Dependency>& dependencies,
                                    const AttributionLookup& lookup);

}  // namespace ain::repo
