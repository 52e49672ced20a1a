#include "repo/line_walk.h"

#include <unordered_map>

#include "repo/attributed_tree.h"
#include "repo/commit_object.h"

namespace ain::repo {
namespace {

constexpr int64_t kProgressEvery = 64;

struct History {
  std::vector<git_oid> commits;  // parents before children
  std::vector<git_oid> trees;
  std::vector<std::vector<uint32_t>> parents;
};

// Depth first, so that few attributed trees are alive at once; the first parent's side comes first.
History read_history(git_odb* odb, const git_oid& tip) {
  struct Visit {
    git_oid oid;
    CommitObject commit;
    size_t next = 0;
  };
  constexpr uint32_t kPending = UINT32_MAX;
  History history;
  std::unordered_map<git_oid, uint32_t, OidHash, OidEqual> numbers;
  std::vector<Visit> stack;
  const auto enter = [&](const git_oid& oid) {
    if (numbers.size() == kWalkCommitsMax) {
      fail(ErrorKind::failed, "history has more than {} commits", kWalkCommitsMax);
    }
    numbers.emplace(oid, kPending);
    Visit& visit = stack.emplace_back(Visit{oid, read_commit(odb, oid)});
    visit.commit.payload = {};
    visit.commit.signature.reset();
  };
  enter(tip);
  while (!stack.empty()) {
    Visit& visit = stack.back();
    if (visit.next < visit.commit.parents.size()) {
      const git_oid parent = visit.commit.parents[visit.next++];
      if (!numbers.contains(parent)) enter(parent);
      continue;
    }
    std::vector<uint32_t> parents;
    for (const git_oid& parent : visit.commit.parents) parents.push_back(numbers.at(parent));
    numbers[visit.oid] = static_cast<uint32_t>(history.commits.size());
    history.commits.push_back(visit.oid);
    history.trees.push_back(visit.commit.tree);
    history.parents.push_back(std::move(parents));
    stack.pop_back();
  }
  return history;
}

void list_files(const AttributedTree& tree, const std::string& path, std::vector<WalkedFile>& files) {
  for (const AttributedEntry& entry : tree.entries) {
    if (entry.kind == AttributedEntry::Kind::file)
      files.push_back({path + entry.name, entry.oid, entry.lines});
    if (entry.kind == AttributedEntry::Kind::folder)
      list_files(*entry.folder, path + entry.name + "/", files);
  }
}

}  // namespace

WalkedTree walk_lines(const Repository& repository, const ObjectId& commit,
                      const std::function<void(int64_t, int64_t)>& progress) {
  if (git_repository_is_shallow(repository.raw()) != 0) {
    fail_with_hint(ErrorKind::failed, "git fetch --unshallow",
                   "the repository is shallow: who wrote what cannot be told without its whole history");
  }
  History history = read_history(object_store(repository).get(), to_oid(commit));
  const size_t count = history.commits.size();
  std::vector<uint32_t> children(count, 0);
  for (const auto& parents : history.parents) {
    for (const uint32_t parent : parents) ++children[parent];
  }
  std::vector<AttributedTreePtr> states(count);
  TreeBuilder builder(repository);
  for (size_t i = 0; i < count; ++i) {
    if (progress && static_cast<int64_t>(i) % kProgressEvery == 0)
      progress(static_cast<int64_t>(i), static_cast<int64_t>(count));
    std::vector<AttributedTreePtr> parents;
    for (const uint32_t parent : history.parents[i]) parents.push_back(states[parent]);
    states[i] = builder.build(history.trees[i], parents, static_cast<uint32_t>(i));
    for (const uint32_t parent : history.parents[i]) {
      if (--children[parent] == 0) states[parent].reset();
    }
  }
  if (progress) progress(static_cast<int64_t>(count), static_cast<int64_t>(count));
  WalkedTree result;
  list_files(*states.back(), "", result.files);
  result.commits = std::move(history.commits);
  return result;
}

}  // namespace ain::repo
