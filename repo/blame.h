// Which commit each line of a file came with: `git blame`'s answer, read off the forward walk.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "repo/walk_report.h"

namespace ain::repo {

// `count` lines from `line` on are those from `original_line` on of `path` in `commit` (lines from 1). Neighbouring groups differ in more
// than their place.
struct BlameGroup {
  ObjectId commit;
  std::string path;
  uint32_t original_line = 0;
  uint32_t line = 0;
  uint32_t count = 0;
};

struct Blame {
  std::string text;  // of the file
  std::vector<BlameGroup> groups;
};

struct BlameOptions {
  bool ignore_space = false;
  bool follow = true;  // renames
};

// Throws `failed` when the commit has no such file, or it is larger than kLineBlobBytesMax.
Blame blame(const Repository& repository, const ObjectId& commit, const std::string& path, const BlameOptions& options,
            const WalkReport& report = {});

}  // namespace ain::repo
