#include "cli/line_ranges.h"

#include <regex.h>

#include <algorithm>
#include <optional>

#include "base/error.h"
#include "base/text.h"

namespace ain::cli {
namespace {

constexpr const char* kHint = "lines are told as 10,20 or 10,+5 or /regex/,+5";

// One end of a range, as git reads it off the front of a word.
class RangeReader {
 public:
  RangeReader(std::string_view word, const std::vector<std::string_view>& lines) : word_(word), rest_(word), lines_(lines) {}

  // `anchor`: where a regex is searched from. Nothing where the word leaves an end open.
  std::optional<int64_t> begin(int64_t anchor) {
    if (const auto number = plain_number()) return number;
    if (rest_.starts_with("^/")) {
      rest_.remove_prefix(1);
      anchor = 1;
    }
    return regex(anchor);
  }
  std::optional<int64_t> end(int64_t begin) {
    if (rest_.starts_with('+') || rest_.starts_with('-')) {
      const bool forwards = rest_[0] == '+';
      rest_.remove_prefix(1);
      const auto count = digits();
      if (!count || *count == 0) fail_range("an empty range");
      return forwards ? begin + *count - 1 : std::max<int64_t>(1, begin + 1 - *count);
    }
    if (const auto number = plain_number()) return number;
    return regex(begin + 1);
  }
  bool take(char c) {
    if (!rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }
  bool at_end() const { return rest_.empty(); }
  [[noreturn]] void fail_range(std::string_view why) const {
    fail_with_hint(ErrorKind::usage, kHint, "-L '{}': {}", sanitize(word_), why);
  }

 private:
  std::optional<int64_t> digits() {
    const size_t end = std::min(rest_.find_first_not_of("0123456789"), rest_.size());
    const auto number = parse_integer(rest_.substr(0, end), 0, INT32_MAX);
    if (number) rest_.remove_prefix(end);
    return number;
  }
  std::optional<int64_t> plain_number() {
    const auto number = digits();
    if (number == 0) fail_range("lines are counted from 1");
    return number;
  }
  std::optional<int64_t> regex(int64_t anchor) {
    if (!rest_.starts_with('/')) return std::nullopt;
    size_t end = 1;
    while (end < rest_.size() && rest_[end] != '/') end += rest_[end] == '\\' ? 2 : 1;
    if (end >= rest_.size()) fail_range("a regex ends with '/'");
    const std::string pattern(rest_.substr(1, end - 1));
    rest_.remove_prefix(end + 1);
    const auto found = find(pattern, anchor);
    if (!found) {
      fail(ErrorKind::failed, "-L '{}': no line from {} on matches", sanitize(word_), anchor);
    }
    return found;
  }
  std::optional<int64_t> find(const std::string& pattern, int64_t anchor) const {
    regex_t compiled;
    if (regcomp(&compiled, pattern.c_str(), REG_NEWLINE | REG_NOSUB) != 0) fail_range("the regex is malformed");
    std::optional<int64_t> found;
    for (size_t i = static_cast<size_t>(anchor - 1); i < lines_.size() && !found; ++i) {
      const std::string line(trim_newline(lines_[i]));
      if (regexec(&compiled, line.c_str(), 0, nullptr, 0) == 0) found = static_cast<int64_t>(i) + 1;
    }
    regfree(&compiled);
    return found;
  }
  static std::string_view trim_newline(std::string_view line) {
    if (line.ends_with('\n')) line.remove_suffix(1);
    return line;
  }

  std::string_view word_;
  std::string_view rest_;
  const std::vector<std::string_view>& lines_;
};

LineRange read_range(const std::string& word, const std::vector<std::string_view>& lines, int64_t anchor, std::string_view name) {
  const auto count = static_cast<int64_t>(lines.size());
  RangeReader reader(word, lines);
  auto first = reader.begin(std::min(anchor, count + 1));
  std::optional<int64_t> last;
  if (reader.take(',')) last = reader.end(first.value_or(0));
  if (!reader.at_end()) reader.fail_range("no range of lines");
  if (first && last && *last < *first) std::swap(first, last);
  if ((count == 0 && (first || last)) || first.value_or(0) > count) {
    fail(ErrorKind::failed, "file {} has only {} line{}", sanitize(name), count, count == 1 ? "" : "s");
  }
  return {static_cast<uint32_t>(first.value_or(1)), static_cast<uint32_t>(std::min(last.value_or(count), count))};
}

}  // namespace

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size() - 1);
    lines.push_back(text.substr(0, end + 1));
    text.remove_prefix(end + 1);
  }
  return lines;
}

std::vector<LineRange> line_ranges(const std::vector<std::string>& words, const std::vector<std::string_view>& lines,
                                   std::string_view name) {
  if (words.empty()) return {{1, static_cast<uint32_t>(lines.size())}};
  std::vector<LineRange> ranges;
  int64_t anchor = 1;
  for (const std::string& word : words) {
    ranges.push_back(read_range(word, lines, anchor, name));
    anchor = static_cast<int64_t>(ranges.back().last) + 1;
  }
  std::sort(ranges.begin(), ranges.end(), [](const LineRange& a, const LineRange& b) { return a.first < b.first; });
  std::vector<LineRange> merged;
  for (const LineRange& range : ranges) {
    if (!merged.empty() && range.first <= merged.back().last + 1) merged.back().last = std::max(merged.back().last, range.last);
    else merged.push_back(range);
  }
  return merged;
}

}  // namespace ain::cli
