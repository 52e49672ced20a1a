#include "tests/repo/lexers/lexed.h"

namespace ain::repo {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

std::vector<std::string> python(std::string_view text) { return lexed(Language::python, text); }

TEST(Python, WordsNumbersAndLongestOperators) {
  EXPECT_THAT(python("x >>= 1_000 ** -2.5e-3j"), ElementsAre("x", ">>=", "1_000", "**", "-", "2.5e-3j"));
  EXPECT_THAT(python("a//=b; c->d:=.5"), ElementsAre("a", "//=", "b", ";", "c", "->", "d", ":=", ".5"));
  EXPECT_THAT(python("x[...] @= 0xe+1"), ElementsAre("x", "[", "...", "]", "@=", "0xe", "+", "1"));
  EXPECT_THAT(python("größe = 変数"), ElementsAre("größe", "=", "変数"));
}

TEST(Python, CommentsAndBlanksAreNothing) {
  EXPECT_THAT(python("# all\n\t \r\n  # of it"), IsEmpty());
  EXPECT_THAT(python("x = 1  # one\ny"), ElementsAre("x", "=", "1", "y"));
  EXPECT_THAT(python("x = \\\n  1 \\\r\n + 2"), ElementsAre("x", "=", "1", "+", "2"));
  EXPECT_THAT(python("\xef\xbb\xbfx\xc2\xa0 \xe2\x80\x8b y"), ElementsAre("\xef\xbb\xbfx\xc2\xa0", "y"));
}

TEST(Python, AStringIsOneTokenWithItsPrefix) {
  EXPECT_THAT(python("x = 'a b' \"c\" rb'\\'' Rb\"\""),
              ElementsAre("x", "=", "'a b'", "\"c\"", "rb'\\''", "Rb\"\""));
  EXPECT_THAT(python("x = f'{y} {z}'"), ElementsAre("x", "=", "f'{y} {z}'"));
  EXPECT_THAT(python("x = '''a\n'b''\n'''"), ElementsAre("x", "=", "'''a\n'b''\n'''"));
  EXPECT_THAT(python("x = r\"\"\"\\\"\"\"\"\"\""), ElementsAre("x", "=", "r\"\"\"\\\"\"\"\"", "\"\""));
  EXPECT_THAT(python("x = 'a\\\nb'"), ElementsAre("x", "=", "'a\\\nb'"));
  // A name is no prefix.
  EXPECT_THAT(python("x = self'a'"), ElementsAre("x", "=", "self", "'a'"));
}

TEST(Python, ADocstringIsNothing) {
  EXPECT_THAT(python("'''A module.'''\nimport os"), ElementsAre("import", "os"));
  EXPECT_THAT(python("def f():\n  \"doc\"\n  return 1"),
              ElementsAre("def", "f", "(", ")", ":", "return", "1"));
  EXPECT_THAT(python("class A:\n  r'''doc\n  more'''  # why\n  x"), ElementsAre("class", "A", ":", "x"));
  EXPECT_THAT(python("def f(): 'doc'"), ElementsAre("def", "f", "(", ")", ":"));
  EXPECT_THAT(python("x = 1\n'''commented out'''\ny = 2"), ElementsAre("x", "=", "1", "y", "=", "2"));
  EXPECT_THAT(python("'a' \\\n 'b'\n"), IsEmpty());
  EXPECT_THAT(python("'last'"), IsEmpty());
}

TEST(Python, AStringWithinAStatementIsNoDocstring) {
  EXPECT_THAT(python("f(\n'a'\n)"), ElementsAre("f", "(", "'a'", ")"));
  EXPECT_THAT(python("x: 'int'\n"), ElementsAre("x", ":", "'int'"));
  EXPECT_THAT(python("'a'.join(b)"), ElementsAre("'a'", ".", "join", "(", "b", ")"));
  EXPECT_THAT(python("x = \\\n'a'\n"), ElementsAre("x", "=", "'a'"));
  EXPECT_THAT(python("{'a': 'b',\n'c': 'd'}"), SizeIs(9));
  EXPECT_THAT(python("return 'a'\n"), ElementsAre("return", "'a'"));
}

TEST(Python, BrokenTextStaysLocal) {
  EXPECT_THAT(python("x = 'open\ny = 1"), ElementsAre("x", "=", "'open", "y", "=", "1"));
  EXPECT_THAT(python("x = '''open\ny = 1"), ElementsAre("x", "=", "'''open", "y", "=", "1"));
  // A bracket left open ends at the next definition.
  EXPECT_THAT(python("f(\ndef g():\n  'doc'\n"), ElementsAre("f", "(", "def", "g", "(", ")", ":"));
  EXPECT_THAT(python("))) x"), ElementsAre(")", ")", ")", "x"));
  EXPECT_THAT(python("\\"), ElementsAre("\\"));
  EXPECT_THAT(python("'\\"), IsEmpty());
  EXPECT_THAT(python(std::string_view("\0x\0", 3)), ElementsAre("x"));
  EXPECT_THAT(python("\xff\xfe = 1"), ElementsAre("\xff\xfe", "=", "1"));
}

}  // namespace
}  // namespace ain::repo
