#include "repo/walk/effort.h"

namespace ain::repo {

void Effort::begin(const git_oid& commit, int64_t steps_max) {
  commit_ = commit;
  steps_ = 0;
  steps_max_ = steps_max;
}

void Effort::add(int64_t steps) {
  steps_ += steps;
  if (steps_ > steps_max_) fail_too_much_effort(steps_max_, commit_);
}

void fail_too_much_effort(int64_t most, const git_oid& commit) {
  fail(ErrorKind::exhausted, "history holds versions of files that take more than {} steps to compare, the last in commit '{}'", most,
       to_id(commit));
}

}  // namespace ain::repo
