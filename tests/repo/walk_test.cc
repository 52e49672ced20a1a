#include "repo/walk/walk.h"

#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <thread>

#include "base/sqlite.h"
#include "repo/walk/attributed.h"
#include "tests/repo/blame_oracle.h"

namespace ain::repo {
namespace {

constexpr int kCommits = 150;

class WalkTest : public GitTest, public ::testing::WithParamInterface<Variant> {
 protected:
  Repository make_random(unsigned seed) const {
    Repository repository = make_work();
    write(root() / "stream", RandomHistory(seed).stream(kCommits));
    git("fast-import --quiet --force < ../stream");
    return repository;
  }
  static Digest cold(const Repository& repository, const ObjectId& commit, unsigned threads) {
    Names names;
    const Nodes nodes(names);
    WalkHooks hooks;
    hooks.threads = threads;
    return nodes.hash(*walk(repository, commit, GetParam(), nodes, hooks));
  }
  // From what the repository has stored.
  static Digest stored(const Repository& repository, const ObjectId& commit, const WalkReport& report = {}) {
    AttributedHistory history(repository, GetParam());
    return history.with_root(commit, report, [&](const NodePtr& root) {
      load_all(history.nodes(), *root);
      return history.nodes().hash(*root);
    });
  }
  static void load_all(const Nodes& nodes, const Node& node) {
    if (!node.is_folder) return static_cast<void>(nodes.runs(node));
    for (const Entry& entry : nodes.entries(node)) {
      if (entry.node) load_all(nodes, *entry.node);
    }
  }
  // Commits that a call has to walk.
  static int64_t walked(const Repository& repository, const ObjectId& commit) {
    int64_t most = 0;
    WalkReport report;
    report.progress = [&](int64_t, int64_t total) { most = std::max(most, total); };
    stored(repository, commit, report);
    return most;
  }
  fs::path database() const { return work() / ".git/ain/authorship.db"; }
};

INSTANTIATE_TEST_SUITE_P(Variants, WalkTest,
                         ::testing::Values(Variant{Unit::line, false}, Variant{Unit::line_ignoring_space, true},
                                           Variant{Unit::token, true}));

TEST_P(WalkTest, TheSameEverywhere) {
  const Repository repository = make_random(1);
  const ObjectId head = *repository.head_commit();
  const Digest expected = cold(repository, head, 1);
  EXPECT_EQ(cold(repository, head, 8), expected);
  EXPECT_EQ(stored(repository, head), expected);
  sh(root(), "git clone -q --bare work clone.git && git -C clone.git gc -q");
  const Repository clone = Repository::open(root() / "clone.git");
  EXPECT_EQ(cold(clone, head, 8), expected);
  git("gc -q --prune=now");
  EXPECT_EQ(stored(*Repository::discover(work()), head), expected);
}

TEST_P(WalkTest, InAnyOrderOfCommits) {
  const Repository repository = make_random(2);
  const ObjectId head = *repository.head_commit();
  const Digest expected = cold(repository, head, 1);
  std::vector<std::string> commits = split(git_line("rev-list HEAD"), '\n');
  std::mt19937 random(3);
  for (int round = 0; round < 4; ++round) {
    fs::remove(database());
    std::shuffle(commits.begin(), commits.end(), random);
    for (size_t i = 0; i < 20 && i < commits.size(); ++i) {
      ASSERT_EQ(stored(repository, commits[i]), cold(repository, commits[i], 1)) << commits[i];
    }
    EXPECT_EQ(stored(repository, head), expected);
  }
}

TEST_P(WalkTest, OneMoreCommitWalksOne) {
  const Repository repository = make_random(4);
  git("reset -q --hard");
  stored(repository, *repository.head_commit());
  EXPECT_EQ(walked(repository, *repository.head_commit()), 0);
  put("new", "line\n");
  commit_all("one more");
  const ObjectId head = *repository.head_commit();
  EXPECT_EQ(walked(repository, head), 1);
  EXPECT_EQ(stored(repository, head), cold(repository, head, 1));
}

// A large folder that every commit changes is a new list each time.
TEST_P(WalkTest, WhatIsStoredIsNotKeptInMemory) {
  const Repository repository = make_work();
  std::string stream = "commit refs/heads/main\ncommitter A <a@x> 1700000000 +0000\ndata 1\nm\n";
  for (int i = 0; i < 1000; ++i) stream += fmt::format("M 100644 inline f{}\ndata 2\nx\n\n", i);
  for (int i = 0; i < 200; ++i) {
    stream += fmt::format("commit refs/heads/main\ncommitter A <a@x> {} +0000\ndata 1\nm\nM 100644 inline f{}\ndata 2\ny\n\n",
                          1'700'000'001 + i, i);
  }
  write(root() / "stream", stream);
  git("fast-import --quiet --force < ../stream");
  WalkReport report;
  size_t most = 0;
  report.progress = [&](int64_t, int64_t) { most = std::max(most, Node::memory_bytes()); };
  stored(repository, *repository.head_commit(), report);
  EXPECT_LT(most, size_t{2} << 20);
}

TEST_P(WalkTest, ADamagedStoreIsWalkedAgain) {
  const Repository repository = make_random(5);
  const ObjectId head = *repository.head_commit();
  const Digest expected = stored(repository, head);
  const std::string whole = read_file(database());
  const auto damage = [](const std::string& bytes, size_t from, size_t count) {
    std::string damaged = bytes;
    for (size_t i = from; i < std::min(bytes.size(), from + count); ++i) damaged[i] = static_cast<char>(damaged[i] ^ 0x55);
    return damaged;
  };
  std::vector<std::string> versions = {"", "this is no database", whole.substr(0, whole.size() / 2), whole.substr(0, 4096)};
  for (size_t at = 0; at < whole.size(); at += whole.size() / 7 + 1) versions.push_back(damage(whole, at, 3000));
  for (const std::string& version : versions) {
    for (const char* ending : {"-wal", "-shm"}) fs::remove(database().string() + ending);
    write(database(), version);
    EXPECT_EQ(stored(repository, head), expected);
    EXPECT_EQ(stored(repository, head), expected);
  }
}

TEST_P(WalkTest, AStoreOfANewerAinIsReplaced) {
  const Repository repository = make_random(6);
  const ObjectId head = *repository.head_commit();
  const Digest expected = stored(repository, head);
  Database::open(database(), Durability::normal).exec("PRAGMA user_version = 99");
  EXPECT_EQ(stored(repository, head), expected);
}

TEST_P(WalkTest, ANodeThatIsNotWhatItsHashSaysIsWalkedAgain) {
  const Repository repository = make_random(7);
  const ObjectId head = *repository.head_commit();
  const Digest expected = stored(repository, head);
  for (const char* change : {"UPDATE node SET bytes = x'44'", "DELETE FROM node", "UPDATE state SET root = x'00'",
                             "UPDATE state SET change = x'ff' WHERE change IS NOT NULL",
                             // Of a folder without a node, and what is below it; of an entry of no kind.
                             "UPDATE state SET change = CAST(x'02016402' || zeroblob(20) || x'0003642f787f' AS BLOB) WHERE change IS NOT NULL",
                             "UPDATE state SET change = CAST(x'01016450' || zeroblob(20) || x'00' AS BLOB) WHERE change IS NOT NULL",
                             "UPDATE state SET base = commit_id WHERE base IS NOT NULL",
                             "UPDATE state SET base = x'00' WHERE base IS NOT NULL"}) {
    Database::open(database(), Durability::normal).exec(change);
    Digest found{};
    ASSERT_NO_THROW(found = stored(repository, head)) << change;
    EXPECT_EQ(found, expected) << change;
  }
}

TEST_P(WalkTest, StoppedItKeepsWhatWasDone) {
  const Repository repository = make_random(8);
  const ObjectId head = *repository.head_commit();
  const int64_t whole = std::stoll(git_line("rev-list --count HEAD"));
  WalkReport report;
  int64_t at = 0;
  report.progress = [&](int64_t done, int64_t) { at = done; };
  report.stop = [&] { return at == whole / 2; };
  EXPECT_EQ(error_of([&] { stored(repository, head, report); }).kind(), ErrorKind::stopped);
  report.stop = [&] { return at == 20; };
  EXPECT_EQ(error_of([&] { stored(repository, head, report); }).kind(), ErrorKind::stopped);
  EXPECT_LE(walked(repository, head), whole - whole / 2 - 20);
  EXPECT_EQ(stored(repository, head), cold(repository, head, 1));
}

TEST_P(WalkTest, OfAClearedStoreWhatIsSavedAnewIsLeft) {
  const Repository repository = make_random(11);
  const ObjectId head = *repository.head_commit();
  const Digest expected = stored(repository, head);
  {
    Names names;
    NodeStore store(database(), GetParam());
    const Nodes nodes(names, &store);
    const NodePtr root = store.state(nodes, to_oid(head));
    SqlTransaction writing(store.database());
    store.clear(nodes, {root});
    store.save_state(nodes, to_oid(head), root, nullptr, nullptr);
    writing.commit();
    EXPECT_EQ(store.state(nodes, to_oid(git_line("rev-parse HEAD^"))), nullptr);
  }
  EXPECT_EQ(walked(repository, head), 0);
  EXPECT_EQ(stored(repository, head), expected);
}

TEST_P(WalkTest, KilledItGoesOnFromTheLastCheckpoint) {
  const Repository repository = make_random(10);
  const ObjectId head = *repository.head_commit();
  const int64_t whole = std::stoll(git_line("rev-list --count HEAD"));
  for (int round = 0; round < 3; ++round) {
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      WalkReport report{.checkpoint_ms = 400};
      report.progress = [&](int64_t done, int64_t total) {
        if (done == total / 3) std::this_thread::sleep_for(std::chrono::milliseconds(500));
        if (done == total / 2) raise(SIGKILL);
      };
      stored(*Repository::discover(work()), head, report);
      _exit(0);
    }
    int status = 0;
    waitpid(child, &status, 0);
    EXPECT_TRUE(WIFSIGNALED(status));
  }
  EXPECT_LT(walked(repository, head), whole / 2);
  EXPECT_EQ(stored(repository, head), cold(repository, head, 1));
}

TEST_P(WalkTest, KilledItGoesOnAsIfNothingHadBeen) {
  const Repository repository = make_random(9);
  const ObjectId head = *repository.head_commit();
  const Digest expected = cold(repository, head, 1);
  const int64_t whole = std::stoll(git_line("rev-list --count HEAD"));
  for (const int64_t moment : {int64_t{1}, whole / 2, whole - 1, whole}) {
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      WalkReport report;
      report.progress = [&](int64_t done, int64_t) {
        if (done == moment) raise(SIGKILL);
      };
      stored(*Repository::discover(work()), head, report);
      _exit(0);
    }
    int status = 0;
    waitpid(child, &status, 0);
    EXPECT_TRUE(WIFSIGNALED(status));
  }
  EXPECT_EQ(stored(repository, head), expected);
}

}  // namespace
}  // namespace ain::repo
