// What every list of tokens must be, for the fuzz targets: an abort is what a fuzzer sees.
#pragma once

#include <cstdlib>
#include <string_view>
#include <vector>

#include "repo/lexers/lexer.h"

namespace ain::repo {

inline void check_tokens(std::string_view text, const std::vector<CodeToken>& tokens) {
  uint32_t before = 0;
  for (const CodeToken& token : tokens) {
    if (token.begin < before || token.end <= token.begin || token.end > text.size()) abort();
    before = token.end;
  }
}

}  // namespace ain::repo
