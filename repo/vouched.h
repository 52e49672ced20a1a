// Private to repo/: which commits were there before a moment, by the word of somebody trusted. A commit's own time is whatever its
// author wrote; but a signed commit proves that all it descends from is older.
#pragma once

#include <functional>
#include <vector>

#include "repo/walk/objects.h"

namespace ain::repo {

class Vouched {
 public:
  // In the history of `tip`: `is_trusted` says whose signed commits have a time that can be believed. `moments`: all that before()
  // will be asked for, in seconds since 1970.
  Vouched(const Repository& repository, const ObjectId& tip, const std::function<bool(const PublicKey&)>& is_trusted,
          std::vector<int64_t> moments);

  // True when a trusted commit that was made before `moment` is the commit, or descends from it.
  bool before(const git_oid& commit, int64_t moment) const;

 private:
  OidMap<int64_t> earliest_;  // the time of the earliest trusted commit found that is the commit or descends from it
};

}  // namespace ain::repo
