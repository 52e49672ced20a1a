#include "base/text.h"

#include <fmt/format.h>
#include <sys/random.h>

#include <algorithm>
#include <charconv>

#include "base/error.h"

namespace ain {
namespace {

// Insertions, deletions, substitutions, and two neighbours swapped: what fingers do.
size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::vector<size_t>> rows(a.size() + 1, std::vector<size_t>(b.size() + 1));
  for (size_t i = 0; i <= a.size(); ++i) rows[i][0] = i;
  for (size_t j = 0; j <= b.size(); ++j) rows[0][j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    for (size_t j = 1; j <= b.size(); ++j) {
      rows[i][j] = std::min({rows[i - 1][j] + 1, rows[i][j - 1] + 1, rows[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        rows[i][j] = std::min(rows[i][j], rows[i - 2][j - 2] + 1);
      }
    }
  }
  return rows.back().back();
}

struct Utf8 {
  size_t bytes = 0;  // 0: malformed
  uint32_t code = 0;
};

Utf8 decode_utf8(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return {1, first};
  const size_t size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || text.size() < size) return {};
  uint32_t code = first & (0x7f >> size);
  for (size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return {};
    code = code << 6 | (byte(i) & 0x3f);
  }
  static constexpr uint32_t kSmallest[] = {0, 0, 0x80, 0x800, 0x10000};
  if (code < kSmallest[size] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return {};
  return {size, code};
}

}  // namespace

std::vector<std::string> nearest(std::string_view word, const std::vector<std::string>& known, size_t count) {
  constexpr size_t kWordBytesMax = 64;
  if (word.size() > kWordBytesMax) return {};
  const size_t limit = std::max<size_t>(1, (word.size() + 1) / 3);
  std::vector<std::pair<size_t, std::string>> found;
  for (const std::string& candidate : known) {
    const size_t distance = edit_distance(word, candidate);
    const bool prefix = word.size() >= 2 && candidate.starts_with(word);
    if (distance <= limit || prefix) found.emplace_back(distance, candidate);
  }
  std::sort(found.begin(), found.end());
  if (found.size() > count) found.resize(count);
  std::vector<std::string> result;
  for (auto& [distance, candidate] : found) result.push_back(std::move(candidate));
  return result;
}

std::string did_you_mean(std::string_view word, const std::vector<std::string>& known) {
  const auto near = nearest(word, known, 1);
  return near.empty() ? "" : fmt::format("did you mean '{}'?", near[0]);
}

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  while (true) {
    const size_t at = text.find(separator);
    parts.emplace_back(text.substr(0, at));
    if (at == std::string_view::npos) return parts;
    text.remove_prefix(at + 1);
  }
}

std::string join(const std::vector<std::string>& parts, std::string_view separator) {
  return fmt::format("{}", fmt::join(parts, separator));
}

std::string ascii_lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

std::string_view trim(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const size_t begin = text.find_first_not_of(kSpace);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpace) - begin + 1);
}

std::optional<int64_t> parse_integer(std::string_view text, int64_t min, int64_t max) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < min || value > max) return std::nullopt;
  return value;
}

int64_t parse_bytes(std::string_view text) {
  struct Unit {
    std::string_view name;
    int64_t bytes;
  };
  static constexpr Unit kUnits[] = {
      {"KiB", int64_t{1} << 10}, {"MiB", int64_t{1} << 20}, {"GiB", int64_t{1} << 30}, {"TiB", int64_t{1} << 40},
      {"KB", 1'000},             {"MB", 1'000'000},         {"GB", 1'000'000'000},     {"TB", 1'000'000'000'000},
      {"B", 1},                  {"", 1}};
  constexpr int64_t kBytesMax = int64_t{1} << 50;
  for (const Unit& unit : kUnits) {
    if (!text.ends_with(unit.name)) continue;
    const std::string_view number = trim(text.substr(0, text.size() - unit.name.size()));
    if (const auto value = parse_integer(number, 0, kBytesMax / unit.bytes)) return *value * unit.bytes;
  }
  fail_with_hint(ErrorKind::usage, "write it like 8GB, 512MiB or 1000", "'{}' is not a size", text.substr(0, 40));
}

std::string bytes_text(int64_t bytes) {
  static constexpr const char* kNames[] = {"B", "kB", "MB", "GB", "TB", "PB"};
  int64_t whole = bytes, tenth = 0;
  size_t unit = 0;
  while (whole >= 1000 && unit + 1 < std::size(kNames)) {
    tenth = whole / 100 % 10;
    whole /= 1000;
    ++unit;
  }
  return unit > 0 && whole < 100 ? fmt::format("{}.{} {}", whole, tenth, kNames[unit])
                                 : fmt::format("{} {}", whole, kNames[unit]);
}

std::string sanitize(std::string_view text) {
  std::string result;
  while (!text.empty()) {
    const Utf8 next = decode_utf8(text);
    const bool c0 = next.bytes == 1 && next.code < 0x20 && next.code != '\n' && next.code != '\t';
    if (next.bytes == 0) {
      result += "\xef\xbf\xbd";  // U+FFFD for what is not UTF-8
    } else if (c0) {
      result += '^';
      result += static_cast<char>(next.code + '@');
    } else if (next.code >= 0x7f && next.code < 0xa0) {
      result += "^?";  // DEL and the C1 controls
    } else {
      result += text.substr(0, next.bytes);
    }
    text.remove_prefix(std::max<size_t>(next.bytes, 1));
  }
  return result;
}

std::string clip(std::string_view text, size_t bytes_max) {
  if (text.size() <= bytes_max) return std::string(text);
  while (bytes_max > 0 && (static_cast<unsigned char>(text[bytes_max]) & 0xc0) == 0x80) --bytes_max;
  return std::string(text.substr(0, bytes_max));
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const Utf8 next = decode_utf8(text);
    if (next.bytes == 0) return false;
    text.remove_prefix(next.bytes);
  }
  return true;
}

std::string random_bytes(size_t bytes) {
  std::string result(bytes, '\0');
  for (size_t done = 0; done < bytes;) {
    const ssize_t got = getrandom(result.data() + done, bytes - done, 0);
    AIN_ASSERT(got > 0 || errno == EINTR);
    if (got > 0) done += static_cast<size_t>(got);
  }
  return result;
}

}  // namespace ain
