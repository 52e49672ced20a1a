// Private to the lexers: the questions that classify() asks of a file, one list each.
#pragma once

#include <string_view>

#include "repo/lexers/lexer.h"

namespace ain::repo {

// A file by its path: `folders` ends in '/' or is empty, `lower` is `name` in lower case.
struct PathParts {
  std::string_view folders;
  std::string_view name;
  std::string_view lower;
};

bool is_lock_file(const PathParts& path, std::string_view text);

// By name, for a file that is no code.
bool is_licence_name(const PathParts& path, Language language);
// A known licence's wording that is most of the text.
bool is_licence_text(std::string_view text);

bool is_generated_name(const PathParts& path);
// A program's mark at the beginning, or a bundler's at the end.
bool is_generated_text(std::string_view text, Language language);

bool is_vendored(const PathParts& path);
bool is_minified(const PathParts& path, std::string_view text, Language language);
bool is_data(const PathParts& path, std::string_view text, Language language);

}  // namespace ain::repo
