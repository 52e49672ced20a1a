// git itself against the host role, through git-remote-ain, over a real server.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <fstream>

#include "base/error.h"
#include "base/time.h"
#include "cli/accounts.h"
#include "remote/http/certificate.h"
#include "remote/http/server.h"
#include "remote/network.h"
#include "remote/node/host_role.h"
#include "remote/token.h"
#include "repo/identity.h"
#include "tests/cli/scratch_home.h"

namespace ain::cli {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::Not;

// A node with the host role alone, and the homes of two people who know its network.
class GitRemoteTest : public testing::Test {
 protected:
  void SetUp() override {
    const fs::path key = remote::node_key_file(ada.paths());
    make_private_folder(key.parent_path());
    node_key = create_key_file(key, "node");
    const NodeId id = node_of(node_key->public_key());
    role = std::make_unique<remote::HostRole>(ada.folder() / "node", id, std::string(AIN_BINARY_FOLDER) + "/ain");
    remote::HttpServer::Config config;
    config.address = "127.0.0.1";
    config.seed = load_key_seed(key);
    config.temporary_folder = ada.folder();
    config.body_limit = [this](std::string_view, std::string_view path) { return role->body_limit(path); };
    config.handler = [this, id](const remote::HttpRequest& request) {
      if (request.path == "/v1/node") {
        return remote::json_response(200, {{"id", id.text()}, {"endpoint", url()}, {"roles", {"host"}}});
      }
      ++git_requests;
      return role->handle(request);
    };
    server = std::make_unique<remote::HttpServer>(std::move(config));
    server->start();
    const remote::Network network = remote::create_network(ada.paths(), "lab", Amount::micro(1'000'000), Amount(), {}, "127.0.0.1", server->port());
    // Bob's home learns the network's files, as joining would write them.
    make_private_folder(bob.paths().config);
    fs::copy(ada.paths().config / "networks", bob.paths().config / "networks", fs::copy_options::recursive);
    for (ScratchHome* home : {&ada, &bob}) {
      home->set("AIN_NETWORK", "lab");
      make_private_folder(home->folder() / "user");
    }
    ada_account = Accounts(ada.paths()).create("ada");
    bob_account = Accounts(bob.paths()).create("bob");
  }

  void TearDown() override { server->stop(std::chrono::milliseconds(1000)); }

  std::string url() const { return "https://127.0.0.1:" + std::to_string(server->port()); }

  static void write(const fs::path& file, std::string_view text) { std::ofstream(file) << text; }

  // A repository of Ada's with one commit, not yet pushed.
  fs::path make_repository() {
    const fs::path folder = ada.folder() / "work";
    expect_ok(ada.run({"ain", "init", folder.string()}));
    write(folder / "a.txt", "hello\n");
    expect_ok(ada.run({"ain", "add", "."}, folder));
    expect_ok(ada.run({"ain", "commit", "-m", "first"}, folder));
    id = repo::read_identity(*repo::Repository::discover(folder))->id;
    return folder;
  }
  std::string ain_url() const { return repo::repository_url(id); }
  fs::path hosted() const { return ada.folder() / "node" / "repositories" / (id.text() + ".git"); }

  static void expect_ok(const Completed& done) { ASSERT_EQ(done.exit_code, 0) << done.out << done.err; }

