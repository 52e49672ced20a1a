// What a file of a tree is, judged by its path and its bytes alone: the language it is lexed as, and whether
// it weighs at all.
#pragma once

#include <cstdint>
#include <string_view>

#include "repo/lexers/lexer.h"

namespace ain::repo {

// Why nobody is paid for a file. The order is the order of the questions: the first that holds is the reason.
enum class Weightless : uint8_t {
  none,
  binary,     // a NUL byte among the first 8000, as git judges
  too_large,  // more than kTextBytesMax
  lock_file,
  licence,
  generated,
  vendored,
  minified,
  data,
  link,  // never by classify(): only the tree knows a symbolic link or a submodule
};

// A phrase for people: "a lock file".
const char* weightless_reason(Weightless why);

struct FileClass {
  Language language = Language::words;
  Weightless why = Weightless::none;

  bool operator==(const FileClass&) const = default;
};

// `path` is from the repository's root, with '/'. Linear in the text, and most questions look at its
// beginning only.
FileClass classify(std::string_view path, std::string_view text);

}  // namespace ain::repo
