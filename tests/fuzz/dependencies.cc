// An ain.toml and, after a byte 0x1e, a .gitmodules, in a tree with links at "m" and "lib/x".
#include <numeric>
#include <set>

#include "repo/dependencies.h"
#include "tests/fuzz/memory_repository.h"

namespace ain::repo {
namespace {

void check_dependencies(const std::vector<Dependency>& dependencies) {
  must(dependencies.size() <= kDependenciesMax);
  std::set<RepositoryId> repositories;
  int64_t total_ppm = 0;
  Attribution own{.payees = {{"own", 1}}};
  std::vector<DependencyTable> tables;
  for (const Dependency& dependency : dependencies) {
    must(dependency.share_ppm >= kDependencyFloorPpm && dependency.share_ppm <= kDependencyCeilingPpm);
    must(dependency.commit.size() == 40 && repositories.insert(dependency.repository).second);
    total_ppm += dependency.share_ppm;
    tables.push_back({Attribution{.payees = {{"theirs", 1}}}, dependency.share_ppm});
  }
  must(total_ppm <= kDependenciesPpmMax);
  int64_t units = 0;
  for (const Payee& payee : with_dependencies(own, tables).payees) units += payee.weight;
  must(units == (dependencies.empty() ? 1 : kDependencyUnits));
}

}  // namespace
}  // namespace ain::repo

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace ain::repo;
  ain::Input input(data, size);
  const std::string project(input.text());
  const std::string modules(input.rest());
  const auto read = ain::value_or_error([&] { return read_dependencies(ain::parse_toml(project, "'ain.toml'")); });
  if (read) check_dependencies(*read);
  MemoryRepository& memory = MemoryRepository::empty();
  const git_oid link = memory.add(GIT_OBJECT_BLOB, "stands for a commit");
  const git_oid folder = memory.add_tree({{"160000", "x", link}});
  const git_oid tree = memory.add_tree({{"100644", ".gitmodules", memory.add(GIT_OBJECT_BLOB, modules)},
                                        {"100644", "ain.toml", memory.add(GIT_OBJECT_BLOB, project)},
                                        {"40000", "lib", folder},
                                        {"160000", "m", link}});
  const std::string commit = to_id(memory.add(GIT_OBJECT_COMMIT, MemoryRepository::commit_text(tree, {}, 0) + "\nm\n"));
  const auto all = ain::value_or_error([&] { return dependencies_of(memory.repository(), commit); });
  if (!all) return 0;
  check_dependencies(*all);
  ain::must(read.has_value());
  // What both name is one; the manifest's own stay as they are.
  for (const Dependency& dependency : *read) ain::must(std::find(all->begin(), all->end(), dependency) != all->end());
  return 0;
}
