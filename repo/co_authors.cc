#include "repo/co_authors.h"

#include <optional>

#include "base/text.h"

namespace ain::repo {
namespace {

constexpr size_t kPersonBytesMax = 256;
constexpr size_t kPathBytesMax = 4096;

// The last paragraph, where it is not the only one: that is the commit's title. Nothing when it is too large.
std::optional<std::string_view> last_paragraph(std::string_view message) {
  message = trim(message);
  size_t begin = message.size();
  while (begin > 0) {
    const size_t newline = message.rfind('\n', begin - 1);
    const size_t line = newline == message.npos ? 0 : newline + 1;
    if (trim(message.substr(line, begin - line)).empty()) return message.substr(begin);
    if (newline == message.npos) break;
    begin = newline;
    if (message.size() - begin > kTrailerBytesMax) return std::nullopt;
  }
  return "";
}

// The value of a "key: value" line, keys in any case.
std::optional<std::string_view> value_of(std::string_view line, std::string_view key) {
  if (line.size() <= key.size() || line[key.size()] != ':') return std::nullopt;
  if (ascii_lower(line.substr(0, key.size())) != key) return std::nullopt;
  return trim(line.substr(key.size() + 1));
}

// Takes "Name <e-mail>" off `text`.
std::optional<Person> take_person(std::string_view& text) {
  const size_t open = text.find('<');
  const size_t close = text.find('>');
  if (open == text.npos || close == text.npos || close < open) return std::nullopt;
  const std::string_view name = trim(text.substr(0, open));
  const std::string_view email = text.substr(open + 1, close - open - 1);
  if (email.empty() || email.size() > kPersonBytesMax || name.size() > kPersonBytesMax) return std::nullopt;
  if (email.find_first_of(" \t<") != email.npos) return std::nullopt;
  text = trim(text.substr(close + 1));
  return Person{std::string(name), std::string(email)};
}

using LineRanges = std::map<uint32_t, uint32_t>;  // from -> to

std::optional<LineRanges> parse_ranges(std::string_view text) {
  LineRanges ranges;
  if (text.size() > kTrailerBytesMax) return std::nullopt;
  for (const std::string& part : split(text, ',')) {
    const std::vector<std::string> ends = split(part, '-');
    if (ends.size() != 2) return std::nullopt;
    const auto from = parse_integer(ends[0], 1, kCoAuthorLineMax);
    const auto to = parse_integer(ends[1], 1, kCoAuthorLineMax);
    if (!from || !to || *from > *to) return std::nullopt;
    if (!ranges.emplace(*from, *to).second || ranges.size() > kCoAuthorRangesMax) return std::nullopt;
  }
  return ranges;
}

bool overlaps(const std::map<uint32_t, CoAuthors::Lines>& taken, uint32_t from, uint32_t to) {
  auto next = taken.lower_bound(from);
  if (next != taken.end() && next->first <= to) return true;
  return next != taken.begin() && std::prev(next)->second.to >= from;
}

class Parser {
 public:
  void read(std::string_view line) {
    if (const auto sharer = value_of(line, "co-authored-by")) {
      if (!add_sharer(*sharer)) ++result.ignored;
    } else if (const auto range = value_of(line, "co-authored-range")) {
      if (!add_range(*range)) ++result.ignored;
    }
  }

  CoAuthors result;

 private:
  bool add_sharer(std::string_view text) {
    auto person = take_person(text);
    if (!person || !text.empty() || result.sharers.size() == kCoAuthorsMax) return false;
    result.sharers.push_back(*std::move(person));
    return true;
  }

  // All of a trailer's ranges count, or none.
  bool add_range(std::string_view text) {
    auto person = take_person(text);
    const size_t colon = text.rfind(':');
    if (!person || colon == text.npos || colon == 0 || colon > kPathBytesMax) return false;
    const auto lines = parse_ranges(text.substr(colon + 1));
    if (!lines || count_ + lines->size() > kCoAuthorRangesMax) return false;
    const std::string path(text.substr(0, colon));
    const auto known = result.ranges.find(path);
    auto taken = known == result.ranges.end() ? std::map<uint32_t, CoAuthors::Lines>() : known->second;
    for (const auto& [from, to] : *lines) {
      if (overlaps(taken, from, to)) return false;
      taken[from] = {to, result.rangers.size()};
    }
    result.ranges[path] = std::move(taken);
    result.rangers.push_back(*std::move(person));
    count_ += lines->size();
    return true;
  }

  size_t count_ = 0;
};

}  // namespace

CoAuthors parse_co_authors(std::string_view message) {
  Parser parser;
  const auto paragraph = last_paragraph(message);
  if (!paragraph) parser.result.ignored = 1;
  for (const std::string& line : split(paragraph.value_or(""), '\n')) parser.read(trim(line));
  return std::move(parser.result);
}

}  // namespace ain::repo
