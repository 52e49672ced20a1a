// Go: two comments, raw strings between back quotes.
#include "repo/lexers/languages.h"

namespace ain::repo {
namespace {

constexpr Operators kOperators(
    "<<= >>= &^= ... := <- ++ -- << >> &^ <= >= == != && || += -= *= /= %= &= |= ^=");

void mark(Scanner& scanner) {
  const unsigned char c = scanner.peek();
  if (scanner.skip_c_comment()) return;
  if (c == '"' || c == '\'') {
    scanner.take_to(scanner.quoted_end(scanner.at() + 1, static_cast<char>(c)));
  } else if (c == '`') {
    scanner.take_to(scanner.close_of(scanner.at() + 1, "`"));
  } else if (scanner.at_number()) {
    scanner.take_number();
  } else {
    scanner.take_operator(kOperators);
  }
}

}  // namespace

void lex_go(Scanner& scanner) { scan<take_word, take_number, mark>(scanner); }

}  // namespace ain::repo
