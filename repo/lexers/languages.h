// Private to the lexers: one function a family. Each reads its scanner to the end.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "repo/lexers/scanner.h"

namespace ain::repo {

// `cell`: a notebook's, where a statement that starts with '%', '!' or '?' is for IPython and is read by
// words.
void lex_python(Scanner& scanner, bool cell = false);
void lex_c(Scanner& scanner);
void lex_rust(Scanner& scanner);
void lex_go(Scanner& scanner);
void lex_javascript(Scanner& scanner);
void lex_java(Scanner& scanner);
void lex_shell(Scanner& scanner);
void lex_yaml(Scanner& scanner);
void lex_toml(Scanner& scanner);
void lex_json(Scanner& scanner);
void lex_notebook(Scanner& scanner);
// `fences`: whether fenced code is looked for; a Markdown example inside Markdown is prose.
void lex_markdown(Scanner& scanner, bool fences = true);
void lex_words(Scanner& scanner);

// The bytes [begin, end) of `text` as `language`; what stands around them is not looked at. Tokens are
// appended.
void lex_part(Language language, std::string_view text, size_t begin, size_t end,
              std::vector<CodeToken>& tokens);

// What people call a language in a fence's info string, a kernel or a file's ending, in lower case: "py",
// "c++", "bash".
std::optional<Language> language_of_name(std::string_view name);
// By the file's name, or the interpreter that its first line names; nothing for a file to be read by words.
std::optional<Language> language_of_path(std::string_view path);
std::optional<Language> language_of_shebang(std::string_view text);

// ASCII only; every other byte stays.
std::string lower_ascii(std::string_view text);

}  // namespace ain::repo
