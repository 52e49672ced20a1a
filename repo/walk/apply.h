// Private to repo/: one step of the walk, from the attributed trees of a commit's parents to its own.
#pragma once

#include <vector>

#include "repo/walk/changes.h"
#include "repo/walk/nodes.h"

namespace ain::repo {

// The root of the commit's attributed tree; `parents` are those of its parents, in order.
NodePtr apply_change(const Nodes& nodes, const CommitChange& change, const std::vector<NodePtr>& parents);

}  // namespace ain::repo
