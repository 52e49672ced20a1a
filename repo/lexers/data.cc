// TOML, JSON (comments allowed, as configuration has them), and whatever has no lexer of its own.
#include "repo/lexers/languages.h"

namespace ain::repo {
namespace {

constexpr Operators kTomlOperators("[[ ]]");
constexpr Operators kNoOperators("");

// 'C:\dir' has no escapes and ends with its line at the latest.
size_t literal_end(const Scanner& scanner, size_t from) {
  const std::string_view text = scanner.text();
  const size_t end = text.find_first_of("'\n", from);
  if (end == text.npos) return text.size();
  return text[end] == '\'' ? end + 1 : end;
}

void toml_mark(Scanner& scanner) {
  const size_t at = scanner.at();
  if (scanner.peek() == '#') return scanner.skip_line();
  if (scanner.sees("\"\"\"")) return scanner.take_to(scanner.escaped_close_of(at + 3, "\"\"\""));
  if (scanner.sees("'''")) return scanner.take_to(scanner.close_of(at + 3, "'''"));
  if (scanner.peek() == '"') return scanner.take_to(scanner.quoted_end(at + 1, '"'));
  if (scanner.peek() == '\'') return scanner.take_to(literal_end(scanner, at + 1));
  scanner.take_operator(kTomlOperators);
}

void json_mark(Scanner& scanner) {
  if (scanner.skip_c_comment()) return;
  if (scanner.peek() == '"') return scanner.take_to(scanner.quoted_end(scanner.at() + 1, '"'));
  scanner.take_operator(kNoOperators);
}

}  // namespace

void lex_toml(Scanner& scanner) { scan<take_word, take_number, toml_mark>(scanner); }

void lex_json(Scanner& scanner) { scan<take_word, take_number, json_mark>(scanner); }

void lex_words(Scanner& scanner) {
  while (!scanner.done()) {
    if (is_wordy(scanner.kind())) {
      scanner.take_word();
    } else if (scanner.kind() == ByteKind::mark) {
      scanner.take(1);
    } else {
      scanner.skip_blanks();
    }
  }
}

}  // namespace ain::repo
