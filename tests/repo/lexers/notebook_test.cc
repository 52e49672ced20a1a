#include "tests/repo/lexers/lexed.h"

namespace ain::repo {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

std::vector<std::string> notebook(std::string_view text) { return lexed(Language::notebook, text); }

// A notebook of one cell, whose source is the JSON `source`.
std::vector<std::string> cell(const std::string& type, const std::string& source,
                              const std::string& kernel = "") {
  const std::string language = kernel.empty() ? "" : ", \"kernelspec\": {\"language\": \"" + kernel + "\"}";
  return notebook("{\"cells\": [{\"cell_type\": \"" + type +
                  "\", \"outputs\": [{\"text\": \"no\"}], \"source\": " + source +
                  "}], \"metadata\": {\"a\": \"no\"" + language + "}, \"nbformat\": 4}");
}

TEST(Notebook, TokensAreThoseOfTheSourceOnly) {
  EXPECT_THAT(cell("code", R"(["x = 1  # no\n", "y"])"), ElementsAre("x", "=", "1", "y"));
  EXPECT_THAT(cell("code", R"("x = 1")"), ElementsAre("x", "=", "1"));
  EXPECT_THAT(cell("markdown", R"("# A *b*")"), ElementsAre("A", "b"));
  EXPECT_THAT(cell("raw", R"("a")"), IsEmpty());
  EXPECT_THAT(cell("code", "[]"), IsEmpty());
}

TEST(Notebook, ATokenIsWhereTheJsonHasIt) {
  EXPECT_THAT(cell("code", R"("x = \"a\\n\"\nz")"), ElementsAre("x", "=", R"(\"a\\n\")", "z"));
  EXPECT_THAT(cell("code", R"("\u0061b\ud83d\ude00 \u00e9=1")"),
              ElementsAre(R"(\u0061b\ud83d\ude00)", R"(\u00e9)", "=", "1"));
  // Across two strings of the list.
  EXPECT_THAT(cell("code", R"(["x = '''a\n", "b'''"])"), ElementsAre("x", "=", R"('''a\n", "b''')"));
}

TEST(Notebook, MagicsAreReadByWords) {
  EXPECT_THAT(cell("code", R"("%pip install a-b  # c\n!ls 'd\nx = 5 % 3")"),
              ElementsAre("%", "pip", "install", "a", "-", "b", "#", "c", "!", "ls", "'", "d", "x", "=", "5",
                          "%", "3"));
  EXPECT_THAT(cell("code", R"("x = '''\n%a b\n'''")"), ElementsAre("x", "=", R"('''\n%a b\n''')"));
  EXPECT_THAT(cell("code", R"("%%bash\necho $a # no")"), ElementsAre("%", "%", "bash", "echo", "$", "a"));
  EXPECT_THAT(cell("code", R"("%%time\nx >>= 1 # no")"), ElementsAre("%", "%", "time", "x", ">>=", "1"));
  EXPECT_THAT(cell("code", R"("%%writefile a\nx >> 1")"), SizeIs(8));
}

TEST(Notebook, TheKernelNamesTheLanguage) {
  EXPECT_THAT(cell("code", R"("a // no")", "javascript"), ElementsAre("a"));
  EXPECT_THAT(cell("code", R"("a <- b # yes")", "R"), SizeIs(6));
  EXPECT_THAT(cell("code", R"("a b")", "ipynb"), ElementsAre("a", "b"));
  EXPECT_THAT(
      notebook(
          R"({"metadata":{"language_info":{"name":"rust"}},"cells":[{"source":["'a /*/**/*/"],"cell_type":"code"}]})"),
      ElementsAre("'a"));
}

TEST(Notebook, FormatThree) {
  EXPECT_THAT(
      notebook(
          R"({"worksheets":[{"cells":[{"cell_type":"code","input":["x=1"],"outputs":[]}]}],"nbformat":3})"),
      ElementsAre("x", "=", "1"));
}

TEST(Notebook, WhatIsNoNotebookHasNoTokens) {
  for (const char* text : {"", "[", "{", "x = 1", "[]", R"({"cells":[{"cell_type":"code","source":"x"}])",
                           R"({"cells":[{"cell_type":"code","source":"x"}]} y)",
                           R"({"cells":[{"cell_type":"code","source":"x}]})",
                           R"({"cells":[{"cell_type":"code","source":"x"}],"a":})",
                           R"({"cells":[{"cell_type":"code","source":"x"}],"a":[1,2}})",
                           R"({"cells":[{"cell_type":"code","source":"x"}],"a":{"b" 1}})",
                           R"({"cells":[{"cell_type":"code","source":"\x"}]})",
                           R"({"cells":[{"cell_type":"code","source":"\u12g4"}]})",
                           R"({"cells":[{"cell_type":"code","source":3}]})"}) {
    EXPECT_THAT(notebook(text), IsEmpty()) << text;
  }
  const std::string deep = std::string(100, '[') + std::string(100, ']');
  EXPECT_THAT(notebook(R"({"cells":[{"cell_type":"code","source":"x"}],"a":)" + deep + "}"), IsEmpty());
}

TEST(Notebook, AnyValueMayStandAroundTheCells) {
  EXPECT_THAT(
      notebook(
          "\xef\xbb\xbf{\"a\":[[],{},{\"b\":[null,-1.5e+3,NaN,\"\\\\\"]}],\"cells\":[{\"cell_type\":\"code\","
          "\"source\":\"x\"}],\"metadata\":null}\n"),
      ElementsAre("x"));
}

}  // namespace
}  // namespace ain::repo
