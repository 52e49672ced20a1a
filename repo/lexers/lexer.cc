#include "repo/lexers/lexer.h"

#include <array>

#include "repo/lexers/languages.h"
#include "repo/text_file.h"

namespace ain::repo {
namespace {

constexpr std::array<const char*, kLanguages> kNames = {"python",   "c",        "rust", "go",   "javascript",
                                                        "java",     "shell",    "yaml", "toml", "json",
                                                        "notebook", "markdown", "words"};

// A token is some four to six bytes of usual code; the vector grows where that is wrong.
constexpr size_t kBytesPerTokenGuess = 5;

void lex(Language language, Scanner& scanner) {
  switch (language) {
    case Language::python:
      return lex_python(scanner);
    case Language::c:
      return lex_c(scanner);
    case Language::rust:
      return lex_rust(scanner);
    case Language::go:
      return lex_go(scanner);
    case Language::javascript:
      return lex_javascript(scanner);
    case Language::java:
      return lex_java(scanner);
    case Language::shell:
      return lex_shell(scanner);
    case Language::yaml:
      return lex_yaml(scanner);
    case Language::toml:
      return lex_toml(scanner);
    case Language::json:
      return lex_json(scanner);
    case Language::notebook:
      return lex_notebook(scanner);
    case Language::markdown:
      return lex_markdown(scanner);
    case Language::words:
      return lex_words(scanner);
  }
}

bool has_dollar(Language language) { return language == Language::javascript || language == Language::java; }

}  // namespace

const char* language_name(Language language) { return kNames.at(static_cast<size_t>(language)); }

void lex_part(Language language, std::string_view text, size_t begin, size_t end,
              std::vector<CodeToken>& tokens) {
  Scanner scanner(text.substr(0, end), begin, tokens, has_dollar(language) ? kDollarBytes : kPlainBytes);
  lex(language, scanner);
}

std::vector<CodeToken> code_tokens(Language language, std::string_view text) {
  std::vector<CodeToken> tokens;
  if (text.size() > kTextBytesMax) return tokens;
  tokens.reserve(text.size() / kBytesPerTokenGuess);
  lex_part(language, text, 0, text.size(), tokens);
  return tokens;
}

}  // namespace ain::repo
