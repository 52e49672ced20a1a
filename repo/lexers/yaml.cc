// YAML, and INI files, whose comments and quotes are alike enough. A block scalar is text, read by words.
#include <algorithm>

#include "repo/lexers/languages.h"

namespace ain::repo {
namespace {

constexpr Operators kOperators("--- ... <<");

size_t indent_of(std::string_view line) {
  const size_t first = line.find_first_not_of(' ');
  return first == line.npos ? line.size() : first;
}

bool is_blank(std::string_view line) { return line.find_first_not_of(" \t\r") == line.npos; }

// One past the quote that closes a '…' whose inside begins at `from`; two together are one inside it.
size_t single_quoted_end(std::string_view text, size_t from) {
  for (size_t at = text.find('\'', from); at != text.npos; at = text.find('\'', at + 2)) {
    if (at + 1 >= text.size() || text[at + 1] != '\'') return at + 1;
  }
  return text.npos;
}

class Yaml {
 public:
  explicit Yaml(Scanner& scanner) : scanner_(scanner) {}

  void run() {
    begin_line();
    while (!scanner_.done()) step();
  }

 private:
  void begin_line() {
    last_ = 0;
    indent_ = 0;
    while (scanner_.peek(indent_) == ' ') ++indent_;
    scanner_.skip(indent_);
  }

  void step() {
    switch (scanner_.kind()) {
      case ByteKind::blank:
        return blank();
      case ByteKind::word:
        last_ = 'w';
        scanner_.take_word();
        return;
      case ByteKind::digit:
        last_ = 'w';
        return scanner_.take_number();
      case ByteKind::mark:
        return mark();
    }
  }

  void blank() {
    const bool newline = scanner_.peek() == '\n';
    scanner_.skip();
    if (!newline) return;
    if (block_) block();
    begin_line();
  }

  void mark() {
    const unsigned char c = scanner_.peek();
    if (c == '#' && kPlainBytes[scanner_.before()] == ByteKind::blank) return scanner_.skip_line();
    const bool starts_value = at_value();
    if (starts_value && (c == '"' || c == '\'')) return quoted(c);
    if (starts_value && (c == '!' || c == '&' || c == '*')) return name(c);
    if (starts_value && (c == '|' || c == '>') && block_header()) return;
    last_ = c;
    if (scanner_.at_number()) {
      last_ = 'w';
      return scanner_.take_number();
    }
    scanner_.take_operator(kOperators);
  }

  // Elsewhere a quote is an apostrophe.
  bool at_value() const {
    return last_ == 0 ||
           std::string_view(":-?[{,!=").find(static_cast<char>(last_)) != std::string_view::npos;
  }

  void quoted(unsigned char quote) {
    const size_t inside = scanner_.at() + 1;
    scanner_.take_to(quote == '"' ? scanner_.escaped_close_of(inside, "\"")
                                  : scanner_.end_or_line_end(inside, [&](size_t from) {
                                      return single_quoted_end(scanner_.text(), from);
                                    }));
    last_ = 'w';
  }

  // A tag, an anchor or an alias.
  void name(unsigned char c) {
    size_t bytes = 1;
    while (scanner_.kind(bytes) != ByteKind::blank &&
           std::string_view(",]}").find(static_cast<char>(scanner_.peek(bytes))) == std::string_view::npos)
      ++bytes;
    scanner_.take(bytes);
    last_ = c == '*' ? 'w' : '!';
  }

  // '|' or '>' with its indicators, when the line has nothing else but a comment.
  bool block_header() {
    size_t bytes = 1;
    while (scanner_.peek(bytes) == '+' || scanner_.peek(bytes) == '-' ||
           scanner_.kind(bytes) == ByteKind::digit)
      ++bytes;
    size_t rest = bytes;
    while (scanner_.peek(rest) == ' ' || scanner_.peek(rest) == '\t' || scanner_.peek(rest) == '\r') ++rest;
    const bool ends = scanner_.at() + rest >= scanner_.text().size() || scanner_.peek(rest) == '\n';
    if (!ends && (scanner_.peek(rest) != '#' || rest == bytes)) return false;
    scanner_.take(bytes);
    block_ = true;
    return true;
  }

  // The lines from here that are indented as the first of them is, deeper than the line before.
  void block() {
    block_ = false;
    const std::string_view text = scanner_.text();
    size_t block_indent = 0;
    size_t end = scanner_.at();
    for (size_t at = end; at < text.size();) {
      const size_t line_end = scanner_.line_end(at);
      const std::string_view line = text.substr(at, line_end - at);
      at = line_end + 1;
      if (is_blank(line)) continue;
      if (block_indent == 0) block_indent = indent_of(line);
      if (block_indent <= indent_ || indent_of(line) < block_indent) break;
      end = std::min(at, text.size());
    }
    lex_part(Language::words, text, scanner_.at(), end, scanner_.tokens());
    scanner_.go_to(end);
  }

  Scanner& scanner_;
  unsigned char last_ = 0;  // the mark before in this line, 'w' for anything else, 0 for nothing
  size_t indent_ = 0;       // of this line
  bool block_ = false;      // a block scalar begins after it
};

}  // namespace

void lex_yaml(Scanner& scanner) { Yaml(scanner).run(); }

}  // namespace ain::repo
