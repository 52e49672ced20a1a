// Private to repo/: which lines two texts share, exactly as `git blame` sees it.
#pragma once

#include <cstdint>
#include <string_view>

#include "repo/walk/matches.h"

namespace ain::repo {

// git's diff: xdiff with the indent heuristic, no context, after cutting off the common end in blocks of 1
// KiB as git does. With `ignore_space` blanks do not count (git's -w). The numbers of lines are count_lines()'s, which the caller knows.
Matches match_lines(std::string_view old_text, std::string_view new_text, uint32_t old_lines, uint32_t new_lines, bool ignore_space);
// The same through libgit2's public interface: slower, for where the other is not there, and for tests to compare with.
Matches match_lines_by_patch(std::string_view old_text, std::string_view new_text, bool ignore_space);

}  // namespace ain::repo
