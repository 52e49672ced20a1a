// The families with braces.
#include "tests/repo/lexers/lexed.h"

namespace ain::repo {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

TEST(C, WordsNumbersAndLongestOperators) {
  const auto c = [](std::string_view text) { return lexed(Language::c, text); };
  EXPECT_THAT(c("x>>=1; y<=>z; p->*q"),
              ElementsAre("x", ">>=", "1", ";", "y", "<=>", "z", ";", "p", "->*", "q"));
  EXPECT_THAT(c("1'000'000ull 1.f .5e-3 0x1p-2 0xe+1"),
              ElementsAre("1'000'000ull", "1.f", ".5e-3", "0x1p-2", "0xe", "+", "1"));
  EXPECT_THAT(c("k<<<grid, 1>>>(x)"), ElementsAre("k", "<<<", "grid", ",", "1", ">>>", "(", "x", ")"));
  EXPECT_THAT(c("#include <a/b.h>\n"), ElementsAre("#", "include", "<", "a", "/", "b", ".", "h", ">"));
  EXPECT_THAT(c("#define A(x) \\\n  a##x\n"), ElementsAre("#", "define", "A", "(", "x", ")", "a", "##", "x"));
}

TEST(C, CommentsAreNothing) {
  const auto c = [](std::string_view text) { return lexed(Language::c, text); };
  EXPECT_THAT(c("/* a\n b */ x // c\ny"), ElementsAre("x", "y"));
  EXPECT_THAT(c("// a \\\n still \\\r\n and\ny"), ElementsAre("y"));
  EXPECT_THAT(c("//"), IsEmpty());
  EXPECT_THAT(c("/**/x/*/ y */z"), ElementsAre("x", "z"));
}

TEST(C, AStringIsOneTokenWithItsPrefix) {
  const auto c = [](std::string_view text) { return lexed(Language::c, text); };
  EXPECT_THAT(c(R"(L"a" u8"\"" 'x' '\'' U'y' foo"z")"),
              ElementsAre("L\"a\"", R"(u8"\"")", "'x'", R"('\'')", "U'y'", "foo", "\"z\""));
  EXPECT_THAT(c("R\"(a\n\"b)\" u8R\"x()\")x\" y"), ElementsAre("R\"(a\n\"b)\"", "u8R\"x()\")x\"", "y"));
  EXPECT_THAT(c("\"a\\\nb\" c"), ElementsAre("\"a\\\nb\"", "c"));
  EXPECT_THAT(c("\"// no comment\""), SizeIs(1));
}

TEST(C, BrokenTextStaysLocal) {
  const auto c = [](std::string_view text) { return lexed(Language::c, text); };
  EXPECT_THAT(c("#error don't\nx"), ElementsAre("#", "error", "don", "'t", "x"));
  EXPECT_THAT(c("/* open\nx"), ElementsAre("x"));
  EXPECT_THAT(c("R\"a(open\nx"), ElementsAre("R\"a(open", "x"));
  EXPECT_THAT(c("R\"no bracket\nx"), ElementsAre("R\"no bracket", "x"));
  EXPECT_THAT(c("\"\\"), ElementsAre("\"\\"));
  EXPECT_THAT(c("1'"), ElementsAre("1", "'"));
}

TEST(Rust, LifetimesCharactersAndStrings) {
  const auto rust = [](std::string_view text) { return lexed(Language::rust, text); };
  EXPECT_THAT(rust("&'a str 'x' '\\n' '\\u{1f600}' 'é' '''"),
              ElementsAre("&", "'a", "str", "'x'", "'\\n'", "'\\u{1f600}'", "'é'", "'''"));
  EXPECT_THAT(rust("\"a\nb\\\"\" b\"x\" b'y' c\"z\""),
              ElementsAre("\"a\nb\\\"\"", "b\"x\"", "b'y'", "c\"z\""));
  EXPECT_THAT(rust("r\"\\\" r#\"a\"b\"# br##\"\"#\"## r#match"),
              ElementsAre("r\"\\\"", "r#\"a\"b\"#", "br##\"\"#\"##", "r#match"));
  EXPECT_THAT(rust("0..=1.5 x.0 1.max(2)"),
              ElementsAre("0", "..=", "1.5", "x", ".", "0", "1", ".", "max", "(", "2", ")"));
}

