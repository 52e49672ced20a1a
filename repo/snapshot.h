// The state of the work folder: what differs, and how a dirty folder becomes a commit that touches nothing of
// the user's.
#pragma once

#include <string>
#include <vector>

#include "repo/commits.h"

namespace ain::repo {

struct FileStatus {
  std::string path;
  char staged = ' ';  // as git's XY columns
  char unstaged = ' ';
};
// Like `git status --porcelain`, untracked files included, ignored ones not; sorted by path.
std::vector<FileStatus> status(const Repository& repository);

inline constexpr const char* kSnapshotRefs = "refs/ain/wip/";
inline constexpr int64_t kUntrackedBytesMax = 100'000'000;  // a file; larger ones are refused by name

struct Snapshot {
  ObjectId commit;
  ObjectId tree;
  bool dirty = false;   // true: `commit` is a recorded snapshot on refs/ain/wip/<commit>, child of HEAD
  int64_t changed = 0;  // files that differ from HEAD
};
// The commit to run: HEAD when clean; else all tracked changes and untracked, unignored files through a
// temporary index, signed by `signer`. Untracked files at or below one of `left_out` (relative to the work
// folder; a folder ends in '/') stay out of it, tracked ones do not. Detached HEAD works; a repository without
// a commit throws `failed` with the hint to commit first. Same tree, same parent and signer: the same snapshot
// commit is reused.
Snapshot snapshot(Repository& repository, const Signer* signer,
                  const std::vector<std::string>& left_out = {});

// Stages paths (git add semantics, "." included; relative to the current folder, or to the work folder when
// that lies elsewhere).
void add_paths(Repository& repository, const std::vector<std::string>& paths);
// Commits the index on the current branch (or a detached HEAD), signed, as `git commit -m` does: hooks
// (pre-commit, commit-msg), a merge in progress and git's identity and date variables count. Refuses an
// unmerged index and an empty commit.
ObjectId commit_index(Repository& repository, const std::string& message, const Signer& signer);

}  // namespace ain::repo
