// Texts made to be slow. What would take quadratic time takes hours at this size, so that the timeout of the
// test is the assertion; no clock is read.
#include <gtest/gtest.h>

#include <string>

#include "repo/lexers/classify.h"
#include "repo/text_file.h"

namespace ain::repo {
namespace {

std::string repeated(std::string_view part) {
  std::string text;
  text.reserve(kTextBytesMax);
  while (text.size() + part.size() <= kTextBytesMax) text += part;
  return text;
}

// Parts that grow, each once: "r#", "r##", … as far as the size goes.
std::string growing(std::string_view before, char grows, std::string_view after) {
  std::string text;
  for (size_t n = 1; text.size() + before.size() + n + after.size() <= kTextBytesMax; ++n) {
    text.append(before).append(n % 4096, grows).append(after);
  }
  return text;
}

class Hostile : public testing::TestWithParam<int> {};

TEST_P(Hostile, TakesLinearTimeInEveryLanguage) {
  const auto language = static_cast<Language>(GetParam());
  for (const std::string_view part : {"\"",
                                      "'",
                                      "`",
                                      "\\",
                                      "/*",
                                      "/",
                                      "r#",
                                      "r#\"",
                                      "R\"(",
                                      "R\"a(",
                                      "<<EOF\n",
                                      "<<A <<B\n",
                                      "[",
                                      "(",
                                      "{",
                                      "/[",
                                      "= /[ ",
                                      "`${",
                                      "\"$(",
                                      "\"\"\"",
                                      "'''",
                                      "x'",
                                      "!",
                                      "&a",
                                      "a: |\n",
                                      "- 'a\n",
                                      "<!--",
                                      "```\n",
                                      "```c\n",
                                      "~~~",
                                      "#",
                                      "%",
                                      "1'",
                                      "1e+",
                                      ".",
                                      "\r\\",
                                      "\xff",
                                      "\xe2\x80\x8b",
                                      "a",
                                      " ",
                                      "\n",
                                      "{\"a\":",
                                      "{\"cells\":[",
                                      "\"\\u"}) {
    const std::string text = repeated(part);
    const auto tokens = code_tokens(language, text);
    EXPECT_LE(tokens.size(), text.size()) << part;
  }
  for (const std::string& text :
       {growing("r", '#', "\" "), growing("R\"", 'd', "( "), growing("<<", 'E', "\n"), growing("", '`', "\n"),
        growing("\"", '\\', "\n"), "{\"cells\":[" + repeated("{},").substr(20) + "{}]}"}) {
    EXPECT_LE(code_tokens(language, text).size(), text.size());
  }
}

INSTANTIATE_TEST_SUITE_P(Lexers, Hostile, testing::Range(0, kLanguages), [](const auto& tested) {
  return std::string(language_name(static_cast<Language>(tested.param)));
});

TEST(HostileFile, IsClassifiedInLinearTime) {
  for (const std::string_view part :
       {"@generated_", "code generated ", "permission is hereby granted ", "\n", " ", "#!", "a/"}) {
    const std::string text = repeated(part);
    for (const char* path : {"a", "a.md", "a.js", "requirements.txt", "a.m"})
      EXPECT_NE(classify(path, text).why, Weightless::link);
    EXPECT_NE(classify(text, "x").why, Weightless::link);
  }
}

}  // namespace
}  // namespace ain::repo
