// Markdown and other prose: words are tokens, marks are none. Fenced code is read in the language that it
// names.
#include <algorithm>

#include "repo/lexers/languages.h"

namespace ain::repo {
namespace {

constexpr size_t kFenceMarksMin = 3;

// A line of at least three '`' or '~'.
struct Fence {
  char mark = 0;
  size_t marks = 0;
  std::string_view rest;  // of the line
};

std::optional<Fence> fence_of(std::string_view line) {
  line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
  if (line.empty() || (line[0] != '`' && line[0] != '~')) return std::nullopt;
  const size_t marks = std::min(line.find_first_not_of(line[0]), line.size());
  if (marks < kFenceMarksMin) return std::nullopt;
  const std::string_view rest = line.substr(marks);
  // ```code``` is a span within a line.
  if (line[0] == '`' && rest.find('`') != rest.npos) return std::nullopt;
  return Fence{line[0], marks, rest};
}

bool closes(std::string_view line, const Fence& open) {
  const auto fence = fence_of(line);
  return fence && fence->mark == open.mark && fence->marks >= open.marks &&
         fence->rest.find_first_not_of(" \t\r") == std::string_view::npos;
}

// From "python title=x", "{.python}" or "{r, echo=FALSE}".
Language language_of_info(std::string_view info) {
  info.remove_prefix(std::min(info.find_first_not_of(" \t{."), info.size()));
  const std::string name = lower_ascii(info.substr(0, info.find_first_of(" \t\r,:{}")));
  const Language language = language_of_name(name).value_or(Language::words);
  return language == Language::notebook ? Language::json : language;
}

class Markdown {
 public:
  Markdown(Scanner& scanner, bool fences) : scanner_(scanner), fences_(fences) {}

  void run() {
    while (!scanner_.done()) {
      const auto fence = fences_ ? fence_of(line_at(scanner_.at())) : std::nullopt;
      if (fence) {
        code(*fence);
      } else {
        prose();
      }
    }
  }

 private:
  std::string_view line_at(size_t begin) const {
    return scanner_.text().substr(begin, scanner_.line_end(begin) - begin);
  }

  // To the end of the line, or of the one in which a comment ends.
  void prose() {
    while (!scanner_.done() && scanner_.peek() != '\n') {
      if (is_wordy(scanner_.kind())) {
        scanner_.take_word();
      } else if (scanner_.sees("<!--")) {
        scanner_.go_to(scanner_.close_of(scanner_.at() + 4, "-->"));
      } else {
        scanner_.skip();
      }
    }
    if (!scanner_.done()) scanner_.skip();
  }

  // An open fence holds to the end of the text.
  void code(const Fence& fence) {
    const std::string_view text = scanner_.text();
    const size_t begin = std::min(scanner_.line_end(scanner_.at()) + 1, text.size());
    size_t end = begin;
    size_t after = begin;
    while (after < text.size()) {
      const std::string_view line = line_at(end);
      after = std::min(end + line.size() + 1, text.size());
      if (closes(line, fence)) break;
      end = after;
    }
    part(language_of_info(fence.rest), begin, end);
    scanner_.go_to(after);
  }

  void part(Language language, size_t begin, size_t end) {
    if (language != Language::markdown)
      return lex_part(language, scanner_.text(), begin, end, scanner_.tokens());
    Scanner inner(scanner_.text().substr(0, end), begin, scanner_.tokens());
    lex_markdown(inner, false);
  }

  Scanner& scanner_;
  const bool fences_;
};

}  // namespace

void lex_markdown(Scanner& scanner, bool fences) { Markdown(scanner, fences).run(); }

}  // namespace ain::repo
