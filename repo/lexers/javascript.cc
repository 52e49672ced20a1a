// JavaScript, TypeScript and JSX. Whether a '/' divides or begins a regular expression is told from the token
// before it; text between JSX tags is read like code, which gives its words.
#include <algorithm>
#include <array>

#include "repo/lexers/languages.h"

namespace ain::repo {
namespace {

constexpr Operators kOperators(
    ">>>= === !== **= ... <<= >>= >>> &&= ||= \?\?= => == != <= >= && || ?? ?. ++ -- << >> ** += -= *= /= %= "
    "&= |= ^= </ />");

// After these an expression begins.
constexpr std::array<std::string_view, 16> kKeywords = {
    "return", "typeof", "case", "in",    "of",    "delete", "void",    "throw",
    "new",    "else",   "do",   "yield", "await", "export", "default", "instanceof"};

size_t regex_end(std::string_view text, size_t from) {
  bool in_class = false;
  for (size_t i = from; i < text.size() && text[i] != '\n'; ++i) {
    if (text[i] == '\\' && i + 1 < text.size() && text[i + 1] != '\n') {
      ++i;
    } else if (text[i] == '/' && !in_class) {
      return i + 1;
    } else if (text[i] == '[' || text[i] == ']') {
      in_class = text[i] == '[';
    }
  }
  return text.npos;
}

class JavaScript {
 public:
  explicit JavaScript(Scanner& scanner) : scanner_(scanner) {}

  void run() {
    if (scanner_.sees("#!")) scanner_.skip_line();
    while (!scanner_.done()) step();
  }

 private:
  void step() {
    switch (scanner_.kind()) {
      case ByteKind::blank:
        return scanner_.skip_blanks();
      case ByteKind::word:
        return word();
      case ByteKind::digit:
        scanner_.take_number();
        value_ = true;
        return;
      case ByteKind::mark:
        return mark();
    }
  }

  void word() {
    const bool member = scanner_.before() == '.';
    const std::string_view word = scanner_.take_word();
    value_ = member || std::find(kKeywords.begin(), kKeywords.end(), word) == kKeywords.end();
    // In text between tags it is an apostrophe.
    if (value_ && scanner_.peek() == '\'') scanner_.take(1);
  }

  void mark() {
    const unsigned char c = scanner_.peek();
    if (scanner_.skip_c_comment()) return;
    if (c == '/' && !value_ && regex()) return;
    if (c == '"' || c == '\'') return value(scanner_.quoted_end(scanner_.at() + 1, static_cast<char>(c)));
    if (c == '`') {
      return value(scanner_.end_or_line_end(
          scanner_.at() + 1, [&](size_t from) { return scanner_.interpolated_end(from, '`', '{', '}'); }));
    }
    if (scanner_.at_number()) {
      value_ = true;
      return scanner_.take_number();
    }
    value_ = c == ')' || c == ']' || c == '}' || scanner_.sees("++") || scanner_.sees("--");
    scanner_.take_operator(kOperators);
  }

  void value(size_t end) {
    scanner_.take_to(end);
    value_ = true;
  }

  // A search in vain holds for the rest of its line, so that no line is read more than twice.
  bool regex() {
    if (scanner_.at() < no_regex_before_) return false;
    size_t end = regex_end(scanner_.text(), scanner_.at() + 1);
    if (end == std::string_view::npos) {
      no_regex_before_ = scanner_.line_end(scanner_.at());
      return false;
    }
    while (is_wordy(kDollarBytes[scanner_.byte_at(end)])) ++end;
    value(end);
    return true;
  }

  Scanner& scanner_;
  bool value_ = false;  // the token before ends a value, so that a '/' divides it
  size_t no_regex_before_ = 0;
};

}  // namespace

void lex_javascript(Scanner& scanner) { JavaScript(scanner).run(); }

}  // namespace ain::repo
