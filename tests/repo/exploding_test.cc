// Repositories made to explode end in a refusal that names the limit, before they cost much.
#include <algorithm>
#include <numeric>
#include <random>

#include "repo/authorship.h"
#include "repo/blame.h"
#include "tests/repo/fixture.h"

namespace ain::repo {
namespace {

using ::testing::HasSubstr;

class ExplodingTest : public GitTest {
 protected:
  Error told(const Repository& repository) const {
    return error_of([&] { authorship(repository, std::nullopt, *repository.head_commit()); });
  }
};

TEST_F(ExplodingTest, AMillionPaths) {
  const Repository repository = make_work();
  sh(work(), "blob=$(echo x | git hash-object -w --stdin)\n"
             "folder=$(for i in $(seq 1000); do printf \"100644 blob $blob\\tf$i\\n\"; done | git mktree)\n"
             "tree=$(for i in $(seq 1001); do printf \"040000 tree $folder\\td$i\\n\"; done | git mktree)\n"
             "git update-ref HEAD $(git commit-tree -m paths $tree)");
  EXPECT_THAT(told(repository).message(), HasSubstr("more than 1000000 entries"));
}

TEST_F(ExplodingTest, ADeepTree) {
  const Repository repository = make_work();
  sh(work(), "tree=$(printf \"100644 blob $(echo x | git hash-object -w --stdin)\\tf\\n\" | git mktree)\n"
             "for i in $(seq 200); do tree=$(printf \"040000 tree $tree\\td\\n\" | git mktree); done\n"
             "git update-ref HEAD $(git commit-tree -m deep $tree)");
  EXPECT_THAT(told(repository).message(), HasSubstr("deeper than 128 folders"));
}

TEST_F(ExplodingTest, ALongPath) {
  const Repository repository = make_work();
  sh(work(), "name=$(printf 'n%.0s' $(seq 100))\n"
             "tree=$(printf \"100644 blob $(echo x | git hash-object -w --stdin)\\tf\\n\" | git mktree)\n"
             "for i in $(seq 60); do tree=$(printf \"040000 tree $tree\\t$name\\n\" | git mktree); done\n"
             "git update-ref HEAD $(git commit-tree -m long $tree)");
  EXPECT_THAT(told(repository).message(), HasSubstr("a path of more than 4096 bytes"));
}

// Nobody has the commits that submodules name: their ids can be any, here such that tables of them have one slot.
TEST_F(ExplodingTest, SubmodulesWhoseIdsAreAlike) {
  const Repository repository = make_work();
  constexpr int kModules = 300'000;
  std::string stream = "commit refs/heads/main\ncommitter A <a@x> 1700000000 +0000\ndata 1\nm\n";
  for (int i = 0; i < kModules; ++i) stream += fmt::format("M 160000 {:040x} d{}/m{}\n", i + 1, i / 1000, i);
  const std::string text = "one = two + three * four - five / six + seven\n";
  stream += fmt::format("commit refs/heads/main\ncommitter A <a@x> 1700000001 +0000\ndata 1\nm\ndeleteall\n"
                        "M 100644 inline a.py\ndata {}\n{}\n", text.size(), text);
  write(root() / "stream", stream);
  git("fast-import --quiet < ../stream");
  EXPECT_EQ(authorship(repository, std::nullopt, *repository.head_commit()).total, 13);
}

// Versions that share every line and no order: each comparison is as hard as its length allows.
TEST_F(ExplodingTest, VersionsThatTakeLongToCompare) {
  const Repository repository = make_work();
  std::vector<int> order(300'000);
  std::iota(order.begin(), order.end(), 0);
  std::mt19937 random(1);
  std::string stream;
  for (int mark = 1; mark <= 12; ++mark) {
    std::shuffle(order.begin(), order.end(), random);
    std::string text;
    for (const int line : order) text += fmt::format("x{}\n", line);
    stream += fmt::format("commit refs/heads/main\nmark :{}\ncommitter A <a@x> {} +0000\ndata 1\nm\n{}M 100644 inline a.txt\ndata {}\n{}\n",
                          mark, 1'700'000'000 + mark, mark > 1 ? fmt::format("from :{}\n", mark - 1) : "", text.size(), text);
  }
  write(root() / "stream", stream);
  git("fast-import --quiet < ../stream");
  EXPECT_THAT(told(repository).message(), HasSubstr("steps to compare"));
}

}  // namespace
}  // namespace ain::repo
