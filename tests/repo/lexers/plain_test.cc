// Shell, data, prose.
#include "tests/repo/lexers/lexed.h"

namespace ain::repo {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> shell(std::string_view text) { return lexed(Language::shell, text); }

TEST(Shell, AHashBeginsACommentAtAWordOnly) {
  EXPECT_THAT(shell("#!/bin/sh\n# no\na#b ${#c} $# ;# no\n"),
              ElementsAre("a", "#", "b", "${", "#", "c", "}", "$", "#", ";"));
}

TEST(Shell, QuotedTextIsOneToken) {
  EXPECT_THAT(shell("a='b\n#c' \"d \\\" $e\" $'f\\'g' \\' \\\n h"),
              ElementsAre("a", "=", "'b\n#c'", "\"d \\\" $e\"", "$", "'f\\'g'", "\\'", "h"));
  EXPECT_THAT(shell("\"$(cd \"$(dirname \"$0\")\" && (pwd))/x\" y"),
              ElementsAre("\"$(cd \"$(dirname \"$0\")\" && (pwd))/x\"", "y"));
  EXPECT_THAT(shell("echo \"open\nx"), ElementsAre("echo", "\"open", "x"));
}

TEST(Shell, AHeredocIsOneToken) {
  EXPECT_THAT(shell("cat <<EOF >f\na 'b\n EOF\nEOF\nc"),
              ElementsAre("cat", "<<", "EOF", ">", "f", "a 'b\n EOF\nEOF", "c"));
  EXPECT_THAT(shell("cat <<-'E-F'\n\ta\n\tE-F\nc"), ElementsAre("cat", "<<-", "'E-F'", "\ta\n\tE-F", "c"));
  EXPECT_THAT(shell("x <<A <<\"B\"\n1\nA\n2\nB\nc"),
              ElementsAre("x", "<<", "A", "<<", "\"B\"", "1\nA", "2\nB", "c"));
  EXPECT_THAT(shell("cat <<EOF\nopen 1"), ElementsAre("cat", "<<", "EOF", "open", "1"));
  EXPECT_THAT(shell("a <<< b $((1<<2))\n2"),
              ElementsAre("a", "<<<", "b", "$(", "(", "1", "<<", "2", "))", "2"));
}

TEST(Yaml, ValuesCommentsAndQuotes) {
  const auto yaml = [](std::string_view text) { return lexed(Language::yaml, text); };
  EXPECT_THAT(yaml("---\na: 'it''s' # no\n- b#c: \"d\n e\" \n"),
              ElementsAre("---", "a", ":", "'it''s'", "-", "b", "#", "c", ":", "\"d\n e\""));
  EXPECT_THAT(yaml("a: don't\nb: !Sub 'x' \nc: *d"),
              ElementsAre("a", ":", "don", "'", "t", "b", ":", "!Sub", "'x'", "c", ":", "*d"));
  EXPECT_THAT(yaml("a: 'open\nb: 1.5"), ElementsAre("a", ":", "'open", "b", ":", "1.5"));
}

TEST(Yaml, ABlockScalarIsReadByWords) {
  const auto yaml = [](std::string_view text) { return lexed(Language::yaml, text); };
  EXPECT_THAT(yaml("run: |-  # no\n  echo 'a\n\n   # b\nc: d"),
              ElementsAre("run", ":", "|-", "echo", "'", "a", "#", "b", "c", ":", "d"));
  EXPECT_THAT(yaml("- a: >\n    x: 'y\n  b: # no\n"),
              ElementsAre("-", "a", ":", ">", "x", ":", "'", "y", "b", ":"));
  EXPECT_THAT(yaml("a: |\nb: c"), ElementsAre("a", ":", "|", "b", ":", "c"));
}

TEST(Toml, StringsAndComments) {
  const auto toml = [](std::string_view text) { return lexed(Language::toml, text); };
  EXPECT_THAT(toml("[[a]] # no\nb = 'C:\\' # no\nc = \"\"\"\n#\n\"\"\"\nd = '''\n'\n''' \ne = \"\\\"\""),
              ElementsAre("[[", "a", "]]", "b", "=", "'C:\\'", "c", "=", "\"\"\"\n#\n\"\"\"", "d", "=",
                          "'''\n'\n'''", "e", "=", "\"\\\"\""));
  EXPECT_THAT(toml("a = 'open\nb = \"open\nc"), ElementsAre("a", "=", "'open", "b", "=", "\"open", "c"));
}

TEST(Json, ValuesAndComments) {
  const auto json = [](std::string_view text) { return lexed(Language::json, text); };
  EXPECT_THAT(json("{\"a b\": [-1.5e+3, true]} // no"),
              ElementsAre("{", "\"a b\"", ":", "[", "-", "1.5e+3", ",", "true", "]", "}"));
}

TEST(Words, RunsAndMarks) {
  const auto words = [](std::string_view text) { return lexed(Language::words, text); };
  EXPECT_THAT(words("ab_1 += größe\t\x01%%"), ElementsAre("ab_1", "+", "=", "größe", "%", "%"));
  EXPECT_THAT(words("\xe2\x80\x8b \xc2\xa0\xe3\x80\x80"), IsEmpty());
}

TEST(Markdown, WordsAreTokensAndMarksAreNone) {
  const auto markdown = [](std::string_view text) { return lexed(Language::markdown, text); };
  EXPECT_THAT(markdown("# A *title*\n\n| - | <!-- no\n no --> [link](u_r)"),
              ElementsAre("A", "title", "link", "u_r"));
  EXPECT_THAT(markdown("<!-- open\nb"), ElementsAre("b"));
}

TEST(Markdown, FencedCodeIsReadInItsLanguage) {
  const auto markdown = [](std::string_view text) { return lexed(Language::markdown, text); };
  EXPECT_THAT(markdown("a\n```py title=x\nx >>= 1  # no\n```\nb + c"),
              ElementsAre("a", "x", ">>=", "1", "b", "c"));
  EXPECT_THAT(markdown("~~~~ {.sh}\n~~~\n# no\n~~~~\nb"), ElementsAre("~", "~", "~", "b"));
  EXPECT_THAT(markdown("```\na # b\n```"), ElementsAre("a", "#", "b"));
  EXPECT_THAT(markdown("```c\n/* no */ x->y"), ElementsAre("x", "->", "y"));
  EXPECT_THAT(markdown("```a``` *b*"), ElementsAre("a", "b"));
  EXPECT_THAT(markdown("````md\n```c\na->b\n```\n````\n```"), ElementsAre("c", "a", "b"));
  // What a fence leaves open ends with the fence.
  EXPECT_THAT(markdown("```c\n/* open\n```\n*/ x"), ElementsAre("x"));
}

TEST(Languages, HaveNames) {
  EXPECT_STREQ(language_name(Language::python), "python");
  EXPECT_STREQ(language_name(Language::words), "words");
}

}  // namespace
}  // namespace ain::repo
