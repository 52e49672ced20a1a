// Private to repo/: which lines two texts share, exactly as `git blame` sees it.
#pragma once

#include <string_view>

#include "repo/walk/matches.h"

namespace ain::repo {

// git's diff: xdiff with the indent heuristic, no context, after cutting off the common end in blocks of 1
// KiB as git does. With `ignore_space` blanks do not count (git's -w).
Matches match_lines(std::string_view old_text, std::string_view new_text, bool ignore_space);

}  // namespace ain::repo
