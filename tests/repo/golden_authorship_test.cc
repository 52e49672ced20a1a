// The attribution of one fixed repository: the same bytes on every machine, by any number of threads, in any order, in a clone.
// After a change of the rules: build/release/tests/repo_tests --gtest_filter='Golden*' says the new constants; bump kRulesVersion in
// repo/walk/units.cc with them.
#include <random>

#include "base/encoding.h"
#include "repo/authorship.h"
#include "repo/commits.h"
#include "tests/repo/fixture.h"

namespace ain::repo {
namespace {

constexpr const char* kHead = "4d6a65934611071416af6b7184d3f53b5a28edec";
constexpr const char* kRoot = "cfb83312239143a8dbdf2a50f3d6749944e5df72097cd18c084cdd4ca3205c59";
constexpr const char* kTable =
    "unclaimed:1964a6db2357ec924a9d33284f08c831141bc75dad0b5a97402382855eebac6a 1322, "
    "unclaimed:4ae20e53bb5cda99f82935023c224652ca9e084dce9fd01f83f2d6dce7740cd3 1117, "
    "unclaimed:3dea6e5dc65830a190519288b4e4178049cf2645f022a060b94249ee82122d16 860, "
    "unclaimed:0c553212f62e63a8259ceba92112745c47960ac568db5be4d924fd930ed596c8 299, "
    "ain1eeuw8tgz8ugg3ezpkdk9n8whfs37akrv6368y0 17, "
    "ain1jagypm3z73fufaygksztyt9czekey2pjp5q97y 17";
constexpr const char* kDigest = "41d9b2c7e83208bd40826f8ddbeda7bd3a74265fbac895392a85a67504a98d01";

constexpr int64_t kStart = 1'767'225'600;  // 2026-01-01T00:00:00Z
constexpr int kUnsignedCommits = 90;       // more than one thread walks alone

// Files of some languages that people change, move, rename, merge and put back; the numbers of std::mt19937 are the same everywhere.
class History {
 public:
  std::string stream() {
    std::string out;
    for (int mark = 1; mark <= kUnsignedCommits; ++mark) {
      const int other = mark > 4 && below(6) == 0 ? mark - 2 : 0;
      Files files = mark > 1 ? states_[mark - 1] : Files{};
      if (other > 0) files.insert(states_[other].begin(), states_[other].end());
      for (unsigned i = 1 + below(3); i > 0; --i) change(files);
      out += commit(mark, other, files);
      states_[mark] = std::move(files);
    }
    return out;
  }

 private:
  using Lines = std::vector<std::string>;
  using Files = std::map<std::string, Lines>;

  unsigned below(size_t limit) { return static_cast<unsigned>(random_() % limit); }
  std::string line() {
    static constexpr const char* kNames[] = {"batch", "layer", "loss", "rows", "scale", "step", "total", "weight"};
    const char* a = kNames[below(8)];
    const char* b = kNames[below(8)];
    switch (below(5)) {
      case 0: return fmt::format("{}_{} = {}({}, {})\n", a, below(90), b, a, below(9));
      case 1: return fmt::format("if {} > {}: return {}\n", a, below(50), b);
      case 2: return fmt::format("# {} of the {}\n", a, b);
      case 3: return "\n";
      default: return fmt::format("    {}.append('{} {}')\n", a, b, below(70));
    }
  }
  void change(Files& files) {
    if (files.size() < 3 || below(12) == 0) {
      static constexpr const char* kSuffixes[] = {"py", "c", "js", "md", "yaml"};
      Lines& lines = files[fmt::format("{}/file{}.{}", below(2) ? "src" : "lib", counter_, kSuffixes[counter_ % 5])];
      ++counter_;
      for (unsigned i = 20 + below(60); i > 0; --i) lines.push_back(line());
      return;
    }
    auto at = files.begin();
    std::advance(at, below(files.size()));
    Lines& lines = at->second;
    const auto begin = lines.begin() + below(lines.size());
    const auto end = begin + std::min<std::ptrdiff_t>(1 + below(8), lines.end() - begin);
    switch (below(9)) {
      case 0: {
        Lines moved = std::move(lines);
        files.erase(at);
        files[fmt::format("moved/file{}.py", counter_++)] = std::move(moved);
        return;  // `lines` is gone
      }
      case 1:
        for (std::string& one : lines) one = "  " + one;
        break;
      case 2: {
        const Lines block(begin, end);
        lines.erase(begin, end);
        Lines& to = files.begin()->second;
        to.insert(to.end(), block.begin(), block.end());
        break;
      }
      case 3:
        if (lines.size() > 30) lines.erase(begin, end);
        break;
      default:
        for (auto one = begin; one != end; ++one) *one = line();
        lines.push_back(line());
    }
    if (lines.empty()) lines.push_back(line());
  }
  static std::string commit(int mark, int other, const Files& files) {
    const std::string message = fmt::format("commit {}", mark);
    std::string out = fmt::format("commit refs/heads/main\nmark :{}\ncommitter Dev <dev{}@example.org> {} +0100\ndata {}\n{}\n", mark,
                                  mark % 4, kStart + mark * 60, message.size(), message);
    if (mark > 1) out += fmt::format("from :{}\n", mark - 1);
    if (other > 0) out += fmt::format("merge :{}\n", other);
    out += "deleteall\n";
    for (const auto& [path, lines] : files) {
      const std::string text = join(lines, "");
      out += fmt::format("M 100644 inline {}\ndata {}\n{}\n", path, text.size(), text);
    }
    return out;
  }

