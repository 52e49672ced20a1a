#include "remote/node/code.h"

#include "repo/identity.h"
#include "tests/repo/fixture.h"

namespace ain::remote {
namespace {

namespace fs = std::filesystem;

class CodeTest : public repo::GitTest {
 protected:
  CodeTest() : source_(make_work()), cache_(root() / "code", root() / "hosted") {
    put("a.txt", "one\n");
    commit_all("first");
    const repo::Identity identity = repo::create_identity(source_, "digits", {"ada", key_->public_key()}, *key_);
    spec_.repository = identity.id.text();
    spec_.commit = *source_.head_commit();
    spec_.identity = *source_.reference(repo::kIdentityRef);
    id_ = identity.id;
  }
  // What the executor's side does with the provider's answer.
  void hand_over() {
    repo::write_pack(source_, {spec_.commit, spec_.identity}, cache_.haves(id_), root() / "pack");
    cache_.take(spec_, root() / "pack", "job");
  }
  void expect_whole() {
    EXPECT_TRUE(cache_.has(spec_));
    const repo::Repository kept = cache_.open(id_);
    EXPECT_EQ(kept.reference("refs/ain/jobs/job/commit"), spec_.commit);
    EXPECT_EQ(kept.reference("refs/ain/jobs/job/identity"), spec_.identity);
    EXPECT_EQ(repo::read_identity_at(kept, spec_.identity)->id, id_);
  }

  repo::Repository source_;
  CodeCache cache_;
  std::unique_ptr<Signer> key_ = key_from_seed(std::string(32, 'a'));
  RepositoryId id_;
  exec::JobSpec spec_;
};

TEST_F(CodeTest, TakesTheCommitAndTheIdentityAndKeepsBoth) {
  EXPECT_FALSE(cache_.has(spec_));
  hand_over();
  expect_whole();
}

// A hosted repository borrowed from: an identity revised since its last push is still to come.
TEST_F(CodeTest, AHostedCommitWithoutTheIdentityIsNotEnough) {
  const fs::path hosted = root() / "hosted" / (id_.text() + ".git");
  sh(root(), "git init -q --bare '" + hosted.string() + "'");
  git("push -q '" + hosted.string() + "' main");
  EXPECT_FALSE(cache_.has(spec_));
  EXPECT_THAT(cache_.haves(id_), testing::Contains(spec_.commit));
  hand_over();
  expect_whole();
}

TEST_F(CodeTest, ACommitWhoseIdentityNeverComesIsRefused) {
  repo::write_pack(source_, {spec_.commit}, {}, root() / "pack");
  EXPECT_THROW(cache_.take(spec_, root() / "pack", "job"), Error);
  EXPECT_FALSE(cache_.has(spec_));
}

}  // namespace
}  // namespace ain::remote
