#include "repo/snapshot.h"

#include <sys/stat.h>

#include <map>
#include <random>

#include "tests/repo/fixture.h"

namespace ain::repo {
namespace {

using ::testing::HasSubstr;

class SnapshotTest : public GitTest {
 protected:
  SnapshotTest() : signer_(key_from_seed(std::string(32, 's'))) {}

  // git's own view, in our shape.
  std::vector<std::string> git_status() const {
    std::vector<std::string> lines;
    for (const std::string& line : split(git("status --porcelain -z --no-renames"), '\0')) {
      if (!line.empty()) lines.push_back(line);
    }
    std::sort(lines.begin(), lines.end());
    return lines;
  }
  std::vector<std::string> our_status(const Repository& repository) const {
    std::vector<std::string> lines;
    for (const FileStatus& file : status(repository)) {
      lines.push_back(std::string(1, file.staged) + file.unstaged + " " + file.path);
    }
    std::sort(lines.begin(), lines.end());
    return lines;
  }
  // Every file of the work folder and of git's state, with its bytes, mode and time; objects, caches and
  // ain's refs left out.
  std::map<std::string, std::string> everything() const {
    std::map<std::string, std::string> result;
    for (auto at = fs::recursive_directory_iterator(work()); at != fs::recursive_directory_iterator(); ++at) {
      const std::string path = at->path().lexically_relative(work());
      if (path == ".git/objects" || path == ".git/ain" || path == ".git/refs/ain") {
        at.disable_recursion_pending();
        continue;
      }
      struct stat info;
      ::lstat(at->path().c_str(), &info);
      if (S_ISDIR(info.st_mode)) continue;
      const std::string bytes =
          S_ISLNK(info.st_mode) ? fs::read_symlink(at->path()).string() : read_file(at->path());
      result[path] =
          fmt::format("{:o} {}.{} {}", info.st_mode, info.st_mtim.tv_sec, info.st_mtim.tv_nsec, bytes);
    }
    return result;
  }
  // What a user would get by hand: everything added in a copy of the repository.
  std::string tree_by_hand() const {
    return sh(root(), "rm -rf copy && cp -a work copy && cd copy && git add -A && git write-tree");
  }

  std::unique_ptr<Signer> signer_;
};

// A work folder in a random state: staged, unstaged, untracked, ignored, deleted, of changed type and mode.
class RandomFolder {
 public:
  RandomFolder(fs::path folder, unsigned seed) : folder_(std::move(folder)), random_(seed) {}

  void change(int steps) {
    for (int i = 0; i < steps; ++i) step();
  }
  std::string staging() {
    std::string script;
    for (int i = 0; i < 4; ++i) {
      const std::string path = any_path();
      switch (random_() % 4) {
        case 0:
          script += "git add -- " + path + " 2>/dev/null || true\n";
          break;
        case 1:
          script += "git rm -q --cached -- " + path + " 2>/dev/null || true\n";
          break;
        case 2:
          script += "git update-index --chmod=+x -- " + path + " 2>/dev/null || true\n";
          break;
        default:
          script += "git mv -f -- " + path + " " + any_path() + " 2>/dev/null || true\n";
          break;
      }
    }
    return script;
  }

 private:
  std::string any_path() {
    static constexpr const char* folders[] = {"", "a/", "a/b/", "c d/", "ä/"};
    static constexpr const char* names[] = {"x.txt", "y.py", "z.log", "run.sh", "-w", "LICENSE"};
    return "'./" + std::string(folders[random_() % 5]) + names[random_() % 6] + "'";
  }
  void step() {
    std::string quoted = any_path();
    const fs::path path = folder_ / quoted.substr(3, quoted.size() - 4);
    std::error_code ignored;
    switch (random_() % 6) {
      case 0:
        fs::remove(path, ignored);
        return;
      case 1:
        fs::remove(path, ignored);
        fs::create_directories(path.parent_path());
        fs::create_symlink("x.txt", path, ignored);
        return;
      case 2:
        ::chmod(path.c_str(), random_() % 2 ? 0755 : 0644);
        return;
      default:
        fs::create_directories(path.parent_path());
        if (fs::is_symlink(path)) fs::remove(path);
        std::ofstream(path) << fmt::format("text {}\n", random_() % 50);
    }
  }

