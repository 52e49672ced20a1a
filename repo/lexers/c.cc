// C, C++, CUDA, Objective-C, shaders, protocol buffers. Directives are code like any other; their lines are
// not told apart.
#include <string>

#include "repo/lexers/languages.h"

namespace ain::repo {
namespace {

constexpr Operators kOperators(
    "<<< >>> <<= >>= <=> ... ->* :: -> .* ++ -- << >> <= >= == != && || += -= *= /= %= &= |= ^= ##");

constexpr size_t kDelimiterBytesMax = 16;  // of a raw string, by the standard

// One past the raw string R"delimiter(…)delimiter" whose quote is at `quote`.
size_t raw_string_end(Scanner& scanner, size_t quote) {
  const std::string_view text = scanner.text();
  const size_t open = text.substr(quote, kDelimiterBytesMax + 2).find('(');
  if (open == text.npos) return scanner.quoted_end(quote + 1, '"');
  std::string close = ")";
  close.append(text.substr(quote + 1, open - 1)).append("\"");
  return scanner.close_of(quote + open + 1, close);
}

void word(Scanner& scanner) {
  const size_t begin = scanner.at();
  const std::string_view word = scanner.take_word();
  const unsigned char quote = scanner.peek();
  if ((quote != '"' && quote != '\'') || word.size() > 3) return;
  const bool raw = word.back() == 'R';
  const std::string_view width = raw ? word.substr(0, word.size() - 1) : word;
  if (width != "" && width != "L" && width != "u" && width != "U" && width != "u8") return;
  if (raw && quote == '\'') return;
  scanner.tokens().pop_back();
  const size_t at = scanner.at();
  scanner.go_to(begin);
  scanner.take_to(raw ? raw_string_end(scanner, at) : scanner.quoted_end(at + 1, static_cast<char>(quote)));
}

// In 1'000'000 the quotes are of the number.
void number(Scanner& scanner) {
  const size_t first = scanner.tokens().size();
  scanner.take_number();
  while (scanner.peek() == '\'' && is_wordy(scanner.kind(1))) {
    scanner.skip();
    scanner.take_number();
  }
  const uint32_t end = scanner.tokens().back().end;
  scanner.tokens().resize(first + 1);
  scanner.tokens().back().end = end;
}

// A line comment goes on where its line ends in a backslash.
void line_comment(Scanner& scanner) {
  do {
    scanner.skip(scanner.peek() == '\n' ? 1 : 0);
    scanner.skip_line();
  } while (!scanner.done() && (scanner.before() == '\\' || (scanner.before() == '\r' && scanner.at() >= 2 &&
                                                            scanner.byte_at(scanner.at() - 2) == '\\')));
}

bool comment(Scanner& scanner) {
  if (!scanner.sees("//")) return scanner.skip_c_comment();
  line_comment(scanner);
  return true;
}

bool joins_lines(const Scanner& scanner) {
  return scanner.peek() == '\\' &&
         (scanner.peek(1) == '\n' || (scanner.peek(1) == '\r' && scanner.peek(2) == '\n'));
}

void mark(Scanner& scanner) {
  const unsigned char c = scanner.peek();
  if (c == '/' && comment(scanner)) return;
  if (c == '"' || c == '\'') {
    scanner.take_to(scanner.quoted_end(scanner.at() + 1, static_cast<char>(c)));
  } else if (joins_lines(scanner)) {
    scanner.skip();
  } else if (c == '.' && scanner.at_number()) {
    number(scanner);
  } else {
    scanner.take_operator(kOperators);
  }
}

}  // namespace

void lex_c(Scanner& scanner) { scan<word, number, mark>(scanner); }

}  // namespace ain::repo
