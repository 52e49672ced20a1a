// Python, Cython and Starlark. A docstring is told from a string by its place: it is all that its statement
// has.
#include <algorithm>
#include <array>

#include "repo/lexers/languages.h"

namespace ain::repo {
namespace {

constexpr Operators kOperators(
    "**= //= >>= <<= ... -> := == != <= >= ** // >> << += -= *= /= %= &= |= ^= @=");

// The keywords whose ':' may be followed by a statement on the same line.
constexpr std::array<std::string_view, 12> kHeads = {"def",   "class", "if",  "else",  "elif",   "for",
                                                     "while", "with",  "try", "async", "except", "finally"};

bool is_prefix(std::string_view word) {
  if (word.size() > 2) return false;
  return std::all_of(word.begin(), word.end(),
                     [](char c) { return std::string_view("rRbBuUfFtT").find(c) != std::string_view::npos; });
}

bool is_quote(unsigned char c) { return c == '"' || c == '\''; }

class Python {
 public:
  Python(Scanner& scanner, bool cell) : scanner_(scanner), cell_(cell) {}

  void run() {
    begin_statement();
    while (!scanner_.done()) step();
    end_statement();
  }

 private:
  void begin_statement() {
    first_ = scanner_.tokens().size();
    strings_only_ = true;
    head_ = false;
  }

  // A statement of strings alone does nothing: a docstring, or a text that comments something out.
  void end_statement() {
    if (strings_only_) scanner_.tokens().resize(first_);
    begin_statement();
  }

  bool at_statement() const { return depth_ == 0 && scanner_.tokens().size() == first_; }

  void step() {
    const unsigned char c = scanner_.peek();
    switch (scanner_.kind()) {
      case ByteKind::blank:
        if (c == '\n' && depth_ == 0) end_statement();
        do {
          scanner_.skip();
        } while (scanner_.peek() == ' ');
        return;
      case ByteKind::word:
        return word();
      case ByteKind::digit:
        strings_only_ = false;
        return scanner_.take_number();
      case ByteKind::mark:
        return mark(c);
    }
  }

  void word() {
    const size_t end = scanner_.word_end();
    if (is_quote(scanner_.byte_at(end)) &&
        is_prefix(scanner_.text().substr(scanner_.at(), end - scanner_.at()))) {
      return scanner_.take_to(string_end(end));
    }
    const bool starts = at_statement();
    const bool member = scanner_.before() == '.';
    const std::string_view word = scanner_.take_word_to(end);
    if (starts || word == "class" || word == "def") keyword(word, starts, member);
    strings_only_ = false;
  }

  // `def` and `class` cannot stand inside brackets, so there one says that a bracket was left open.
  void keyword(std::string_view word, bool starts, bool member) {
    if (member) return;
    const bool is_head = std::find(kHeads.begin(), kHeads.end(), word) != kHeads.end();
    if (!starts) depth_ = 0;
    head_ = head_ || is_head;
  }

  void mark(unsigned char c) {
    if (is_quote(c)) return scanner_.take_to(string_end(scanner_.at()));
    if (c == '#') return scanner_.skip_line();
    if (c == '\\') return backslash();
    if (c == ';' && depth_ == 0) {
      end_statement();
      scanner_.take(1);
      return begin_statement();
    }
    if (cell_ && at_statement() && (c == '%' || c == '!' || c == '?')) return magic();
    if (c == '(' || c == '[' || c == '{') ++depth_;
    if ((c == ')' || c == ']' || c == '}') && depth_ > 0) --depth_;
    strings_only_ = false;
    if (scanner_.at_number()) return scanner_.take_number();
    scanner_.take_operator(kOperators);
    if (c == ':' && head_ && depth_ == 0) begin_statement();
  }

  // Before a newline it joins two lines, and is blank.
  void backslash() {
    const size_t next = scanner_.at() + (scanner_.peek(1) == '\r' ? 2 : 1);
    if (scanner_.byte_at(next) == '\n') return scanner_.go_to(next + 1);
    strings_only_ = false;
    scanner_.take(1);
  }

  void magic() {
    const size_t end = scanner_.line_end(scanner_.at());
    lex_part(Language::words, scanner_.text(), scanner_.at(), end, scanner_.tokens());
    strings_only_ = false;
    scanner_.go_to(end);
  }

  // One past the string whose quote is at `quote`.
  size_t string_end(size_t quote) {
    const auto c = static_cast<char>(scanner_.byte_at(quote));
    const std::string_view triple = c == '"' ? "\"\"\"" : "'''";
    if (!scanner_.text().substr(quote).starts_with(triple)) return scanner_.quoted_end(quote + 1, c);
    return scanner_.escaped_close_of(quote + 3, triple);
  }

  Scanner& scanner_;
  const bool cell_;
  size_t first_ = 0;          // of this statement's tokens
  bool strings_only_ = true;  // so far
  bool head_ = false;         // the statement began with one of kHeads
  int64_t depth_ = 0;         // of open brackets
};

}  // namespace

void lex_python(Scanner& scanner, bool cell) { Python(scanner, cell).run(); }

}  // namespace ain::repo
