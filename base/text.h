// Small questions about text.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ain {

// Up to `count` of `known` that are near `word` by edit distance, nearest first; empty when nothing is near.
std::vector<std::string> nearest(std::string_view word, const std::vector<std::string>& known, size_t count = 3);
// "did you mean 'gpu'?", or empty.
std::string did_you_mean(std::string_view word, const std::vector<std::string>& known);

std::vector<std::string> split(std::string_view text, char separator);
std::string join(const std::vector<std::string>& parts, std::string_view separator);
std::string_view trim(std::string_view text);
// A-Z as a-z; other bytes as they are.
std::string ascii_lower(std::string_view text);
// Whole text as a decimal integer in range, or nothing.
std::optional<int64_t> parse_integer(std::string_view text, int64_t min, int64_t max);
// "8GB", "512MiB", "1000" -> bytes (decimal and binary prefixes); throws `usage`.
int64_t parse_bytes(std::string_view text);
std::string bytes_text(int64_t bytes);
// Replaces control characters (terminal escapes included) by visible ones, keeping \n and \t: for text that strangers wrote.
std::string sanitize(std::string_view text);
// The first `bytes_max` bytes of well-formed UTF-8, or fewer where that would cut a character in two.
std::string clip(std::string_view text, size_t bytes_max);
// Well-formed UTF-8 without surrogates or overlong forms.
bool is_utf8(std::string_view text);
// `bytes` random bytes from the kernel.
std::string random_bytes(size_t bytes);

}  // namespace ain
