// Shell, and what is written like it: Makefiles, CMake, Dockerfiles. Quoted text spans lines; a here-document
// is one token.
#include <algorithm>
#include <string>
#include <vector>

#include "repo/lexers/languages.h"

namespace ain::repo {
namespace {

constexpr Operators kOperators(
    "<<< <<- &>> ;;& && || ;; << >> <& >& &> >| <( >( $( ${ (( )) [[ ]] == != =~ += ?= := -- ;& |&");

constexpr size_t kHeredocsMax = 16;  // begun in one line

struct Heredoc {
  std::string word;
  bool tabs = false;  // <<-: tabs may stand before the closing word
};

// The end of the line that closes `heredoc`, the newline left out.
size_t closing_line_end(std::string_view text, size_t from, const Heredoc& heredoc) {
  while (from < text.size()) {
    const size_t end = std::min(text.find('\n', from), text.size());
    std::string_view line = text.substr(from, end - from);
    while (heredoc.tabs && line.starts_with('\t')) line.remove_prefix(1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line == heredoc.word) return end;
    from = end + 1;
  }
  return text.npos;
}

class Shell {
 public:
  explicit Shell(Scanner& scanner) : scanner_(scanner) {}

  void run() {
    while (!scanner_.done()) step();
  }

 private:
  void step() {
    switch (scanner_.kind()) {
      case ByteKind::blank:
        if (scanner_.peek() == '\n' && !heredocs_.empty()) return bodies();
        return scanner_.skip();
      case ByteKind::word:
      case ByteKind::digit:
        scanner_.take_word();
        return;
      case ByteKind::mark:
        return mark();
    }
  }

  void mark() {
    const unsigned char c = scanner_.peek();
    if (c == '#' && at_word_start()) return scanner_.skip_line();
    if (c == '\\') return backslash();
    if (c == '"') return double_quoted();
    if (c == '\'') return single_quoted();
    const bool heredoc = scanner_.sees("<<") && !scanner_.sees("<<<");
    const bool tabs = scanner_.sees("<<-");
    scanner_.take_operator(kOperators);
    if (heredoc) begin_heredoc(tabs);
  }

  // Elsewhere, as in $# or ${x#y}, the mark begins no comment.
  bool at_word_start() const {
    const unsigned char c = scanner_.before();
    return kPlainBytes[c] == ByteKind::blank ||
           std::string_view(";&|()").find(static_cast<char>(c)) != std::string_view::npos;
  }

  // "$(cd "$1" && pwd)" is one.
  void double_quoted() {
    scanner_.take_to(scanner_.end_or_line_end(
        scanner_.at() + 1, [&](size_t from) { return scanner_.interpolated_end(from, '"', '(', ')'); }));
  }

  void single_quoted() {
    const bool escapes = scanner_.before() == '$';
    const size_t inside = scanner_.at() + 1;
    scanner_.take_to(escapes ? scanner_.escaped_close_of(inside, "'") : scanner_.close_of(inside, "'"));
  }

  void backslash() {
    const size_t next = scanner_.peek(1) == '\r' && scanner_.peek(2) == '\n' ? 2 : 1;
    if (scanner_.peek(next) == '\n') return scanner_.skip(next);
    const unsigned char hidden = scanner_.peek(1);
    scanner_.take(hidden < 0x80 && kPlainBytes[hidden] != ByteKind::blank ? 2 : 1);
  }

  // The word after << as EOF, 'EOF', "EOF" or \EOF; anything else is a shift.
  void begin_heredoc(bool tabs) {
    while (scanner_.peek() == ' ' || scanner_.peek() == '\t') scanner_.skip();
    const unsigned char quote = scanner_.peek();
    const bool quoted = quote == '"' || quote == '\'';
    const size_t inside = quoted || quote == '\\' ? 1 : 0;
    size_t end = inside;
    while (is_wordy(scanner_.kind(end)) || (end > inside && scanner_.peek(end) == '-')) ++end;
    if (end == inside || scanner_.kind(inside) == ByteKind::digit) return;
    if (quoted && scanner_.peek(end) != quote) return;
    if (heredocs_.size() == kHeredocsMax) return;
    heredocs_.push_back({std::string(scanner_.text().substr(scanner_.at() + inside, end - inside)), tabs});
    scanner_.take(end + (quoted ? 1 : 0));
  }

  // At the newline after which the here-documents stand, one after the other.
  void bodies() {
    for (const Heredoc& heredoc : heredocs_) {
      const size_t body = scanner_.at() + 1;
      const size_t end = scanner_.search(
          body, [&](size_t from) { return closing_line_end(scanner_.text(), from, heredoc); });
      if (end == std::string_view::npos) break;
      scanner_.go_to(body);
      scanner_.take_to(end);
    }
    heredocs_.clear();
    if (!scanner_.done() && scanner_.peek() == '\n') scanner_.skip();
  }

  Scanner& scanner_;
  std::vector<Heredoc> heredocs_;  // begun in this line
};

}  // namespace

void lex_shell(Scanner& scanner) { Shell(scanner).run(); }

}  // namespace ain::repo