  ScratchHome ada, bob;
  Account ada_account, bob_account;
  std::unique_ptr<Signer> node_key;
  std::unique_ptr<remote::HostRole> role;
  std::unique_ptr<remote::HttpServer> server;
  std::atomic<int> git_requests = 0;
  RepositoryId id;
};

TEST_F(GitRemoteTest, PushThenCloneByAinAndByGit) {
  const fs::path work = make_repository();
  expect_ok(ada.run({"ain", "push"}, work));
  EXPECT_TRUE(fs::exists(hosted()));
  EXPECT_EQ(ada.run({"git", "rev-parse", "--abbrev-ref", "@{upstream}"}, work).out, "origin/main\n");

  const Completed cloned = bob.run({"ain", "clone", ain_url()});
  expect_ok(cloned);
  EXPECT_EQ(cloned.out, "work\n");
  EXPECT_EQ(read_file(bob.folder() / "work" / "a.txt"), "hello\n");
  const auto identity = repo::read_identity(*repo::Repository::discover(bob.folder() / "work"));
  ASSERT_TRUE(identity.has_value());
  EXPECT_EQ(identity->id, id);
  // The delegates came along, so git can check what Ada signed.
  expect_ok(bob.run({"git", "verify-commit", "HEAD"}, bob.folder() / "work"));

  expect_ok(bob.run({"git", "clone", "-q", ain_url(), "plain"}));
  EXPECT_EQ(read_file(bob.folder() / "plain" / "a.txt"), "hello\n");
}

TEST_F(GitRemoteTest, SecondPushAndFetchCarryOnlyWhatIsNew) {
  const fs::path work = make_repository();
  expect_ok(ada.run({"ain", "push"}, work));
  expect_ok(bob.run({"ain", "clone", ain_url(), "copy"}));
  write(work / "big.bin", std::string(3 << 20, 'x') + "end");
  expect_ok(ada.run({"ain", "add", "."}, work));
  expect_ok(ada.run({"ain", "commit", "-m", "second"}, work));
  expect_ok(ada.run({"git", "push", "-q"}, work));
  expect_ok(bob.run({"ain", "pull", "-q", "--ff-only"}, bob.folder() / "copy"));
  EXPECT_EQ(fs::file_size(bob.folder() / "copy" / "big.bin"), (3u << 20) + 3);
}

TEST_F(GitRemoteTest, AStrangerReadsButDoesNotPush) {
  const fs::path work = make_repository();
  expect_ok(ada.run({"ain", "push"}, work));
  expect_ok(bob.run({"ain", "clone", ain_url(), "copy"}));
  const fs::path copy = bob.folder() / "copy";
  write(copy / "b.txt", "mine\n");
  expect_ok(bob.run({"ain", "add", "."}, copy));
  expect_ok(bob.run({"ain", "commit", "-m", "mine"}, copy));
  const Completed pushed = bob.run({"ain", "push"}, copy);
  EXPECT_NE(pushed.exit_code, 0);
  EXPECT_THAT(pushed.err, HasSubstr("is no delegate of"));
  EXPECT_EQ(ada.run({"git", "--git-dir", hosted().string(), "rev-list", "--count", "main"}).out, "1\n");

  // Once Ada lets him, he does.
  expect_ok(ada.run({"ain", "identity", "add", "bob", bob_account.key.openssh()}, work));
  expect_ok(ada.run({"ain", "push"}, work));
  expect_ok(bob.run({"ain", "push"}, copy));
  EXPECT_EQ(ada.run({"git", "--git-dir", hosted().string(), "rev-list", "--count", "main"}).out, "2\n");
  EXPECT_EQ(repo::read_identity(*repo::Repository::discover(copy))->delegates.size(), 2u);
}

TEST_F(GitRemoteTest, AFirstPushNeedsItsOwnIdentity) {
  const fs::path work = make_repository();
  const Completed bare = ada.run({"git", "push", "-q", ain_url(), "main"}, work);
  EXPECT_NE(bare.exit_code, 0);
  EXPECT_THAT(bare.err, HasSubstr("must carry its identity"));
  EXPECT_FALSE(fs::exists(hosted()));

  // Under a name that is another repository's, nothing is taken.
  const RepositoryId mine = id;
  const fs::path other = ada.folder() / "other";
  expect_ok(ada.run({"ain", "init", other.string()}));
  id = repo::read_identity(*repo::Repository::discover(other))->id;
  const Completed squatted = ada.run({"git", "push", "-q", ain_url(), "main", "refs/ain/identity"}, work);
  EXPECT_NE(squatted.exit_code, 0);
  EXPECT_THAT(squatted.err, HasSubstr("the pushed identity is that of '" + mine.text()));
  EXPECT_FALSE(fs::exists(hosted()));

  // Somebody else's identity does not make one its pusher.
  id = mine;
  expect_ok(bob.run({"git", "clone", "-q", "--mirror", work.string(), "stolen"}));
  const Completed stolen = bob.run({"git", "push", "-q", ain_url(), "main", "refs/ain/identity"}, bob.folder() / "stolen");
  EXPECT_NE(stolen.exit_code, 0);
  EXPECT_THAT(stolen.err, HasSubstr("is no delegate of"));
  EXPECT_FALSE(fs::exists(hosted()));
}

TEST_F(GitRemoteTest, OnlySomeReferencesAreTaken) {
  const fs::path work = make_repository();
  expect_ok(ada.run({"ain", "push"}, work));
  for (const char* name : {"refs/pull/1", "refs/ain/wip/1", "refs/notes/x", "refs/remotes/origin/main", "refs/ain/identity2"}) {
    const Completed pushed = ada.run({"git", "push", "-q", ain_url(), std::string("HEAD:") + name}, work);
    EXPECT_NE(pushed.exit_code, 0) << name;
    EXPECT_THAT(pushed.err, HasSubstr("cannot be pushed")) << name;
  }
  for (const char* name : {"refs/heads/topic", "refs/tags/v1", "refs/ain/runs/0123"}) {
    expect_ok(ada.run({"git", "push", "-q", ain_url(), std::string("HEAD:") + name}, work));
  }
  const std::string before = ada.run({"git", "--git-dir", hosted().string(), "for-each-ref"}).out;
  EXPECT_THAT(before, Not(HasSubstr("refs/pull")));
}

TEST_F(GitRemoteTest, TheIdentityIsNeitherDeletedNorReplaced) {
  const fs::path work = make_repository();
  expect_ok(ada.run({"ain", "push"}, work));
  const std::string before = ada.run({"git", "--git-dir", hosted().string(), "rev-parse", "refs/ain/identity"}).out;
  const Completed deleted = ada.run({"git", "push", "-q", ain_url(), ":refs/ain/identity"}, work);
  EXPECT_NE(deleted.exit_code, 0);
  EXPECT_THAT(deleted.err, HasSubstr("cannot be deleted"));
  const Completed garbled = ada.run({"git", "push", "-q", "--force", ain_url(), "HEAD:refs/ain/identity"}, work);
  EXPECT_NE(garbled.exit_code, 0);
  // Back to an earlier revision would bring a removed delegate back.
  expect_ok(ada.run({"ain", "identity", "add", "bob", bob_account.key.openssh()}, work));
  expect_ok(ada.run({"ain", "push"}, work));
  const std::string second = ada.run({"git", "--git-dir", hosted().string(), "rev-parse", "refs/ain/identity"}).out;
  EXPECT_NE(second, before);
  const Completed back =
      ada.run({"git", "push", "-q", "--force", ain_url(), before.substr(0, 40) + ":refs/ain/identity"}, work);
  EXPECT_NE(back.exit_code, 0);
  EXPECT_THAT(back.err, HasSubstr("does not follow"));
  EXPECT_EQ(ada.run({"git", "--git-dir", hosted().string(), "rev-parse", "refs/ain/identity"}).out, second);
}

TEST_F(GitRemoteTest, ANodeWithAnotherKeyIsNotTalkedTo) {
  const fs::path work = make_repository();
  expect_ok(ada.run({"ain", "push"}, work));
  const int before = git_requests;
  // A network whose node has the same address and another key.
  ScratchHome carol;
  carol.set("AIN_NETWORK", "lab");
  make_private_folder(carol.folder() / "user");
  remote::create_network(carol.paths(), "lab", Amount::micro(1'000'000), Amount(), {}, "127.0.0.1", server->port());
  const Completed cloned = carol.run({"git", "clone", "-q", ain_url(), "copy"});
  EXPECT_NE(cloned.exit_code, 0);
  EXPECT_FALSE(fs::exists(carol.folder() / "copy" / "a.txt"));
  EXPECT_EQ(git_requests, before);
}

// What git-remote-ain builds on: git's own transport holds a pinned key even where it trusts any certificate.
TEST_F(GitRemoteTest, GitsTransportHoldsThePin) {
  const fs::path work = make_repository();
  expect_ok(ada.run({"ain", "push"}, work));
  const std::string target = fmt::format("{}/git/{}", url(), id.text());
  const auto listed = [&](const NodeId& node) {
    return bob.run({"git", "-c", "http.sslVerify=false", "-c", "http.pinnedPubkey=" + remote::spki_pin(node), "ls-remote", target});
  };
  expect_ok(listed(node_of(node_key->public_key())));
  const int before = git_requests;
  const Completed refused = listed(node_of(bob_account.key));
  EXPECT_NE(refused.exit_code, 0);
  EXPECT_THAT(refused.err, HasSubstr("pinned"));
  EXPECT_EQ(git_requests, before);
}

TEST_F(GitRemoteTest, TheHostAnswersOnlyWhatGitAsks) {
  make_repository();
  const auto status = [&](const char* method, const std::string& target, const std::string& token = "") {
    remote::HttpRequest request(method, target);
    if (!token.empty()) request.headers.set("Authorization", "Bearer " + token);
    return role->handle(request).status;
  };
  const std::string base = "/git/" + id.text();
  EXPECT_EQ(status("GET", base + "/info/refs?service=git-upload-pack"), 404);
  EXPECT_EQ(status("GET", "/git/x/info/refs?service=git-upload-pack"), 404);
  EXPECT_EQ(status("GET", "/git/" + id.text() + ".git/info/refs?service=git-upload-pack"), 404);
  EXPECT_EQ(status("GET", base + "/info/refs?service=git-upload-archive"), 404);
  EXPECT_EQ(status("GET", base + "/info/refs"), 404);
  EXPECT_EQ(status("GET", base + "/HEAD"), 405);
  EXPECT_EQ(status("POST", base + "/objects"), 404);
  EXPECT_EQ(status("GET", base + "/info/refs?service=git-receive-pack"), 403);
  EXPECT_EQ(status("POST", base + "/git-receive-pack"), 403);
  EXPECT_EQ(status("GET", base + "/info/refs?service=git-receive-pack", "nonsense"), 403);
  const auto signer = load_key_file(ada_account.key_file);
  const NodeId node = node_of(node_key->public_key());
  EXPECT_EQ(status("GET", base + "/info/refs?service=git-receive-pack", remote::make_token(ada_account.id, *signer, node, now_ms())), 200);
  const NodeId other = node_of(bob_account.key);
  EXPECT_EQ(status("GET", base + "/info/refs?service=git-receive-pack", remote::make_token(ada_account.id, *signer, other, now_ms())), 403);
}

}  // namespace
}  // namespace ain::cli
