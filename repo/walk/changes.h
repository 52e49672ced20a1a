// Private to repo/: what one commit changes, seen from each of its parents. Needs git's objects only, so that many commits are
// looked at in parallel before the results of their parents are there.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "repo/walk/history.h"
#include "repo/walk/matches.h"
#include "repo/walk/units.h"

namespace ain::repo {

// Units that a parent's version of a file hands down.
struct Inheritance {
  uint32_t parent = 0;  // its number in the commit
  std::string path;     // there
  MatchesPtr matches;   // null: the very same blob, all of it
};

struct FolderChange;

struct EntryChange {
  enum class How : unsigned char {
    removed,
    plain,       // nothing to attribute: a submodule, or a file without units
    shared,      // as parent `parent` has it at the same path, with all below
    attributed,  // a file: `inherited` in order; what is left belongs to the commit
    folder,
  };
  std::string name;
  git_oid oid{};
  EntryKind kind = EntryKind::other;
  How how = How::plain;
  uint32_t parent = 0;
  uint32_t units = 0;
  std::vector<Inheritance> inherited;
  std::unique_ptr<FolderChange> folder;
};

// What differs from the first parent that has the folder; everything, when none has it. By name.
struct FolderChange {
  std::vector<EntryChange> entries;
};

inline constexpr size_t kUnitCacheBytes = size_t{192} << 20;

struct CommitChange {
  HistoryCommit commit;
  EntryChange root;         // `shared` or `folder`
  int64_t effort = 0;       // steps that finding it took; of comparing versions those beyond kFairWork for each unit
  size_t memory_bytes = 0;  // that it takes, roughly
};
inline constexpr int64_t kFairWork = 4;

// A version, and the bytes that were read for it.
struct ReadText {
  UnitTextPtr text;
  size_t bytes = 0;
};

// What finders on several threads share, so that a version that one has read need not be read by the next. What they find does not depend
// on it.
struct ChangeCaches {
  std::shared_ptr<TreeCache> trees = std::make_shared<TreeCache>(kTreeCacheBytes);
  RecentlyUsed<git_oid, ReadText> texts{kUnitCacheBytes};
};

// Looks at commits, one after the other. One a thread.
class ChangeFinder {
 public:
  // `source` must outlive it.
  ChangeFinder(ObjectSource& source, Variant variant, std::shared_ptr<ChangeCaches> shared = std::make_shared<ChangeCaches>());
  ~ChangeFinder();
  // `parent_trees`: the root trees of the commit's parents, in order. Throws `exhausted` where it takes more than `effort_max`.
  CommitChange find(HistoryCommit commit, const std::vector<git_oid>& parent_trees, int64_t effort_max = kEffortMax);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace ain::repo
