// Lines of a file as `git blame -L` takes them: "10,20", "10,+5", "20,-5", "10", ",20", "/regex/,+5", "^/regex/".
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ain::cli {

struct LineRange {
  uint32_t first = 0;  // from 1
  uint32_t last = 0;   // included
};

// The start of each line of `text`; the text after the last newline is one.
std::vector<std::string_view> lines_of(std::string_view text);

// Sorted, without overlaps; everything when there are no `words`. A regex is searched from the end of the range before it, or with '^'
// from the first line. Throws `usage` for what is no range, `failed` for one outside of the file `name`.
std::vector<LineRange> line_ranges(const std::vector<std::string>& words, const std::vector<std::string_view>& lines,
                                   std::string_view name);

}  // namespace ain::cli
