#include "exec/royalty.h"

#include "tests/repo/fixture.h"

namespace ain::exec {
namespace {

constexpr int64_t kDefault = 100'000;

// Histories of an author, who is the repository's delegate, and of an executor, who is nobody there.
class Royalty : public repo::GitTest {
 protected:
  Royalty() : repository_(make_work()) {
    identity_ = repo::create_identity(repository_, "digits", {"author", author_->public_key()}, *author_);
  }
  // A commit whose ain.toml has these lines ("": it has no such file), on `parents`.
  repo::ObjectId commit(const std::string& toml, const std::vector<repo::ObjectId>& parents, const Signer* signer) {
    put("ain.toml", toml);
    git("add -A");
    if (toml.empty()) git("rm -q -f ain.toml");
    return repo::write_commit(repository_, {.tree = git_line("write-tree"), .parents = parents, .author = kAda, .committer = kAda,
                                            .time_s = ++time_s_, .message = "x\n"}, signer);
  }
  int64_t rate(const repo::ObjectId& commit) { return royalty_of(repository_, identity_, commit, kDefault).value; }
  static std::string of(int percent) { return fmt::format("[royalty]\nrate = '{}%'\n", percent); }

  const repo::Person kAda{"Ada", "ada@example.org"};
  repo::Repository repository_;
  std::unique_ptr<Signer> author_ = key_from_seed(std::string(32, 'a')), executor_ = key_from_seed(std::string(32, 'e'));
  Identity identity_;
  int64_t time_s_ = 1'700'000'000;
};

TEST_F(Royalty, AnExecutorCannotLowerIt) {
  const auto published = commit(of(30), {}, author_.get());
  EXPECT_EQ(rate(published), 300'000);
  EXPECT_EQ(rate(commit(of(0), {published}, executor_.get())), 300'000);
  EXPECT_EQ(rate(commit("", {published}, executor_.get())), 300'000);
  EXPECT_EQ(rate(commit(of(0), {commit(of(0), {published}, nullptr)}, executor_.get())), 300'000);
}

TEST_F(Royalty, AnAuthorCan) {
  const auto published = commit(of(30), {}, author_.get());
  EXPECT_EQ(rate(commit(of(5), {published}, author_.get())), 50'000);
  EXPECT_EQ(rate(commit(of(0), {commit(of(5), {published}, author_.get())}, executor_.get())), 50'000);
}

TEST_F(Royalty, OfSeveralNearestOnesTheLargestCounts) {
  const auto root = commit(of(90), {}, author_.get());
  const auto left = commit(of(20), {root}, author_.get());
  const auto right = commit(of(40), {root}, author_.get());
  EXPECT_EQ(rate(commit(of(0), {left, right}, executor_.get())), 400'000);
  // A detour on one side does not bring that side's rate down to nothing.
  const auto detour = commit(of(0), {right}, executor_.get());
  EXPECT_EQ(rate(commit(of(0), {left, detour}, executor_.get())), 400'000);
}

TEST_F(Royalty, WithoutARateTheNetworksDefaultCounts) {
  const auto silent = commit("[job.main]\nrun = 'true'\n", {}, author_.get());
  EXPECT_EQ(rate(silent), kDefault);
  EXPECT_EQ(rate(commit("", {}, author_.get())), kDefault);
  const auto low = commit(of(1), {silent}, author_.get());
  EXPECT_EQ(rate(commit(of(0), {silent, low}, executor_.get())), kDefault);
  EXPECT_EQ(rate(commit("[royalty", {}, author_.get())), kDefault);       // unreadable
  EXPECT_EQ(rate(commit(of(0), {}, executor_.get())), kDefault);          // nobody's word counts
  EXPECT_EQ(rate(commit(of(0), {commit(of(0), {}, nullptr)}, nullptr)), kDefault);
}

TEST_F(Royalty, WhoIsDelegateIsReadFromTheIdentity) {
  const auto theirs = commit(of(50), {commit(of(10), {}, author_.get())}, executor_.get());
  EXPECT_EQ(rate(theirs), 100'000);
  identity_.delegates.push_back({"second", executor_->public_key()});
  EXPECT_EQ(rate(theirs), 500'000);
}

TEST_F(Royalty, TheWalkIsBounded) {
  const auto by_author = [&](const PublicKey& key) { return key == author_->public_key(); };
  const auto published = commit(of(30), {}, author_.get());
  auto tip = published;
  for (int i = 0; i < 4; ++i) tip = commit(of(0), {tip}, nullptr);
  EXPECT_EQ(repo::nearest_signed(repository_, tip, by_author, 5), std::vector{published});
  EXPECT_TRUE(repo::nearest_signed(repository_, tip, by_author, 4).empty());
}

}  // namespace
}  // namespace ain::exec
