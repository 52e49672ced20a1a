#include "repo/repository.h"

#include "tests/repo/fixture.h"

namespace ain::repo {
namespace {

using ::testing::HasSubstr;

class RepositoryTest : public GitTest {};

TEST_F(RepositoryTest, IsFoundFromBelowAndNotBeside) {
  make_work();
  fs::create_directories(work() / "a/b");
  EXPECT_EQ(Repository::discover(work() / "a/b")->work_folder(), fs::canonical(work()));
  EXPECT_FALSE(Repository::discover(root()));
}

TEST_F(RepositoryTest, FollowsGitDir) {
  make_work();
  ::setenv("GIT_DIR", (work() / ".git").c_str(), 1);
  ::setenv("GIT_WORK_TREE", work().c_str(), 1);
  const auto found = Repository::discover(root());
  ::unsetenv("GIT_DIR");
  ::unsetenv("GIT_WORK_TREE");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->work_folder(), fs::canonical(work()));
}

TEST_F(RepositoryTest, KnowsHeadBeforeAndAfterTheFirstCommit) {
  const Repository repository = make_work();
  EXPECT_FALSE(repository.head_commit());
  EXPECT_EQ(repository.head_name(), "main");
  put("a.txt", "one\n");
  commit_all("first");
  EXPECT_EQ(repository.head_commit(), git_line("rev-parse HEAD"));
  EXPECT_EQ(repository.tree_of(*repository.head_commit()), git_line("rev-parse HEAD^{tree}"));
  git("checkout -q --detach");
  EXPECT_EQ(repository.head_name(), "HEAD detached at " + git_line("rev-parse HEAD").substr(0, 7));
}

TEST_F(RepositoryTest, ResolvesRevisionsAsGitDoes) {
  const Repository repository = make_work();
  put("a.txt", "one\n");
  commit_all("first");
  put("a.txt", "two\n");
  commit_all("second");
  git("tag -a -m tag v1 HEAD~1");
  for (const char* revision : {"HEAD", "HEAD~1", "main", "v1", "main@{1}"}) {
    EXPECT_EQ(repository.resolve_commit(revision),
              git_line("rev-parse '" + std::string(revision) + "^{commit}'"));
  }
  EXPECT_EQ(error_of([&] { repository.resolve_commit("nothing"); }).message(), "'nothing' is not a commit");
  EXPECT_EQ(error_of([&] { repository.resolve_commit("HEAD^{tree}"); }).kind(), ErrorKind::failed);
}

TEST_F(RepositoryTest, ReadsFilesOfACommitWithinTheLimit) {
  const Repository repository = make_work();
  put("a/b.txt", "hello");
  fs::create_symlink("b.txt", work() / "a/link");
  commit_all("first");
  const ObjectId head = *repository.head_commit();
  EXPECT_EQ(repository.file_at(head, "a/b.txt", 5), "hello");
  EXPECT_FALSE(repository.file_at(head, "a/none", 5));
  EXPECT_FALSE(repository.file_at(head, "a", 5));
  EXPECT_FALSE(repository.file_at(head, "a/link", 100));
  EXPECT_THAT(error_of([&] { repository.file_at(head, "a/b.txt", 4); }).message(),
              HasSubstr("the limit is 4"));
}

TEST_F(RepositoryTest, SetsReferencesAndConfigurationThatGitReads) {
  Repository repository = make_work();
  put("a.txt", "one\n");
  commit_all("first");
  const ObjectId head = *repository.head_commit();
  repository.set_reference("refs/ain/runs/1", head, "test");
  EXPECT_EQ(git_line("rev-parse refs/ain/runs/1"), head);
  EXPECT_EQ(repository.reference("refs/ain/runs/1"), head);
  EXPECT_FALSE(repository.reference("refs/ain/runs/2"));
  EXPECT_EQ(repository.references("refs/ain/").size(), 1u);
  repository.set_config("ain.network", "lab net");
  EXPECT_EQ(git_line("config ain.network"), "lab net");
  EXPECT_EQ(repository.config("ain.network"), "lab net");
  EXPECT_FALSE(repository.config("ain.nothing"));
}

TEST_F(RepositoryTest, SaysHowToSetAPerson) {
  const Repository repository = make_work();
  EXPECT_EQ(repository.person().email, "ada@example.org");
  git("config --unset user.email");
  const Error error = error_of([&] { repository.person(); });
  EXPECT_THAT(error.hint(), HasSubstr("git config --global user.email"));
}

TEST_F(RepositoryTest, RefusesAHeadThatIsGoneOrDamaged) {
  make_work();
  put("a.txt", "one\n");
  commit_all("first");
  const std::string head = git_line("rev-parse HEAD");
  const fs::path object = work() / ".git/objects" / head.substr(0, 2) / head.substr(2);
  const std::string bytes = read_file(object);
  for (const std::string& damaged :
       {std::string(), bytes.substr(0, bytes.size() / 2), std::string("garbage")}) {
    fs::remove(object);
    write(object, damaged);
    const Error error = error_of([&] { Repository::discover(work()); });
    EXPECT_THAT(error.message(), HasSubstr(head));
    EXPECT_THAT(error.hint(), HasSubstr("git fsck"));
  }
  fs::remove(object);
  EXPECT_THAT(error_of([&] { Repository::discover(work()); }).message(), HasSubstr("corrupt"));
}

TEST_F(RepositoryTest, RefusesSomebodyElsesUnlessItIsSafe) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give a folder away";
  make_work();
  sh(root(), "chown -R 65534 work");
  const Error error = error_of([&] { Repository::discover(work()); });
  EXPECT_THAT(error.message(), HasSubstr("belongs to somebody else"));
  EXPECT_THAT(error.hint(), HasSubstr("safe.directory"));
  EXPECT_NO_THROW(Repository::open(work() / ".git"));
  git("config safe.directory '*'", 128);  // git thinks so too
  sh(root(), "git config --global safe.directory " + fs::canonical(work()).string());
  EXPECT_TRUE(Repository::discover(work()));
  sh(root(), "git config --global --add safe.directory ''");
  EXPECT_EQ(error_of([&] { Repository::discover(work()); }).kind(), ErrorKind::failed);
}

