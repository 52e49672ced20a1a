#include "repo/walk/history.h"

#include <unordered_set>

#include "base/files.h"
#include "base/text.h"
#include "repo/commit_object.h"

namespace ain::repo {
namespace {

struct Visit {
  HistoryCommit commit;
  size_t next = 0;  // of its parents
};

}  // namespace

HistoryCommit read_history_commit(ObjectSource& source, const git_oid& oid) {
  const Bytes bytes = source.read(oid, GIT_OBJECT_COMMIT, kCommitBytesMax);
  if (bytes == nullptr) fail(ErrorKind::failed, "history holds a commit of more than {} bytes", kCommitBytesMax);
  CommitObject object = parse_commit(*bytes, oid);
  return {oid, object.tree, std::move(object.parents)};
}

std::vector<git_oid> shallow_commits(const Repository& repository) {
  std::vector<git_oid> roots;
  const auto text = read_file_if_exists(repository.git_folder() / "shallow");
  for (const std::string& line : split(text.value_or(""), '\n')) {
    if (!line.empty()) roots.push_back(to_oid(line));
  }
  return roots;
}

void require_whole_history(const Repository& repository) {
  if (shallow_commits(repository).empty()) return;
  fail_with_hint(ErrorKind::failed, "git fetch --unshallow", "the repository is shallow: who wrote what cannot be told without its whole history");
}

// Depth first, so that few results are alive at once; the first parent's side comes first.
std::vector<HistoryCommit> read_history(ObjectSource& source, const git_oid& tip,
                                        const std::function<bool(const git_oid&)>& known,
                                        const std::vector<git_oid>& roots) {
  std::vector<HistoryCommit> commits;
  std::unordered_set<git_oid, OidHash, OidEqual> seen;
  const std::unordered_set<git_oid, OidHash, OidEqual> border(roots.begin(), roots.end());
  size_t parents = 0;
  std::vector<Visit> stack;
  const auto enter = [&](const git_oid& oid) {
    if (!seen.insert(oid).second || known(oid)) return;
    if (seen.size() > kWalkCommitsMax) fail(ErrorKind::failed, "history has more than {} commits", kWalkCommitsMax);
    HistoryCommit commit = read_history_commit(source, oid);
    if (border.contains(oid)) commit.parents.clear();
    parents += commit.parents.size();
    if (parents > kWalkParentsMax) fail(ErrorKind::failed, "history has commits with more than {} parents together", kWalkParentsMax);
    stack.push_back({std::move(commit)});
  };
  enter(tip);
  while (!stack.empty()) {
    Visit& visit = stack.back();
    if (visit.next < visit.commit.parents.size()) {
      enter(git_oid(visit.commit.parents[visit.next++]));
      continue;
    }
    commits.push_back(std::move(visit.commit));
    stack.pop_back();
  }
  return commits;
}

}  // namespace ain::repo
