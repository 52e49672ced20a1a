// Private to repo/: a file's bytes as text.
#pragma once

#include <cstdint>
#include <string_view>

namespace ain::repo {

inline constexpr size_t kTextBytesMax = 5'000'000;  // larger files weigh nothing

// True for what is no text: a NUL byte among the first 8000, as git judges.
bool is_binary(std::string_view bytes);
// Lines as diff sees them: the text after the last newline is one.
uint32_t count_lines(std::string_view bytes);

}  // namespace ain::repo
