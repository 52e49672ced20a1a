// Rust: comments nest, strings span lines, a quote may begin a lifetime.
#include <string>

#include "repo/lexers/languages.h"

namespace ain::repo {
namespace {

constexpr Operators kOperators("<<= >>= ... ..= -> => :: .. << >> <= >= == != && || += -= *= /= %= &= |= ^=");

constexpr size_t kHashesMax = 255;  // around a raw string, by the language

size_t nested_comment_end(std::string_view text, size_t from) {
  int64_t depth = 1;
  for (size_t i = from; i + 1 < text.size(); ++i) {
    const bool opens = text[i] == '/' && text[i + 1] == '*';
    const bool closes = text[i] == '*' && text[i + 1] == '/';
    if (!opens && !closes) continue;
    depth += opens ? 1 : -1;
    ++i;
    if (depth == 0) return i + 1;
  }
  return text.npos;
}

// One past the raw string whose first '#' or quote is at `from`; npos where none begins.
size_t raw_string_end(Scanner& scanner, size_t from) {
  size_t quote = from;
  while (quote - from < kHashesMax && scanner.byte_at(quote) == '#') ++quote;
  if (scanner.byte_at(quote) != '"') return std::string_view::npos;
  return scanner.close_of(quote + 1, "\"" + std::string(quote - from, '#'));
}

size_t letter_bytes(unsigned char first) {
  return first < 0xc0 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
}

// 'x', '\n' and '\u{1f600}' are characters, 'a is a lifetime.
void quote(Scanner& scanner) {
  if (scanner.peek(1) == '\\') return scanner.take_to(scanner.quoted_end(scanner.at() + 1, '\''));
  const size_t letter = letter_bytes(scanner.peek(1));
  if (scanner.peek(1) != '\n' && scanner.peek(1 + letter) == '\'') return scanner.take(2 + letter);
  size_t bytes = 1;
  while (is_wordy(scanner.kind(bytes))) ++bytes;
  scanner.take(bytes);
}

void string(Scanner& scanner, size_t begin) {
  const size_t end = scanner.escaped_close_of(scanner.at() + 1, "\"");
  scanner.go_to(begin);
  scanner.take_to(end);
}

// Takes the string that the word at the cursor is a prefix of; false when it is no prefix.
bool prefixed(Scanner& scanner) {
  const size_t begin = scanner.at();
  size_t end = begin;
  while (end - begin < 2 &&
         std::string_view("brc").find(static_cast<char>(scanner.byte_at(end))) != std::string_view::npos)
    ++end;
  const unsigned char next = scanner.byte_at(end);
  if (end == begin || (next != '"' && next != '#' && next != '\'')) return false;
  if (scanner.byte_at(end - 1) == 'r') {
    const size_t close = raw_string_end(scanner, end);
    if (close == std::string_view::npos) return false;
    scanner.take_to(close);
  } else if (next == '"') {
    scanner.go_to(end);
    string(scanner, begin);
  } else if (next == '\'' && scanner.peek() == 'b' && end - begin == 1) {
    scanner.take_to(scanner.quoted_end(end + 1, '\''));
  } else {
    return false;
  }
  return true;
}

// r#match is one identifier.
void word(Scanner& scanner) {
  if (prefixed(scanner)) return;
  const size_t begin = scanner.at();
  const bool raw = scanner.sees("r#") && scanner.kind(2) == ByteKind::word;
  if (!raw) {
    scanner.take_word();
    return;
  }
  size_t bytes = 2;
  while (is_wordy(scanner.kind(bytes))) ++bytes;
  scanner.take_to(begin + bytes);
}

void mark(Scanner& scanner) {
  const unsigned char c = scanner.peek();
  if (c == '/' && scanner.peek(1) == '/') return scanner.skip_line();
  if (c == '/' && scanner.peek(1) == '*') {
    return scanner.go_to(scanner.end_or_line_end(
        scanner.at() + 2, [&](size_t from) { return nested_comment_end(scanner.text(), from); }));
  }
  if (c == '"') return string(scanner, scanner.at());
  if (c == '\'') return quote(scanner);
  scanner.take_operator(kOperators);
}

}  // namespace

void lex_rust(Scanner& scanner) {
  if (scanner.sees("#!") && !scanner.sees("#![")) scanner.skip_line();
  scan<word, take_number_dot_wants_digit, mark>(scanner);
}

}  // namespace ain::repo
