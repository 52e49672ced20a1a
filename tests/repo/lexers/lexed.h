// The tokens of a text as texts.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "repo/lexers/lexer.h"

namespace ain::repo {

inline std::vector<std::string> lexed(Language language, std::string_view text) {
  std::vector<std::string> result;
  uint32_t before = 0;
  for (const CodeToken& token : code_tokens(language, text)) {
    EXPECT_LE(before, token.begin);
    EXPECT_LT(token.begin, token.end);
    EXPECT_LE(token.end, text.size());
    before = token.end;
    result.emplace_back(text.substr(token.begin, token.end - token.begin));
  }
  return result;
}

}  // namespace ain::repo
