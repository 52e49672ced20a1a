#include "repo/step_proof.h"

#include <random>

#include "base/sqlite.h"
#include "tests/repo/blame_oracle.h"

namespace ain::repo {
namespace {

using ::testing::HasSubstr;

class StepProofTest : public GitTest {
 protected:
  StepProofTest() : repository_(make_work()) {
    write(root() / "stream", RandomHistory(7).stream(30));
    git("fast-import --quiet --force < ../stream");
  }
  std::vector<std::string> commits() const { return split(git_line("rev-list HEAD"), '\n'); }

  Repository repository_;
};

TEST_F(StepProofTest, EveryStepCanBeTakenAgainWithoutTheRepository) {
  size_t merges = 0;
  for (const std::string& commit : commits()) {
    const StepVerdict verdict = check_step(prove_step(repository_, commit, std::nullopt));
    EXPECT_TRUE(verdict.holds()) << commit;
    EXPECT_EQ(verdict.commit, commit);
    EXPECT_EQ(verdict.parents.size(), split(git_line("rev-list --parents -n 1 " + commit), ' ').size() - 1);
    merges += verdict.parents.size() > 1 ? 1 : 0;
  }
  EXPECT_GT(merges, 0u);
}

TEST_F(StepProofTest, AStepStartsFromTheRootsOfItsParents) {
  std::map<std::string, std::string> roots;
  for (const std::string& commit : commits()) {
    const StepVerdict verdict = check_step(prove_step(repository_, commit, std::nullopt));
    roots[commit] = verdict.computed;
  }
  for (const std::string& commit : commits()) {
    for (const auto& [parent, root] : check_step(prove_step(repository_, commit, std::nullopt)).parents) {
      EXPECT_EQ(root, roots.at(parent));
    }
  }
}

TEST_F(StepProofTest, AWrongClaimIsShownWrong) {
  const std::string wrong(64, 'a');
  const StepVerdict verdict = check_step(prove_step(repository_, commits().front(), wrong));
  EXPECT_FALSE(verdict.holds());
  EXPECT_EQ(verdict.claimed, wrong);
  EXPECT_EQ(error_of([&] { prove_step(repository_, commits().front(), "abc"); }).kind(), ErrorKind::usage);
}

// Whatever is changed in a proof, it never says of the same commit, from the same parents' roots, another result.
TEST_F(StepProofTest, NothingElseCanBeShownByChangingBytes) {
  const std::string proof = prove_step(repository_, commits().front(), std::nullopt);
  const StepVerdict honest = check_step(proof);
  std::mt19937 random(3);
  int refused = 0;
  for (int round = 0; round < 3000; ++round) {
    std::string bytes = proof;
    const size_t at = random() % bytes.size();
    if (round % 3 == 0) bytes.resize(at);
    else bytes[at] = static_cast<char>(bytes[at] ^ (1 << random() % 8));
    try {
      const StepVerdict verdict = check_step(bytes);
      if (verdict.commit == honest.commit && verdict.parents == honest.parents) {
        EXPECT_EQ(verdict.computed, honest.computed) << at;
      }
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::verification) << error.what();
      ++refused;
    }
  }
  EXPECT_GT(refused, 2000);
}

TEST_F(StepProofTest, DamageThatShowsUpLateIsWalkedAgain) {
  const std::string proof = prove_step(repository_, commits().front(), std::nullopt);
  Database::open(work() / ".git/ain/authorship.db", Durability::normal)
      .exec("UPDATE node SET bytes = x'46' WHERE substr(bytes, 1, 1) = x'46'");  // of files only
  EXPECT_EQ(prove_step(repository_, commits().front(), std::nullopt), proof);
}

TEST_F(StepProofTest, AFileThatIsTooLargeForTokensIsProvenToBe) {
  put("large.txt", std::string(6'000'000, 'a'));
  commit_all("large");
  put("large.txt", std::string(6'000'001, 'a'));
  put("small.txt", "one two\n");
  commit_all("larger");
  EXPECT_TRUE(check_step(prove_step(repository_, *repository_.head_commit(), std::nullopt)).holds());
}

// Its border looks like a root that wrote everything.
TEST_F(StepProofTest, AShallowCloneProvesNothing) {
  sh(root(), "git clone -q --depth 2 file://$PWD/work shallow");
  const Repository shallow = *Repository::discover(root() / "shallow");
  EXPECT_THAT(error_of([&] { prove_step(shallow, *shallow.head_commit(), std::nullopt); }).message(), HasSubstr("shallow"));
}

TEST_F(StepProofTest, WhatIsNoProofIsSaidToBeNone) {
  EXPECT_THAT(error_of([] { check_step("hello"); }).message(), HasSubstr("not a proof"));
  EXPECT_EQ(error_of([] { check_step("ain-step-proof-1\n"); }).kind(), ErrorKind::verification);
}

}  // namespace
}  // namespace ain::repo
