// Java, and its like: Kotlin, Scala, Groovy, C#, Swift, Dart. Text blocks stand between three quotes.
#include "repo/lexers/languages.h"

namespace ain::repo {
namespace {

constexpr Operators kOperators(
    ">>>= <<= >>= >>> ... ..< === !== -> => :: .. ++ -- << >> <= >= == != && || += -= *= /= %= &= |= ^= ?. "
    "?: ?? !!");

void mark(Scanner& scanner) {
  const unsigned char c = scanner.peek();
  if (scanner.skip_c_comment()) return;
  if (scanner.sees("\"\"\"")) {
    scanner.take_to(scanner.escaped_close_of(scanner.at() + 3, "\"\"\""));
  } else if (c == '"' || c == '\'') {
    scanner.take_to(scanner.quoted_end(scanner.at() + 1, static_cast<char>(c)));
  } else if (scanner.at_number()) {
    scanner.take_number(true);
  } else {
    scanner.take_operator(kOperators);
  }
}

}  // namespace

void lex_java(Scanner& scanner) {
  if (scanner.sees("#!")) scanner.skip_line();
  scan<take_word, take_number_dot_wants_digit, mark>(scanner);
}

}  // namespace ain::repo