  std::mt19937 random_{20260101};
  std::map<int, Files> states_;
  int counter_ = 0;
};

class GoldenAuthorship : public GitTest {
 protected:
  GoldenAuthorship() : repository_(make_work()) {
    write(root() / "stream", History().stream());
    git("fast-import --quiet --force < ../stream && git reset -q --hard");
    for (const char* seed : {"a", "b"}) commit_signed(*key_from_seed(std::string(32, *seed)), seed);
  }

  void commit_signed(const Signer& by, const std::string& name) {
    put(fmt::format("signed/{}.py", name), fmt::format("def {0}(rows):\n    return sum(row.{0} for row in rows)\n", name));
    git("mv signed/a.py signed/moved_a.py 2>&1 || true");
    git("add -A");
    const Person person = {name, name + "@example.org"};
    git("update-ref HEAD " +
        write_commit(repository_, {.tree = git_line("write-tree"), .parents = {*repository_.head_commit()}, .author = person,
                                   .committer = person, .time_s = kStart + 86'400, .message = "signed"}, &by));
  }

  struct Result {
    std::string root, table, digest;
    bool operator==(const Result&) const = default;
  };
  static Result compute(const Repository& repository, unsigned threads, const ObjectId& head) {
    const Authorship authors = authorship(repository, {}, head, {.threads = threads});
    std::vector<std::string> rows;
    for (const AuthorShare& author : authors.authors) rows.push_back(fmt::format("{} {}", author.payee, author.weight));
    return {authors.root, join(rows, ", "), to_hex(to_attribution(authors, RepositoryId{sha256("golden")}, {RoyaltyKind::rate, 100'000}).digest())};
  }
  Result cold(unsigned threads) const {
    fs::remove_all(work() / ".git/ain");
    return compute(repository_, threads, *repository_.head_commit());
  }

  Repository repository_;
};

TEST_F(GoldenAuthorship, IsTheSameOnEveryMachine) {
  const Result result = cold(1);
  EXPECT_EQ(*repository_.head_commit(), kHead);
  EXPECT_EQ(result.root, kRoot);
  EXPECT_EQ(result.table, kTable);
  EXPECT_EQ(result.digest, kDigest);
}

TEST_F(GoldenAuthorship, IsTheSameByAnyThreadsAndOrderAndInAClone) {
  const Result expected = cold(1);
  EXPECT_EQ(cold(8), expected);
  const auto commits = split(git_line("rev-list HEAD"), '\n');
  for (const unsigned seed : {1U, 2U, 3U}) {
    fs::remove_all(work() / ".git/ain");
    std::mt19937 random(seed);
    for (int i = 0; i < 12; ++i) compute(repository_, 1 + i % 3, commits[random() % commits.size()]);
    EXPECT_EQ(compute(repository_, 2, commits.front()), expected) << "seed " << seed;
  }
  sh(root(), "git clone -q --bare work clone.git && git -C clone.git gc -q");
  EXPECT_EQ(compute(Repository::open(root() / "clone.git"), 2, commits.front()), expected);
}

}  // namespace
}  // namespace ain::repo
