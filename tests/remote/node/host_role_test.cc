#include "remote/node/host_role.h"

#include "base/time.h"
#include "remote/token.h"
#include "repo/identity.h"
#include "tests/repo/fixture.h"

namespace ain::remote {
namespace {

// A node that hosts one repository, and the requests that would push to it, without their bodies.
class HostTest : public repo::GitTest {
 protected:
  HostTest() : host_(root() / "node", self_, "ain") {
    repo::Repository work = make_work();
    put("a.txt", "one\n");
    commit_all("first");
    id_ = repo::create_identity(work, "digits", {"ada", ada_->public_key()}, *ada_).id;
    const auto hosted = root() / "node" / "repositories" / (id_.text() + ".git");
    sh(root(), "git init -q --bare '" + hosted.string() + "'");
    git("push -q '" + hosted.string() + "' main refs/ain/identity");
  }
  // The status of the refusal, or 0 when the body may come.
  int refusal(const RepositoryId& id, const std::string& service, const Signer* signer, const NodeId& node) {
    HttpRequest request("POST", "/git/" + id.text() + "/" + service);
    if (signer != nullptr) {
      const AccountId account = account_of(signer->public_key());
      request.headers.set("Authorization", "Bearer " + make_token(account, *signer, node, now_ms()));
    }
    const auto refused = host_.admit(request);
    return refused ? refused->status : 0;
  }

  const NodeId self_ = node_of(key_from_seed(std::string(32, 'n'))->public_key());
  const NodeId other_node_ = node_of(key_from_seed(std::string(32, 'm'))->public_key());
  std::unique_ptr<Signer> ada_ = key_from_seed(std::string(32, 'a')), eve_ = key_from_seed(std::string(32, 'e'));
  HostRole host_;
  RepositoryId id_, unknown_;
};

TEST_F(HostTest, APushIsJudgedByItsTokenBeforeItsBodyComes) {
  EXPECT_EQ(refusal(id_, "git-receive-pack", nullptr, self_), 403);
  EXPECT_EQ(refusal(id_, "git-receive-pack", ada_.get(), other_node_), 403);
  EXPECT_EQ(refusal(id_, "git-receive-pack", eve_.get(), self_), 403);  // an account, but no delegate
  EXPECT_EQ(refusal(id_, "git-receive-pack", ada_.get(), self_), 0);
  EXPECT_EQ(refusal(unknown_, "git-receive-pack", eve_.get(), self_), 0);  // may make a new one
  EXPECT_EQ(refusal(unknown_, "git-receive-pack", nullptr, self_), 403);
}

TEST_F(HostTest, AFetchIsOfWhatIsThere) {
  EXPECT_EQ(refusal(id_, "git-upload-pack", nullptr, self_), 0);
  EXPECT_EQ(refusal(unknown_, "git-upload-pack", nullptr, self_), 404);
  EXPECT_EQ(refusal(id_, "git-else", nullptr, self_), 404);
}

}  // namespace
}  // namespace ain::remote