TEST(Rust, CommentsNest) {
  const auto rust = [](std::string_view text) { return lexed(Language::rust, text); };
  EXPECT_THAT(rust("/* a /* b */ c */ x /// doc\n//! doc\ny"), ElementsAre("x", "y"));
  EXPECT_THAT(rust("/* a /* b */\nx"), ElementsAre("x"));
  EXPECT_THAT(rust("#!/usr/bin/run\n#![a]"), ElementsAre("#", "!", "[", "a", "]"));
}

TEST(Rust, BrokenTextStaysLocal) {
  const auto rust = [](std::string_view text) { return lexed(Language::rust, text); };
  EXPECT_THAT(rust("\"open\nx"), ElementsAre("\"open", "x"));
  EXPECT_THAT(rust("r#\"open\nx"), ElementsAre("r#\"open", "x"));
  EXPECT_THAT(rust("r## x '"), ElementsAre("r", "#", "#", "x", "'"));
  EXPECT_THAT(rust("'\nx"), ElementsAre("'", "x"));
}

TEST(Go, StringsCommentsAndOperators) {
  const auto go = [](std::string_view text) { return lexed(Language::go, text); };
  EXPECT_THAT(
      go("a &^= b <- c // no\nx := `raw\n\\` + \"s\" + 'r' /* no */ ..."),
      ElementsAre("a", "&^=", "b", "<-", "c", "x", ":=", "`raw\n\\`", "+", "\"s\"", "+", "'r'", "..."));
  EXPECT_THAT(go("x := `open\ny"), ElementsAre("x", ":=", "`open", "y"));
}

TEST(Java, TextBlocksAndOperators) {
  const auto java = [](std::string_view text) { return lexed(Language::java, text); };
  EXPECT_THAT(java("x >>>= \"\"\"\n a \\\"\"\" \"b\"\n\"\"\"; @A $b"),
              ElementsAre("x", ">>>=", "\"\"\"\n a \\\"\"\" \"b\"\n\"\"\"", ";", "@", "A", "$b"));
  EXPECT_THAT(java("/** doc */ 'c' 0x1L 1.5f // no"), ElementsAre("'c'", "0x1L", "1.5f"));
}

TEST(JavaScript, ASlashDividesOrBeginsARegularExpression) {
  const auto js = [](std::string_view text) { return lexed(Language::javascript, text); };
  EXPECT_THAT(js("a / b / c"), ElementsAre("a", "/", "b", "/", "c"));
  EXPECT_THAT(js("x = /[/]\\/'/gi.test(y)"),
              ElementsAre("x", "=", "/[/]\\/'/gi", ".", "test", "(", "y", ")"));
  EXPECT_THAT(js("return /a/"), ElementsAre("return", "/a/"));
  EXPECT_THAT(js("o.return / a / b"), ElementsAre("o", ".", "return", "/", "a", "/", "b"));
  EXPECT_THAT(js("(a) / 2; i++ / 2"), ElementsAre("(", "a", ")", "/", "2", ";", "i", "++", "/", "2"));
  EXPECT_THAT(js("x = / open\ny = /re/"), ElementsAre("x", "=", "/", "open", "y", "=", "/re/"));
}

TEST(JavaScript, TemplatesHoldCodeThatHoldsTemplates) {
  const auto js = [](std::string_view text) { return lexed(Language::javascript, text); };
  EXPECT_THAT(js("`a ${b ? `c ${'`'} d` : {e: 1}} \\` f` + g"),
              ElementsAre("`a ${b ? `c ${'`'} d` : {e: 1}} \\` f`", "+", "g"));
  EXPECT_THAT(js("`open ${\nx"), ElementsAre("`open ${", "x"));
}

TEST(JavaScript, TypesTagsAndNames) {
  const auto js = [](std::string_view text) { return lexed(Language::javascript, text); };
  EXPECT_THAT(js("let $x: Map<string, number[]> = a?.b ?? c;"), SizeIs(18));
  EXPECT_THAT(js("<b x={y} />don't</b> // no"),
              ElementsAre("<", "b", "x", "=", "{", "y", "}", "/>", "don", "'", "t", "</", "b", ">"));
  EXPECT_THAT(js("#!/usr/bin/env node\n/* no */ a ?\?= 1n"), ElementsAre("a", "\?\?=", "1n"));
}

}  // namespace
}  // namespace ain::repo
