#include "exec/attribution.h"

#include "tests/repo/fixture.h"

namespace ain::exec {
namespace {

using ::testing::HasSubstr;

constexpr int64_t kDefault = 100'000;
const repo::Person kAda{"Ada", "ada@example.org"};

// An author, who is the repository's delegate, and an executor, who is nobody there.
class AttributionTest : public repo::GitTest {
 protected:
  AttributionTest() : repository_(make_work()) {
    identity_ = repo::create_identity(repository_, "digits", {"author", author_->public_key()}, *author_);
  }
  repo::ObjectId commit(const std::vector<repo::ObjectId>& parents, const Signer& signer) {
    git("add -A");
    return repo::write_commit(repository_, {.tree = git_line("write-tree"), .parents = parents, .author = kAda, .committer = kAda,
                                            .time_s = ++time_s_, .message = "x\n"}, &signer);
  }
  Attribution of(const repo::ObjectId& commit, const OnLedger& ledger = {nobody}) {
    return attribution_of(repository_, identity_, commit, kDefault, ledger);
  }
  static std::optional<Attribution> nobody(const std::string&, const std::string&) { return std::nullopt; }
  static std::string account(const Signer& signer) { return account_of(signer.public_key()).text(); }

  repo::Repository repository_;
  std::unique_ptr<Signer> author_ = key_from_seed(std::string(32, 'a')), executor_ = key_from_seed(std::string(32, 'e'));
  Identity identity_;
  int64_t time_s_ = 1'700'000'000;
};

TEST_F(AttributionTest, WhatAnExecutorAddsBeforeARunTakesNothingFromTheAuthors) {
  put("train.py", "def train(rate):\n    return rate * 2\n");
  const auto published = commit({}, *author_);
  const Attribution before = of(published);
  ASSERT_EQ(before.payees.size(), 1u);
  EXPECT_EQ(before.payees[0].id, account(*author_));
  std::string junk;
  for (int i = 0; i < 5000; ++i) junk += fmt::format("value_{} = {}\n", i, i * 7);
  put("junk.py", junk);
  std::filesystem::remove(work() / "train.py");
  const Attribution after = of(commit({published}, *executor_));
  EXPECT_EQ(after.digest(), before.digest());
  EXPECT_EQ(after.commit, published);
}

TEST_F(AttributionTest, WhatItBuildsOnGetsItsShare) {
  const RepositoryId library{sha256("library")};
  const std::string pinned(40, '7');
  put("train.py", "x = 1\n");
  put("ain.toml", fmt::format("[job.main]\nrun = 'true'\n[dependencies]\nlib = {{ repository = '{}', commit = '{}', share = '5%' }}\n",
                              library.text(), pinned));
  const auto published = commit({}, *author_);
  const OnLedger ledger{[&](const std::string& repository, const std::string& commit) -> std::optional<Attribution> {
    if (repository != library.text() || commit != pinned) return std::nullopt;
    return Attribution{.repository = repository, .commit = commit, .tree = std::string(40, '8'), .algorithm = "attr-v1",
                       .royalty = {}, .payees = {{account(*executor_), 12}}};
  }};
  const Attribution whole = of(published, ledger);
  int64_t total = 0, theirs = 0;
  for (const Payee& payee : whole.payees) {
    total += payee.weight;
    if (payee.id == account(*executor_)) theirs = payee.weight;
  }
  EXPECT_EQ(theirs * 20, total);
  const repo::DependencyTree tree = dependency_tree(repository_, identity_, published, kDefault, ledger);
  ASSERT_EQ(tree.dependencies.size(), 1u);
  EXPECT_EQ(tree.dependencies[0].name, "lib");
  EXPECT_EQ(tree.dependencies[0].share_ppm, 50'000);
  EXPECT_THAT(repo::error_of([&] { of(published); }).message(), HasSubstr("lib"));
}

}  // namespace
}  // namespace ain::exec