TEST_F(RepositoryTest, OpensWithoutTheUsersConfiguration) {
  make_work();
  sh(root(), "git config --global user.name Stranger && git config --global ain.secret yes");
  EXPECT_EQ(Repository::discover(work())->config("ain.secret"), "yes");
  const Repository opened = Repository::open(work() / ".git");
  EXPECT_FALSE(opened.config("ain.secret"));
  EXPECT_EQ(opened.config("user.name"), "Ada");
  EXPECT_TRUE(opened.hardened());
  EXPECT_THAT(error_of([&] { Repository::open(root()); }).message(), HasSubstr("no repository"));
}

TEST_F(RepositoryTest, IsMadeAsGitMakesOne) {
  const Repository repository = Repository::init(work(), false);
  EXPECT_EQ(git_line("symbolic-ref HEAD"), "refs/heads/main");
  EXPECT_EQ(git_line("status --porcelain"), "");
  const Repository bare = Repository::init(root() / "bare.git", true);
  EXPECT_EQ(sh(root() / "bare.git", "git rev-parse --is-bare-repository"), "true\n");
  EXPECT_TRUE(bare.work_folder().empty());
  EXPECT_TRUE(fs::is_directory(bare.ain_folder()));
}

TEST_F(RepositoryTest, LinkedWorktreesShareTheAinFolder) {
  make_work();
  put("a.txt", "one\n");
  commit_all("first");
  git("worktree add -q ../other");
  EXPECT_EQ(Repository::discover(root() / "other")->ain_folder(), fs::canonical(work() / ".git") / "ain");
}

}  // namespace
}  // namespace ain::repo
