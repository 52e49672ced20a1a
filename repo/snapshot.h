// The state of the work folder: what differs, and how a dirty folder becomes a commit that touches nothing of the user's.
#pragma once

#include <string>
#include <vector>

#include "repo/commits.h"

namespace ain::repo {

struct FileStatus {
  std::string path;
  char staged = ' ';    // as git's XY columns
  char unstaged = ' ';
};
// Like `git status --porcelain`, untracked files included, ignored ones not; sorted by path.
std::vector<FileStatus> status(const Repository& repository);

struct Snapshot {
  ObjectId commit;
  ObjectId tree;
  bool dirty = false;   // true: `commit` is a recorded snapshot on refs/ain/wip/<commit>, child of HEAD
  int64_t changed = 0;  // files that differ from HEAD
};
// The commit to run: HEAD when clean; else all tracked changes and untracked, unignored files through a temporary index, signed by
// `signer`. Detached HEAD works; a repository without a commit throws `failed` with the hint to commit first. Same tree, same
// parent and signer: the same snapshot commit is reused.
Snapshot snapshot(Repository& repository, const Signer* signer);

// Stages paths (git add semantics, "." included) and commits the index on the current branch, signed.
void add_paths(Repository& repository, const std::vector<std::string>& paths);
ObjectId commit_index(Repository& repository, const std::string& message, const Signer& signer);

}  // namespace ain::repo
