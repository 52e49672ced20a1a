// Private to repo/: which lines two texts share, exactly as `git blame` sees it.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace ain::repo {

// `count` lines from `old_line` on are those from `new_line` on (both from 0). In order, not overlapping.
struct Match {
  uint32_t old_line = 0;
  uint32_t new_line = 0;
  uint32_t count = 0;
};

// git's diff: xdiff with the indent heuristic, no context, after cutting off the common end in blocks of 1
// KiB as git does.
std::vector<Match> match_lines(std::string_view old_text, std::string_view new_text);

}  // namespace ain::repo
