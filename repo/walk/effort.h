// Private to repo/: what looking at one commit takes, in steps of a few nanoseconds, so that a history that was made to take for ever ends
// in a refusal. What is kept from before counts as if it were done again: every walk counts alike.
#pragma once

#include <cstdint>

#include "repo/libgit.h"

namespace ain::repo {

class Effort {
 public:
  // `steps_max`: beyond it add() throws `exhausted`.
  void begin(const git_oid& commit, int64_t steps_max);
  void add(int64_t steps);
  void look_at_file() { add(kStepsPerFile); }  // that the commit changes
  void read_tree(size_t bytes) { add(static_cast<int64_t>(bytes / kTreeBytesPerStep)); }
  void read_text(size_t bytes) { add(static_cast<int64_t>(bytes / kTextBytesPerStep)); }
  int64_t steps() const { return steps_; }

 private:
  static constexpr int64_t kStepsPerFile = 8;
  static constexpr size_t kTreeBytesPerStep = 256;
  static constexpr size_t kTextBytesPerStep = 1024;  // so cheap that honest histories of large files pass

  git_oid commit_{};
  int64_t steps_ = 0;
  int64_t steps_max_ = INT64_MAX;
};

inline constexpr int64_t kEffortMax = 300'000'000;
inline constexpr int64_t kEffortPerCommit = 10'000;  // on top
// What all commits that are walked may take up to the one of this number, from 0 on; git.git's take 1,700 each.
constexpr int64_t effort_max(int64_t number) { return kEffortMax + number * kEffortPerCommit; }

[[noreturn]] void fail_too_much_effort(int64_t most, const git_oid& commit);

}  // namespace ain::repo
