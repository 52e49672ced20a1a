#include "repo/authorship.h"

#include <map>

#include "base/encoding.h"
#include "base/json.h"
#include "repo/commits.h"
#include "repo/snapshot.h"
#include "repo/text_file.h"
#include "tests/repo/blame_oracle.h"

namespace ain::repo {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class AuthorshipTest : public GitTest {
 protected:
  void commit_as(const std::string& email, const std::string& message) const {
    sh(work(), "git add -A && git -c user.name='" + email + "' -c user.email=" + email + " commit -q -m '" +
                   message + "'");
  }
  std::map<std::string, int64_t> weights(const Repository& repository) const {
    std::map<std::string, int64_t> result;
    for (const AuthorShare& author : authorship(repository, std::nullopt, *repository.head_commit()).authors) {
      result[author.email] = author.weight;
    }
    return result;
  }
};

TEST_F(AuthorshipTest, CountsTokensOfTextOnly) {
  const Repository repository = make_work();
  put("a.py", "x = 1\n");
  put("data.bin", std::string("a b c\0", 6));
  put("LICENSE", "many words here\n");
  put("uv.lock", "a b c\n");
  put("large.txt", std::string(kTextBytesMax + 1, 'a'));
  fs::create_symlink("a.py", work() / "link");
  commit_as("ada@x", "first");
  put("a.py", "x = 1\n\ny = (2)\n");
  commit_as("bob@x", "second");
  EXPECT_EQ(weights(repository), (std::map<std::string, int64_t>{{"ada@x", 3}, {"bob@x", 5}}));
  const Authorship table = authorship(repository, std::nullopt, *repository.head_commit());
  EXPECT_EQ(table.total, 8);
  EXPECT_EQ(table.authors[0].payee, unclaimed_payee("bob@x"));
  EXPECT_EQ(table.authors[0].share_ppm, 625'000);
  EXPECT_EQ(table.authors[1].share_ppm, 375'000);
}

TEST_F(AuthorshipTest, BelongsToTheKeyThatSigned) {
  Repository repository = make_work();
  const auto ada = key_from_seed(std::string(32, 'a'));
  put("a.py", "x = 1\n");
  add_paths(repository, {(work() / "a.py").string()});
  commit_index(repository, "first", *ada);
  git("config user.email ADA@example.org");
  put("b.py", "y\n");
  commit_all("unsigned");
  const Authorship table = authorship(repository, std::nullopt, *repository.head_commit());
  ASSERT_EQ(table.authors.size(), 2u);
  EXPECT_EQ(table.authors[0].payee, account_of(ada->public_key()).text());
  EXPECT_TRUE(table.authors[0].claimed);
  EXPECT_EQ(table.authors[0].email, "ada@example.org");
  EXPECT_FALSE(table.authors[1].claimed);
  EXPECT_EQ(table.authors[1].payee, unclaimed_payee("ada@example.org"));
}

TEST_F(AuthorshipTest, FollowsExactRenames) {
  const Repository repository = make_work();
  put("a.py", "x = 1\ny = 2\n");
  put("d/b.py", "unrelated\n");
  commit_as("ada@x", "first");
  git("mv a.py moved.py && git mv d e");
  commit_as("eve@x", "move");
  EXPECT_EQ(weights(repository), (std::map<std::string, int64_t>{{"ada@x", 7}}));
  sh(work(), "cp moved.py copy.py");  // a copy is its author's still, and counts once
  commit_as("eve@x", "copy");
  EXPECT_EQ(weights(repository), (std::map<std::string, int64_t>{{"ada@x", 7}}));
}

// A link and a submodule are no files that code could move away from, whatever their ids name.
TEST_F(AuthorshipTest, LinksAndSubmodulesGiveNothingAway) {
  const Repository repository = make_work();
  const std::string text = "a/b/c/d/e/f/g/h/i/j/k";
  fs::create_symlink(text, work() / "link");
  put("a.py", text + "\n");
  commit_as("ada@x", "first");
  const std::string blob = git_line("rev-parse HEAD:a.py");
  git("rm -q a.py && git update-index --add --cacheinfo 160000," + blob + ",blob && git update-index --add --cacheinfo 160000," +
      std::string(40, '1') + ",gone && git commit -q -m submodules");
  git("rm -q --cached link blob gone");
  fs::remove(work() / "link");
  put("b.py", text + "\nx = 1\n");
  commit_as("eve@x", "third");
  EXPECT_EQ(weights(repository), (std::map<std::string, int64_t>{{"eve@x", 24}}));
}

TEST_F(AuthorshipTest, IsTheSameEverywhere) {
  const Repository repository = make_work();
  write(root() / "stream", RandomHistory(99).stream(40));
  git("fast-import --quiet --force < ../stream");
  const ObjectId head = *repository.head_commit();
  sh(root(), "git clone -q --bare work clone.git && git -C clone.git gc -q");
  const RepositoryId id = RepositoryId{sha256("some repository")};
  const Attribution here = to_attribution(authorship(repository, std::nullopt, head), id, {RoyaltyKind::rate, 100'000});
  const Attribution there =
      to_attribution(authorship(Repository::open(root() / "clone.git"), std::nullopt, head), id, {RoyaltyKind::rate, 100'000});
  EXPECT_EQ(here.digest(), there.digest());
  EXPECT_EQ(here.payees.size(), 5u);
  EXPECT_EQ(attribution_from_json(to_json(here)).digest(), here.digest());
}

TEST_F(AuthorshipTest, IsCachedAndADamagedCacheIsIgnored) {
  const Repository repository = make_work();
  put("a.py", "x = 1\n");
  commit_as("ada@x", "first");
  const ObjectId head = *repository.head_commit();
  const Authorship first = authorship(repository, std::nullopt, head);
  const fs::path file = work() / ".git/ain/attribution" / (head + ".json");
  const std::string text = read_file(file);
  fs::remove(work() / ".git/ain/authorship.db");  // nothing but the cache can know it now
  EXPECT_EQ(authorship(repository, std::nullopt, head).authors[0].weight, 3);
  EXPECT_FALSE(fs::exists(work() / ".git/ain/authorship.db"));
  for (const std::string& damaged : {std::string(), text.substr(0, text.size() / 2), std::string("{}"), [&] {
                                       std::string more = text;
                                       more.replace(more.find("\"weight\":3"), 10, "\"weight\":4");
                                       return more;
                                     }()}) {
    write(file, damaged);
    EXPECT_EQ(authorship(repository, std::nullopt, head).total, 3);
    EXPECT_EQ(read_file(file), text);
  }
}

// Whoever updates reckons by the new rules, whatever was reckoned before.
TEST_F(AuthorshipTest, ATableByOtherRulesIsReckonedAgain) {
  const Repository repository = make_work();
  put("a.py", "x = 1\n");
  commit_as("ada@x", "first");
  const ObjectId head = *repository.head_commit();
  authorship(repository, std::nullopt, head);
  const fs::path file = work() / ".git/ain/attribution" / (head + ".json");
  const std::string text = read_file(file);
  Json body = parse_json(text, "authorship")["body"];
  body["authors"][0]["weight"] = 4;
  const auto write_with_rules = [&](int64_t rules) {
    body["rules"] = rules;
    write(file, canonical(Json{{"body", body}, {"sha256", to_hex(sha256(canonical(body)))}}));
  };
  const int64_t rules = body["rules"].get<int64_t>();
  write_with_rules(rules);
  EXPECT_EQ(authorship(repository, std::nullopt, head).total, 4) << "it is read";
  write_with_rules(rules - 16);
  EXPECT_EQ(authorship(repository, std::nullopt, head).total, 3);
  EXPECT_EQ(read_file(file), text);
}

TEST_F(AuthorshipTest, RefusesShallowRepositoriesAndIgnoresReplacements) {
  Repository repository = make_work();
  put("a.py", "x = 1\n");
  commit_as("ada@x", "first");
  put("b.py", "y\n");
  commit_as("bob@x", "second");
  const ObjectId head = *repository.head_commit();
  sh(root(), "git clone -q --depth 1 file://" + work().string() + " shallow");
  EXPECT_THAT(error_of([&] { authorship(*Repository::discover(root() / "shallow"), std::nullopt, head); }).hint(),
              HasSubstr("--unshallow"));
  git("replace --graft HEAD");
  EXPECT_EQ(weights(repository), (std::map<std::string, int64_t>{{"ada@x", 3}, {"bob@x", 1}}));
}

TEST_F(AuthorshipTest, ReadsNamesThatAreNoText) {
  const Repository repository = make_work();
  put("a.py", "x\n");
  git("add -A; git -c i18n.commitEncoding=latin1 -c user.name=$'J\\xfcrgen\\e[31m' -c user.email=$'j\\xfc@x' "
      "commit -q -m first");
  const Authorship table = authorship(repository, std::nullopt, *repository.head_commit());
  EXPECT_TRUE(is_utf8(table.authors[0].name));
  EXPECT_EQ(table.authors[0].name.find('\033'), std::string::npos);
  EXPECT_TRUE(is_payee_id(table.authors[0].payee));
}

TEST_F(AuthorshipTest, KeepsTheLargestPayees) {
  Authorship table{.commit = std::string(40, '1'), .tree = std::string(40, '2')};
  for (int i = 0; i < 300; ++i) {
    table.authors.push_back({.payee = unclaimed_payee(std::to_string(i)), .weight = 1000 - i});
  }
  const Attribution whole = to_attribution(table, RepositoryId{}, Royalty{});
  EXPECT_EQ(whole.payees.size(), 300u);
  Attribution kept = whole;
  EXPECT_EQ(divide_payees(kept).size(), 100u);
  EXPECT_EQ(kept.payees.size(), kPayeesMax);
  EXPECT_EQ(kept.pool->count, 100);
  EXPECT_TRUE(
      std::is_sorted(kept.payees.begin(), kept.payees.end(), [](auto& a, auto& b) { return a.id < b.id; }));
  for (const Payee& payee : kept.payees) EXPECT_GT(payee.weight, 800);
  EXPECT_NO_THROW(attribution_from_json(to_json(kept)));
}

TEST_F(AuthorshipTest, ATreeBombInHistoryIsRefused) {
  const Repository repository = make_work();
  const std::string script =
      "t=$(echo x | git hash-object -w --stdin); t=$(printf '100644 blob %s\\tf\\n' $t | git mktree);"
      "for l in $(seq 12); do t=$(for i in 0 1 2 3 4 5 6 7 8 9; do printf '040000 tree %s\\t%s\\n' $t $i; "
      "done | git mktree); done;"
      "c=$(git commit-tree -m bomb $t); git update-ref HEAD $(git commit-tree -p $c -m clean $(git mktree "
      "</dev/null))";
  sh(work(), script);
  EXPECT_THAT(error_of([&] { authorship(repository, std::nullopt, *repository.head_commit()); }).message(),
              HasSubstr("more than 1000000 entries"));
}

}  // namespace
}  // namespace ain::repo
