// Private to repo/: which names of a stranger's tree may become files.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace ain::repo {

inline constexpr size_t kNameBytesMax = 255;
inline constexpr size_t kLinkBytesMax = 4095;

// Why `name` may not be written ("it names the git folder"), or nothing. Refuses "", ".", "..", names with
// '/' or NUL, and ".git" in every spelling that some file system takes for it (case, NTFS short names and
// streams, HFS+ ignorable characters).
std::optional<std::string> name_problem(std::string_view name);

// True when a symlink in the folder `depth` levels below the root that points to `target` stays inside:
// relative, ".." only at its start and at most `depth` times. Any ".." later could climb through another
// symlink.
bool link_stays_inside(std::string_view target, int depth);

}  // namespace ain::repo