  fs::path folder_;
  std::mt19937 random_;
};

class RandomStates : public SnapshotTest, public ::testing::WithParamInterface<unsigned> {};

TEST_P(RandomStates, StatusIsGitsAndASnapshotTouchesNothing) {
  Repository repository = make_work();
  RandomFolder folder(work(), GetParam());
  put(".gitignore", "*.log\n");
  folder.change(25);
  commit_all("first");
  for (int round = 0; round < 4; ++round) {
    folder.change(6);
    sh(work(), folder.staging());
    EXPECT_EQ(our_status(repository), git_status());

    const auto before = everything();
    const std::string head = git_line("rev-parse HEAD");
    const Snapshot taken = snapshot(repository, signer_.get());
    EXPECT_EQ(everything(), before);
    EXPECT_EQ(git_line("rev-parse HEAD"), head);
    EXPECT_EQ(taken.tree + "\n", tree_by_hand());
    EXPECT_EQ(taken.dirty, taken.tree != repository.tree_of(head));
    EXPECT_EQ(taken.changed,
              std::stoll(git_line("diff-tree -r --name-only HEAD " + taken.tree + " | wc -l")));
    EXPECT_EQ(our_status(repository), git_status());
  }
  EXPECT_EQ(git_line("fsck --strict --no-dangling 2>&1"), "");
}
INSTANTIATE_TEST_SUITE_P(Seeds, RandomStates, ::testing::Range(1u, 6u));

TEST_F(SnapshotTest, OfACleanFolderIsHead) {
  Repository repository = make_work();
  EXPECT_THAT(error_of([&] { snapshot(repository, signer_.get()); }).hint(), HasSubstr("ain commit"));
  put("a.txt", "one\n");
  put(".gitignore", "out/\n");
  commit_all("first");
  put("out/x", "ignored\n");
  const Snapshot taken = snapshot(repository, signer_.get());
  EXPECT_FALSE(taken.dirty);
  EXPECT_EQ(taken.commit, git_line("rev-parse HEAD"));
  EXPECT_EQ(git_line("for-each-ref refs/ain"), "");
}

TEST_F(SnapshotTest, IsASignedChildOfHeadAndTheSameEachTime) {
  Repository repository = make_work();
  put("a.txt", "one\n");
  commit_all("first");
  put("a.txt", "two\n");
  put("new/b.txt", "new\n");
  git("checkout -q --detach");
  const Snapshot taken = snapshot(repository, signer_.get());
  EXPECT_TRUE(taken.dirty);
  EXPECT_EQ(taken.changed, 2);
  EXPECT_EQ(git_line("rev-parse " + taken.commit + "^"), git_line("rev-parse HEAD"));
  EXPECT_EQ(git_line("rev-parse refs/ain/wip/" + taken.commit), taken.commit);
  EXPECT_EQ(commit_signer(repository, taken.commit), signer_->public_key());
  EXPECT_EQ(snapshot(repository, signer_.get()).commit, taken.commit);
  EXPECT_EQ(git_line("for-each-ref refs/ain | wc -l"), "1");
  put("a.txt", "three\n");
  EXPECT_NE(snapshot(repository, signer_.get()).commit, taken.commit);
  put("a.txt", "one\n");
  fs::remove_all(work() / "new");
  EXPECT_FALSE(snapshot(repository, signer_.get()).dirty);
}

TEST_F(SnapshotTest, WhatIsLeftOutIsNotPartOfTheWorkUnlessTracked) {
  Repository repository = make_work();
  put("a.txt", "one\n");
  put("out/kept.txt", "tracked\n");
  put("out/gone.txt", "tracked\n");
  commit_all("first");
  const std::vector<std::string> left_out = {"out/", "model.bin", "[x]*/"};
  put("out/log.txt", "of a run\n");
  put("out/deep/er.txt", "of a run\n");
  put("model.bin", "of a run\n");
  put("[x]*/f", "of a run\n");
  fs::resize_file(work() / "out/log.txt", kUntrackedBytesMax + 1);  // not refused for its size either
  EXPECT_FALSE(snapshot(repository, signer_.get(), left_out).dirty);
  EXPECT_EQ(our_status(repository), git_status());
  put("model.bin2", "mine\n");
  put("src/out/x", "mine\n");
  put("xx/f", "mine\n");
  put("out/kept.txt", "changed\n");
  fs::remove(work() / "out/gone.txt");
  const Snapshot taken = snapshot(repository, signer_.get(), left_out);
  EXPECT_EQ(git("ls-tree -r --name-only " + taken.tree), "a.txt\nmodel.bin2\nout/kept.txt\nsrc/out/x\nxx/f\n");
  EXPECT_EQ(git("show " + taken.commit + ":out/kept.txt"), "changed\n");
  EXPECT_EQ(our_status(repository), git_status());
}

// An edit right after the commit, of the same size: the times in the index cannot tell it.
TEST_F(SnapshotTest, TakesAnEditWithinTheSecondOfTheIndex) {
  Repository repository = make_work();
  git("config core.trustctime false");  // a test cannot set that time
  const auto write_at_one_time = [&](const std::string& text) {
    put("a.txt", text);
    sh(work(), "touch -d @1700000000 a.txt");
  };
  write_at_one_time("one\n");
  commit_all("first");
  sh(work(), "touch -d @1700000000 .git/index");
  write_at_one_time("two\n");
  const Snapshot taken = snapshot(repository, signer_.get());
  EXPECT_TRUE(taken.dirty);
  EXPECT_EQ(taken.tree + "\n", tree_by_hand());
}

TEST_F(SnapshotTest, NeedsNoPerson) {
  Repository repository = make_work();
  put("a.txt", "one\n");
  commit_all("first");
  git("config --unset user.name; git config --unset user.email");
  put("a.txt", "two\n");
  const Snapshot taken = snapshot(repository, nullptr);
  EXPECT_EQ(git_line("log -1 --format='%an %ae' " + taken.commit), "ain ain@localhost");
  EXPECT_FALSE(commit_signer(repository, taken.commit));
}

TEST_F(SnapshotTest, RefusesUnmergedFilesAndHugeUntrackedOnes) {
  Repository repository = make_work();
  put("a.txt", "one\n");
  commit_all("first");
  sh(work(), "truncate -s 100000001 huge.bin");
  const Error error = error_of([&] { snapshot(repository, signer_.get()); });
  EXPECT_THAT(error.message(), HasSubstr("'huge.bin'"));
  EXPECT_THAT(error.hint(), HasSubstr(".gitignore"));
  EXPECT_TRUE(fs::is_empty(work() / ".git/ain"));
  fs::remove(work() / "huge.bin");

  git("checkout -q -b side");
  put("a.txt", "side\n");
  git("commit -q -am side; git checkout -q main");
  put("a.txt", "main\n");
  git("commit -q -am main");
  git("merge -q side >/dev/null", 1);
  EXPECT_EQ(our_status(repository), git_status());
  EXPECT_THAT(error_of([&] { snapshot(repository, signer_.get()); }).message(), HasSubstr("not merged yet"));
}

TEST_F(SnapshotTest, RecordsSubmodulesAsLinks) {
  Repository repository = make_work();
  put("a.txt", "one\n");
  commit_all("first");
  sh(work(),
     "git init -q sub && cd sub && git -c user.name=x -c user.email=x@y commit -q --allow-empty -m sub");
  EXPECT_EQ(our_status(repository), git_status());
  const Snapshot taken = snapshot(repository, signer_.get());
  EXPECT_THAT(git("ls-tree " + taken.tree),
              HasSubstr("160000 commit " + sh(work() / "sub", "git rev-parse HEAD").substr(0, 40)));
}

TEST_F(SnapshotTest, StatusNamesEveryKindOfConflict) {
  const Repository repository = make_work();
  for (const char* path : {"both", "ours", "theirs"}) put(path, "base\nbase\nbase\n");
  commit_all("first");
  git("checkout -q -b side");
  put("both", "side\n");
  put("added", "side\n");
  put("theirs", "side\n");
  fs::remove(work() / "ours");
  commit_all("side");
  git("checkout -q main");
  put("both", "main\n");
  put("added", "main\n");
  put("ours", "main\n");
  fs::remove(work() / "theirs");
  commit_all("main");
  git("merge -q side >/dev/null", 1);
  EXPECT_EQ(our_status(repository), git_status());
  EXPECT_EQ(git_status().size(), 4u);
}

}  // namespace
}  // namespace ain::repo
