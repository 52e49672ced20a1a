// Private to repo/: what a line of code weighs.
#pragma once

#include <cstdint>
#include <string_view>

namespace ain::repo {

inline constexpr size_t kTextBytesMax = 5'000'000;  // larger files weigh nothing

// True for what is no text: a NUL byte among the first 8000, as git judges.
bool is_binary(std::string_view bytes);
// True for files nobody is paid for, by their path: lock files and licence texts. A pip requirements file
// counts as a lock file when it holds hashes, so the content matters too.
bool is_weightless(std::string_view path, std::string_view bytes);
// The tokens of a line: a run of letters, digits, '_' and bytes above 0x7f is one, any other printable byte
// is one; blanks and control bytes are none.
int64_t count_tokens(std::string_view line);
// Lines as diff sees them: the text after the last newline is one.
uint32_t count_lines(std::string_view bytes);

}  // namespace ain::repo
