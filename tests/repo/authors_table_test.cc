#include "repo/authors_table.h"

#include "repo/co_authors.h"
#include "tests/repo/fixture.h"

namespace ain::repo {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

const std::string kAccount = account_of(key_from_seed(std::string(32, 'a'))->public_key()).text();
const std::string kKey(trim(key_from_seed(std::string(32, 'k'))->public_key().openssh()));

std::string said(const std::string& text) {
  const Error error = error_of([&] { AuthorsTable::parse(text); });
  return error.message() + " | " + error.hint();
}
std::string author(const std::string& rest) { return "[[author]]\naccount = '" + kAccount + "'\n" + rest; }
std::string key(const std::string& rest) { return "[[key]]\nkey = '" + kKey + "'\n" + rest; }

TEST(AuthorsTable, ReadsTheExampleOfTheManual) {
  const std::string page = read_file(fs::path(AIN_SOURCE_FOLDER) / "docs/authors.md");
  const size_t begin = page.find("```toml\n") + 8;
  std::string text = page.substr(begin, page.find("```", begin) - begin);
  const auto replace_all = [&](const std::string& from, const std::string& to) {
    for (size_t at = text.find(from); at != text.npos; at = text.find(from, at + to.size())) text.replace(at, from.size(), to);
  };
  replace_all("ain1…", kAccount);
  replace_all("ssh-ed25519 AAAA…", kKey);
  replace_all("ssh-ed25519 BBBB…", std::string(trim(key_from_seed(std::string(32, 'l'))->public_key().openssh())));
  const AuthorsTable table = AuthorsTable::parse(text);
  EXPECT_EQ(table.account_of({"ada lovelace", "ADA@example.org"}), kAccount);
  EXPECT_EQ(table.account_of({"ada", "ada@example.org"}), std::nullopt) << "name and e-mail were asked for";
  EXPECT_EQ(table.keys().size(), 2u);
  EXPECT_EQ(table.weight_percent("tests/x.py"), 50);
}

TEST(AuthorsTable, ErrorsNameTheLineAndWhatToWrite) {
  EXPECT_THAT(said("x = 1\n"), HasSubstr("line 1: unknown key 'x'"));
  EXPECT_THAT(said("\n[[authors]]\n"), AllOf(HasSubstr("line 2: unknown key"), HasSubstr("did you mean 'author'?")));
  EXPECT_THAT(said("[author]\nname = 'x'\n"), HasSubstr("write [[author]]"));
  EXPECT_THAT(said(author("emial = 'x'\n")), HasSubstr("line 3: unknown key 'emial'"));
  EXPECT_THAT(said(author("email = 'a'\n") + author("")), HasSubstr("line 4: an author needs a 'name' or an 'email'"));
  EXPECT_THAT(said("[[author]]\nemail = 'x'\n"), HasSubstr("line 1: it has no 'account'"));
  EXPECT_THAT(said("[[author]]\nemail = 'x'\naccount = 'ain1x'\n"), HasSubstr("line 3: 'ain1x' is not an account"));
  EXPECT_THAT(said(author("email = ''\n")), HasSubstr("'email' is empty"));
  EXPECT_THAT(said(author("email = 3\n")), HasSubstr("must be text"));
  EXPECT_THAT(said(author("name = \"a\\u001b\"\n")), HasSubstr("control characters"));
  EXPECT_THAT(said(author("email = 'A@x'\n") + author("email = 'a@X'\n")), HasSubstr("line 6: this author is in the table already"));
  EXPECT_THAT(said("author = [1]\n"), HasSubstr("is not a table"));
}

TEST(AuthorsTable, KeysAreStrict) {
  EXPECT_THAT(said("[[key]]\nkey = 'ssh-rsa AAAA'\n"), HasSubstr("line 2: "));
  EXPECT_THAT(said(key("")), HasSubstr("it has no 'account'"));
  EXPECT_THAT(said(key("revoked = true\n")), HasSubstr("a revoked key needs 'from'"));
  EXPECT_THAT(said(key("revoked = 1\n")), HasSubstr("true or false"));
  EXPECT_THAT(said(key("from = 'soon'\n")), HasSubstr("'from' is not a time"));
  EXPECT_THAT(said(key("from = 2026-01-01\n")), HasSubstr("line 3"));
  EXPECT_THAT(said(key("from = 2026-01-01T00:00:00Z\nuntil = 2026-01-01T00:00:00Z\n")), HasSubstr("not after 'from'"));
  EXPECT_THAT(said(key("revoked = true\nfrom = 2026-01-01T00:00:00Z\nuntil = 2027-01-01T00:00:00Z\n")), HasSubstr("leave 'until' out"));
  const std::string revoked = key("revoked = true\nfrom = '2026-01-01T00:00:00Z'\n");
  EXPECT_THAT(said(revoked + revoked), HasSubstr("line 6: this key is in the table already"));
  const AuthorsTable table = AuthorsTable::parse(revoked);
  const PublicKey parsed = PublicKey::parse_openssh(kKey);
  ASSERT_NE(table.rule_of(parsed), nullptr);
  EXPECT_EQ(table.rule_of(parsed)->account, account_of(parsed).text());
}

TEST(AuthorsTable, TheLongestFolderWeighs) {
  const AuthorsTable table = AuthorsTable::parse(
      "[[weight]]\npath = 'tests/'\npercent = 50\n[[weight]]\npath = 'tests/big'\npercent = 0\n"
      "[[weight]]\npath = 'tests/big/one.py'\npercent = 100\n");
  EXPECT_EQ(table.weight_percent("tests/a.py"), 50);
  EXPECT_EQ(table.weight_percent("tests/big/a.py"), 0);
  EXPECT_EQ(table.weight_percent("tests/big/one.py"), 100);
  EXPECT_EQ(table.weight_percent("tests/bigger.py"), 50);
  EXPECT_EQ(table.weight_percent("tests2/a.py"), 100);
  EXPECT_EQ(table.weight_percent("a.py"), 100);
  for (const char* wrong : {"path = '/x'\npercent = 1", "path = '../x'\npercent = 1", "path = 'a//b'\npercent = 1", "path = '/'\npercent = 1",
                            "path = 'x'\npercent = 101", "path = 'x'\npercent = -1", "path = 'x'\npercent = 1.5", "path = 'x'",
                            "path = 'x'\npercent = 1\n[[weight]]\npath = 'x/'\npercent = 2"}) {
    EXPECT_THAT(said(std::string("[[weight]]\n") + wrong), HasSubstr("cannot read 'authors.toml': line ")) << wrong;
  }
}

TEST(AuthorsTable, RefusesMoreThanItsLimits) {
  std::string text;
  for (size_t i = 0; i <= kTableWeightsMax; ++i) text += fmt::format("[[weight]]\npath = 'p{}'\npercent = 1\n", i);
  EXPECT_THAT(said(text), HasSubstr(fmt::format("more than {} [[weight]]", kTableWeightsMax)));
  text = "weight = [" + std::string(50'000, '[') + std::string(50'000, ']') + "]\n";
  EXPECT_THROW(AuthorsTable::parse(text), Error);
  EXPECT_THAT(said(author("email = '" + std::string(kTableTextBytesMax + 1, 'x') + "'\n")), HasSubstr("is longer than"));
  EXPECT_THROW(AuthorsTable::parse(std::string(kTomlBytesMax + 1, '#')), Error);
}

TEST(CoAuthors, MalformedTrailersAreIgnored) {
  for (const char* wrong :
       {"Co-authored-by: Bea", "Co-authored-by: <>", "Co-authored-by: Bea bea@x>", "Co-authored-by: Bea <b e@x>",
        "Co-authored-by: Bea >b@x<", "Co-authored-by: Bea <b@x> more", "Co-authored-by:", "Co-authored-range: Bea <b@x>",
        "Co-authored-range: Bea <b@x> a", "Co-authored-range: Bea <b@x> :1-2", "Co-authored-range: Bea <b@x> a:2-1",
        "Co-authored-range: Bea <b@x> a:0-1", "Co-authored-range: Bea <b@x> a:1-2,", "Co-authored-range: Bea <b@x> a:1-2,2-3",
        "Co-authored-range: Bea <b@x> a:1-99999999999999999999", "Co-authored-range: Bea <b@x> a:-1-2"}) {
    const CoAuthors parsed = parse_co_authors(std::string("title\n\n") + wrong + "\n");
    EXPECT_EQ(parsed.ignored, 1u) << wrong;
    EXPECT_TRUE(parsed.sharers.empty() && parsed.rangers.empty() && parsed.ranges.empty()) << wrong;
  }
}

TEST(CoAuthors, ReadsPathsWithBlanksAndColons) {
  const CoAuthors parsed = parse_co_authors("title\r\n\r\nCo-authored-range: B <b@x> my file:2.py:1-2,7-7\r\n");
  ASSERT_EQ(parsed.ranges.count("my file:2.py"), 1u);
  EXPECT_EQ(parsed.ranges.at("my file:2.py").at(7).to, 7u);
}

TEST(CoAuthors, HostileMessagesAreBounded) {
  std::string many = "title\n\n";
  for (size_t i = 0; i < kCoAuthorsMax + 10; ++i) many += fmt::format("Co-authored-by: A <a{}@x>\n", i);
  const CoAuthors parsed = parse_co_authors(many);
  EXPECT_EQ(parsed.sharers.size(), kCoAuthorsMax);
  EXPECT_EQ(parsed.ignored, 10u);
  std::string ranges = "title\n\nCo-authored-range: A <a@x> f:1-1";
  for (size_t i = 2; i <= kCoAuthorRangesMax + 1; ++i) ranges += fmt::format(",{}-{}", i, i);
  EXPECT_EQ(parse_co_authors(ranges).ignored, 1u);
  EXPECT_TRUE(parse_co_authors(ranges).ranges.empty());
  EXPECT_EQ(parse_co_authors("title\n\n" + std::string(8 << 20, 'x')).ignored, 1u);
  EXPECT_EQ(parse_co_authors("title\n\n" + std::string(8 << 20, '\n')).ignored, 0u);
  EXPECT_EQ(parse_co_authors("").ignored, 0u);
}

}  // namespace
}  // namespace ain::repo
