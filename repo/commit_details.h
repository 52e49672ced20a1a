// What is told of commits beside lines that came with them, in git's own words: names by .mailmap, dates, short ids.
#pragma once

#include <string>
#include <vector>

#include "repo/repository.h"

namespace ain::repo {

struct Signature {
  std::string name;
  std::string email;
  std::string date;
  int64_t time_s = 0;
};

struct CommitDetails {
  ObjectId commit;
  std::string short_id;  // as short as git finds it telling
  bool is_root = false;  // has no parents, or is the border of a shallow clone
  Signature author;
  Signature committer;
  std::string summary;   // the first line of its message that is not empty
};

// In the same order. `date_mode`: as git's --date takes it ("iso", "raw", "relative"). Throws `failed` when git refuses.
std::vector<CommitDetails> commit_details(const Repository& repository, const std::vector<ObjectId>& commits,
                                          const std::string& date_mode);

}  // namespace ain::repo
