// Private to repo/: the forward walk. What `git blame` finds line by line, this computes for all files at once, each commit from its
// parents' results.
#pragma once

#include <functional>

#include "repo/walk/history.h"
#include "repo/walk/nodes.h"
#include "repo/walk/units.h"

namespace ain::repo {

inline constexpr size_t kWalkMemoryMax = size_t{1536} << 20;  // of attributed trees that are alive at once

// Commits and their roots.
using WalkResults = std::vector<std::pair<git_oid, NodePtr>>;

// What a walk may use and must report to.
struct WalkHooks {
  // Called on the walking thread, often.
  std::function<void(int64_t done, int64_t total)> progress = {};
  // True: stop after the commit at hand.
  std::function<bool()> stop = {};
  // True: tell what is `left`, and go on.
  std::function<bool()> checkpoint = {};
  // The root of a commit that was walked before; null for others.
  std::function<NodePtr(const git_oid&)> known = {};
  // Each commit's root as it is made, with those of its parents; `number` counts from 0 to `total` - 1.
  std::function<void(const HistoryCommit&, const std::vector<NodePtr>& parents, const NodePtr& root, size_t number, size_t total)> made = {};
  // After `stop` or `checkpoint`: the results that commits yet to come need, known ones included. With them the walk can be taken up.
  std::function<void(const WalkResults&)> left = {};
  unsigned threads = 0;  // 0: as many as there are processors
};

// The root of `tip`'s attributed tree; null when it was stopped.
NodePtr walk(const Repository& repository, const ObjectId& tip, Variant variant, const Nodes& nodes, const WalkHooks& hooks);

}  // namespace ain::repo
