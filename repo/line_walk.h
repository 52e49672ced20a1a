// Private to repo/: the origin of every line of a commit's tree, by a forward walk over history. What `git
// blame --no-follow` finds line by line, this computes for all files at once, each commit from its parents'
// results (plus exact renames).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "repo/libgit.h"

namespace ain::repo {

// Limits of what is walked; a refusal names the one that was met.
inline constexpr size_t kWalkCommitsMax = 2'000'000;
inline constexpr int64_t kWalkTreeEntriesMax = 2'000'000'000;  // of all trees that had to be read
inline constexpr int64_t kWalkBytesMax = int64_t{256} << 30;   // of all files that had to be compared

// `count` lines that came with commit number `origin`.
struct LineRun {
  uint32_t origin = 0;
  uint32_t count = 0;
};
using LineRuns = std::vector<LineRun>;

struct WalkedFile {
  std::string path;
  git_oid blob{};
  std::shared_ptr<const LineRuns> lines;  // null: not text, or larger than kTextBytesMax
};

struct WalkedTree {
  std::vector<git_oid> commits;   // parents before children; what `origin` counts
  std::vector<WalkedFile> files;  // regular files, by path
};

WalkedTree walk_lines(const Repository& repository, const ObjectId& commit,
                      const std::function<void(int64_t, int64_t)>& progress);

}  // namespace ain::repo
