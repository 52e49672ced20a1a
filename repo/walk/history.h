// Private to repo/: the commits to walk, parents before children.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "repo/walk/objects.h"

namespace ain::repo {

inline constexpr size_t kWalkCommitsMax = 4'000'000;
inline constexpr size_t kWalkParentsMax = 2 * kWalkCommitsMax;  // of all of them together

struct HistoryCommit {
  git_oid oid{};
  git_oid tree{};
  std::vector<git_oid> parents;  // in the commit's order
};

HistoryCommit read_history_commit(ObjectSource& source, const git_oid& oid);
// The border of a shallow clone; empty for a whole one.
std::vector<git_oid> shallow_commits(const Repository& repository);
// Throws `failed` for a shallow clone.
void require_whole_history(const Repository& repository);

// Everything that `tip` descends from, itself last. A commit that `known` accepts is not entered: what came of it is at hand.
// `roots`: commits whose parents are not there (the border of a shallow clone).
std::vector<HistoryCommit> read_history(ObjectSource& source, const git_oid& tip,
                                        const std::function<bool(const git_oid&)>& known,
                                        const std::vector<git_oid>& roots);

}  // namespace ain::repo
