#include "repo/authorship.h"

#include <map>
#include <random>

#include "repo/commits.h"
#include "repo/line_walk.h"
#include "repo/snapshot.h"
#include "repo/tokens.h"
#include "tests/repo/fixture.h"

namespace ain::repo {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// A random history as a `git fast-import` stream: many authors, branches, merges that mix their parents'
// lines, repeated lines.
class RandomHistory {
 public:
  explicit RandomHistory(unsigned seed) : random_(seed) {}

  std::string stream(int commits) {
    std::string out;
    for (int mark = 1; mark <= commits; ++mark) out += commit(mark);
    return out;
  }

 private:
  using Text = std::vector<std::string>;
  using Files = std::map<std::string, Text>;

  unsigned below(size_t limit) { return static_cast<unsigned>(random_() % limit); }
  std::string line() {
    // Few different lines, so that diffs are ambiguous, with a unique one now and then.
    if (below(4) == 0) return fmt::format("unique_{}();\n", counter_++);
    static constexpr const char* common[] = {"}\n",         "{\n",        "\n",           "  return 0;\n",
                                             "  i += 1;\n", "for (;;)\n", "// comment\n", "x = y\n"};
    return common[below(8)];
  }
  void add_file(Files& files) {
    Text& text = files[fmt::format("{}{}", below(2) ? "src/" : "", below(9))];
    text = {fmt::format("start {}\n", counter_++)};
    for (unsigned i = below(150); i > 0; --i) text.push_back(line());
    if (below(5) == 0) text.push_back("no newline");
  }
  void edit(Text& text) {
    for (unsigned i = 1 + below(6); i > 0; --i) {
      const size_t at = text.empty() ? 0 : below(text.size());
      const size_t count = std::min<size_t>(below(8), text.size() - at);
      if (below(2))
        text.erase(text.begin() + static_cast<long>(at), text.begin() + static_cast<long>(at + count));
      const size_t to = std::min(at, text.size());
      for (unsigned n = below(8); n > 0; --n) text.insert(text.begin() + static_cast<long>(to), line());
    }
    // Only the last line may lack its newline.
    for (size_t i = 0; i + 1 < text.size(); ++i) {
      if (text[i].back() != '\n') text[i] += '\n';
    }
  }
  Files merge(const std::vector<int>& parents) {
    Files files = states_.at(parents.front());
    for (size_t p = 1; p < parents.size(); ++p) {
      for (const auto& [path, text] : states_.at(parents[p])) {
        if (!files.contains(path) || below(3) == 0) {
          files[path] = text;
        } else if (below(2)) {
          Text& mine = files[path];
          const size_t cut = std::min(mine.size(), text.size()) / 2;
          mine.resize(cut);
          mine.insert(mine.end(), text.begin() + static_cast<long>(cut), text.end());
          for (size_t i = 0; i + 1 < mine.size(); ++i) {
            if (mine[i].back() != '\n') mine[i] += '\n';
          }
        }
      }
    }
    return files;
  }
  std::string commit(int mark) {
    std::vector<int> parents;
    if (mark > 1) {
      for (unsigned i = below(4) == 0 ? 2 + below(2) : 1; i > 0; --i) {
        const int parent = std::max(1, mark - 1 - static_cast<int>(below(5)));
        if (std::find(parents.begin(), parents.end(), parent) == parents.end()) parents.push_back(parent);
      }
    }
    Files files = parents.empty() ? Files{} : merge(parents);
    if (files.empty() || below(4) == 0) add_file(files);
    for (auto& [path, text] : files) {
      if (below(3) == 0) edit(text);
    }
    if (files.size() > 4 && below(6) == 0) files.erase(files.begin());
    states_[mark] = files;
    return render(mark, parents, files);
  }
  std::string render(int mark, const std::vector<int>& parents, const Files& files) {
    const unsigned author = below(5);
    std::string out = fmt::format("commit refs/heads/main\nmark :{}\nauthor A{} <a{}@x> {} +0000\n", mark,
                                  author, author, 1'700'000'000 + mark);
    out += fmt::format("committer C <c@x> {} +0000\ndata 1\nm\n",
                       1'700'000'000 + mark * 10 - static_cast<int>(below(100)));
    for (size_t i = 0; i < parents.size(); ++i)
      out += fmt::format("{} :{}\n", i == 0 ? "from" : "merge", parents[i]);
    out += "deleteall\n";
    for (const auto& [path, text] : files) {
      const std::string bytes = fmt::format("{}", fmt::join(text, ""));
      out += fmt::format("M 100644 inline {}\ndata {}\n{}\n", path, bytes.size(), bytes);
    }
    return out;
  }

  std::mt19937 random_;
  std::map<int, Files> states_;
  int counter_ = 0;
};

class AuthorshipTest : public GitTest {
 protected:
  std::vector<std::string> blame(const std::string& path) const {
    std::vector<std::string> origins;
    const std::string out = git("blame --no-follow --porcelain HEAD -- '" + path + "'");
    for (const std::string& line : split(out, '\n')) {
      const bool header =
          line.size() > 41 && line[40] == ' ' && line.find_first_not_of("0123456789abcdef") == 40;
      if (header) origins.push_back(line.substr(0, 40));
    }
    return origins;
  }
  std::vector<std::string> walked(const WalkedTree& tree, const WalkedFile& file) const {
    std::vector<std::string> origins;
    for (const LineRun& run : *file.lines) {
      for (uint32_t i = 0; i < run.count; ++i) {
        const auto& oid = tree.commits.at(run.origin);
        std::string hex;
        for (const unsigned char byte : oid.id) hex += fmt::format("{:02x}", byte);
        origins.push_back(hex);
      }
    }
    return origins;
  }
  void commit_as(const std::string& email, const std::string& message) const {
    sh(work(), "git add -A && git -c user.name='" + email + "' -c user.email=" + email + " commit -q -m '" +
                   message + "'");
  }
  std::map<std::string, int64_t> weights(const Repository& repository) const {
    std::map<std::string, int64_t> result;
    for (const AuthorShare& author : authorship(repository, *repository.head_commit()).authors) {
      result[author.email] = author.weight;
    }
    return result;
  }
};

class RandomHistories : public AuthorshipTest, public ::testing::WithParamInterface<unsigned> {};

TEST_P(RandomHistories, EveryLineHasTheOriginThatGitBlameFinds) {
  const Repository repository = make_work();
  write(root() / "stream", RandomHistory(GetParam()).stream(70));
  git("fast-import --quiet --force < ../stream");
  const WalkedTree tree = walk_lines(repository, *repository.head_commit(), {});
  std::map<std::string, std::string> emails;
  for (const std::string& line : split(git_line("log --format='%H %ae' HEAD"), '\n'))
    emails[line.substr(0, 40)] = line.substr(41);
  std::map<std::string, int64_t> expected;  // every token has the author that blame names
  std::vector<std::string> paths;
  for (const WalkedFile& file : tree.files) {
    paths.push_back(file.path);
    const auto origins = blame(file.path);
    EXPECT_EQ(walked(tree, file), origins) << file.path;
    const auto lines = split(git("show HEAD:" + file.path), '\n');
    for (size_t i = 0; i < origins.size(); ++i) {
      if (const int64_t tokens = count_tokens(lines.at(i)); tokens > 0)
        expected[emails.at(origins[i])] += tokens;
    }
  }
  EXPECT_EQ(join(paths, "\n"), git_line("ls-tree -r --name-only HEAD"));
  EXPECT_EQ(weights(repository), expected);
}
INSTANTIATE_TEST_SUITE_P(Seeds, RandomHistories, ::testing::Range(1u, 7u));

TEST(Tokens, AreRunsOfLettersAndSingleMarks) {
  for (const auto& [line, tokens] : std::map<std::string, int64_t>{{"", 0},
                                                                   {" \t ", 0},
                                                                   {"a", 1},
                                                                   {"foo_bar1 = 10", 3},
                                                                   {"x+=y;", 5},
                                                                   {"  return f(a, b);\r", 8},
                                                                   {"größe = 1", 3},
                                                                   {"1.5", 3},
                                                                   {"// a-b", 5}}) {
    EXPECT_EQ(count_tokens(line), tokens) << line;
  }
}

TEST(Tokens, LockFilesAndLicencesWeighNothing) {
  for (const char* path : {"uv.lock", "a/Cargo.lock", "package-lock.json", "LICENSE", "x/LICENSE-MIT",
                           "COPYING", "licence.md"}) {
    EXPECT_TRUE(is_weightless(path, "")) << path;
  }
  EXPECT_TRUE(is_weightless("requirements.txt", "numpy==1 --hash=sha256:00"));
  for (const char* path : {"requirements.txt", "lock.py", "license_server.py", "a/x.c"})
    EXPECT_FALSE(is_weightless(path, "x")) << path;
}

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
  const Authorship table = authorship(repository, *repository.head_commit());
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
  const Authorship table = authorship(repository, *repository.head_commit());
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
  sh(work(), "cp moved.py copy.py");  // a copy is no move: it weighs for who made it
  commit_as("eve@x", "copy");
  EXPECT_EQ(weights(repository), (std::map<std::string, int64_t>{{"ada@x", 7}, {"eve@x", 6}}));
}

TEST_F(AuthorshipTest, IsTheSameEverywhere) {
  const Repository repository = make_work();
  write(root() / "stream", RandomHistory(99).stream(40));
  git("fast-import --quiet --force < ../stream");
  const ObjectId head = *repository.head_commit();
  sh(root(), "git clone -q --bare work clone.git && git -C clone.git gc -q");
  const RepositoryId id = RepositoryId{sha256("some repository")};
  const Attribution here = to_attribution(authorship(repository, head), id, 100'000);
  const Attribution there =
      to_attribution(authorship(Repository::open(root() / "clone.git"), head), id, 100'000);
  EXPECT_EQ(here.digest(), there.digest());
  EXPECT_EQ(here.payees.size(), 5u);
  EXPECT_EQ(attribution_from_json(to_json(here)).digest(), here.digest());
}

TEST_F(AuthorshipTest, IsCachedAndADamagedCacheIsIgnored) {
  const Repository repository = make_work();
  put("a.py", "x = 1\n");
  commit_as("ada@x", "first");
  const ObjectId head = *repository.head_commit();
  int calls = 0;
  const auto count = [&](int64_t, int64_t) { ++calls; };
  const Authorship first = authorship(repository, head, count);
  EXPECT_GT(calls, 0);
  calls = 0;
  EXPECT_EQ(authorship(repository, head, count).authors[0].weight, 3);
  EXPECT_EQ(calls, 0);
  const fs::path file = work() / ".git/ain/attribution" / (head + ".json");
  const std::string text = read_file(file);
  for (const std::string& damaged : {std::string(), text.substr(0, text.size() / 2), std::string("{}"), [&] {
                                       std::string more = text;
                                       more.replace(more.find("\"weight\":3"), 10, "\"weight\":4");
                                       return more;
                                     }()}) {
    write(file, damaged);
    calls = 0;
    EXPECT_EQ(authorship(repository, head, count).total, 3);
    EXPECT_GT(calls, 0);
    EXPECT_EQ(read_file(file), text);
  }
}

TEST_F(AuthorshipTest, RefusesShallowRepositoriesAndIgnoresReplacements) {
  Repository repository = make_work();
  put("a.py", "x = 1\n");
  commit_as("ada@x", "first");
  put("b.py", "y\n");
  commit_as("bob@x", "second");
  const ObjectId head = *repository.head_commit();
  sh(root(), "git clone -q --depth 1 file://" + work().string() + " shallow");
  EXPECT_THAT(error_of([&] { authorship(*Repository::discover(root() / "shallow"), head); }).hint(),
              HasSubstr("--unshallow"));
  git("replace --graft HEAD");
  EXPECT_EQ(weights(repository), (std::map<std::string, int64_t>{{"ada@x", 3}, {"bob@x", 1}}));
}

TEST_F(AuthorshipTest, ReadsNamesThatAreNoText) {
  const Repository repository = make_work();
  put("a.py", "x\n");
  git("add -A; git -c i18n.commitEncoding=latin1 -c user.name=$'J\\xfcrgen\\e[31m' -c user.email=$'j\\xfc@x' "
      "commit -q -m first");
  const Authorship table = authorship(repository, *repository.head_commit());
  EXPECT_TRUE(is_utf8(table.authors[0].name));
  EXPECT_EQ(table.authors[0].name.find('\033'), std::string::npos);
  EXPECT_TRUE(is_payee_id(table.authors[0].payee));
}

TEST_F(AuthorshipTest, KeepsTheLargestPayees) {
  Authorship table{.commit = std::string(40, '1'), .tree = std::string(40, '2')};
  for (int i = 0; i < 300; ++i) {
    table.authors.push_back({.payee = unclaimed_payee(std::to_string(i)), .weight = 1000 - i});
  }
  const Attribution kept = to_attribution(table, RepositoryId{}, 0);
  EXPECT_EQ(kept.payees.size(), kPayeesMax);
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
  EXPECT_THAT(error_of([&] { authorship(repository, *repository.head_commit()); }).message(),
              HasSubstr("more than 1000000 files"));
}

}  // namespace
}  // namespace ain::repo
