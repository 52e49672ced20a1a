// The tokens of code that a text holds: what is written, without blanks, comments and docstrings. Each token
// weighs one, and what an author is paid counts them, so a lexer is total (any bytes at all), deterministic,
// linear in the text and without memory of a machine: no locale, no regular expression, integers only. Broken
// text costs what is broken, not what follows it.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace ain::repo {

// A family of languages that are lexed alike: `c` is C, C++, CUDA and their kin, `javascript` TypeScript and
// JSX too. The numbers are part of fuzz corpora; append only.
enum class Language : uint8_t {
  python,
  c,
  rust,
  go,
  javascript,
  java,
  shell,
  yaml,
  toml,
  json,
  notebook,
  markdown,
  words,
};
inline constexpr int kLanguages = 13;

// Lower case, as in a Markdown fence: "python".
const char* language_name(Language language);

// The bytes [begin, end) of the text.
struct CodeToken {
  uint32_t begin = 0;
  uint32_t end = 0;

  bool operator==(const CodeToken&) const = default;
};

// Sorted by place, disjoint, none empty. `text` is at most kTextBytesMax (repo/text_file.h); a longer one has no
// tokens. A notebook's tokens are those of its cells' sources, as bytes of the notebook's own JSON; one that
// is no JSON has none.
std::vector<CodeToken> code_tokens(Language language, std::string_view text);

}  // namespace ain::repo
