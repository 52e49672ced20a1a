// golden/NAME.input is lexed as the language NAME and compared with golden/NAME.expected: a line for each
// line on which a token begins, its number and its tokens between bars. What an author is paid hangs on
// these: a change here is a new specification of attribution. AIN_ACCEPT=1 writes the expected files anew.
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "repo/lexers/lexer.h"

namespace ain::repo {
namespace {

namespace fs = std::filesystem;

fs::path golden(const std::string& file) {
  return fs::path(AIN_SOURCE_FOLDER) / "tests/repo/lexers/golden" / file;
}

std::string read(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

std::string readable(std::string_view token) {
  std::string result;
  for (const char c : token) {
    if (c == '\n') {
      result += "⏎";
    } else if (c == '\t') {
      result += "⇥";
    } else {
      result += c;
    }
  }
  return result;
}

std::string listing(Language language, std::string_view text) {
  std::string result;
  size_t line = 1;
  size_t counted = 0;
  size_t shown = 0;
  for (const CodeToken& token : code_tokens(language, text)) {
    for (; counted < token.begin; ++counted) line += text[counted] == '\n' ? 1 : 0;
    if (line != shown) result += (shown == 0 ? "" : "\n") + std::to_string(line) + " |";
    shown = line;
    result += " " + readable(text.substr(token.begin, token.end - token.begin)) + " |";
  }
  return result + "\n";
}

class Golden : public testing::TestWithParam<int> {};

TEST_P(Golden, Holds) {
  const auto language = static_cast<Language>(GetParam());
  const std::string name = language_name(language);
  const std::string input = read(golden(name + ".input"));
  ASSERT_FALSE(input.empty());
  const std::string actual = listing(language, input);
  const char* accept = ::getenv("AIN_ACCEPT");
  if (accept != nullptr && std::string(accept) == "1")
    std::ofstream(golden(name + ".expected"), std::ios::binary) << actual;
  EXPECT_EQ(actual, read(golden(name + ".expected")));
}

INSTANTIATE_TEST_SUITE_P(Lexers, Golden, testing::Range(0, kLanguages), [](const auto& tested) {
  return std::string(language_name(static_cast<Language>(tested.param)));
});

}  // namespace
}  // namespace ain::repo
