// Private to repo/: which lines two texts share, exactly as `git blame` sees it.
#pragma once

#include <cstdint>
#include <string_view>

#include "repo/walk/matches.h"

namespace ain::repo {

// A text, and what is counted once though it is compared with several.
struct Lines {
  explicit Lines(std::string_view text);
  std::string_view text;
  uint32_t count = 0;
  bool feeds = false;  // form feeds or vertical tabs are in it
};

// git's diff: xdiff with the indent heuristic, no context, after cutting off the common end in blocks of 1
// KiB as git does. With `ignore_space` blanks do not count (git's -w).
Matches match_lines(const Lines& old_version, const Lines& new_version, bool ignore_space);
// The same through libgit2's public interface: slower, for where the other is not there, and for tests to compare with.
Matches match_lines_by_patch(const Lines& old_version, const Lines& new_version, bool ignore_space);

}  // namespace ain::repo
