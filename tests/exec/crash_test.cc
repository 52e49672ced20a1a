// Whoever is killed when: a job runs at most once, and its end is known or it is lost.
#include <gmock/gmock.h>
#include <signal.h>
#include <sys/wait.h>

#include "exec/job_users.h"
#include "exec/shim/files.h"
#include "tests/exec/job_fixture.h"

namespace ain::exec {
namespace {

namespace fs = std::filesystem;

class Crashes : public JobTest {
 protected:
  pid_t shim_of(const Launch& launch) {
    auto state = shim::split_records(read_file(launch.folder / "shim" / "state"), '\n');
    return static_cast<pid_t>(shim::number_of(state, "pid"));
  }
};

TEST_F(Crashes, ACallerKilledAtAnyMomentCanStartAgain) {
  backend().probe();  // not in the children
  for (int delay_us = 0; delay_us <= 30'000; delay_us += 750) {
    Launch launch = shell("echo run >> count; sleep 0.05; exit 6");
    pid_t caller = fork();
    if (caller == 0) {
      // Its own session, as a node has.
      setsid();
      backend().start(launch);
      _exit(0);
    }
    usleep(static_cast<useconds_t>(delay_us));
    kill(caller, SIGKILL);
    waitpid(caller, nullptr, 0);
    backend().start(launch);
    Result result = finish(launch);
    EXPECT_EQ(result.seen.phase, JobPhase::exited) << delay_us;
    EXPECT_EQ(result.seen.exit_code, 6) << delay_us << " " << result.seen.setup_error;
    EXPECT_EQ(read_file(launch.tree / "count"), "run\n") << delay_us;
  }
}

TEST_F(Crashes, AnotherBackendAdoptsTheJob) {
  Launch launch = shell("sleep 0.3; echo after; exit 4");
  pid_t caller = fork();
  if (caller == 0) {
    backend().start(launch);
    kill(getpid(), SIGKILL);
  }
  waitpid(caller, nullptr, 0);
  auto other = local_backend(shim_path());
  EXPECT_EQ(other->observe(launch.folder).phase, JobPhase::running);
  Result result = finish(launch);
  EXPECT_EQ(result.seen.exit_code, 4);
  EXPECT_EQ(result.out, "after\n");
  other->cleanup(launch.folder);
}

TEST_F(Crashes, AnAdoptedJobCanBeStopped) {
  Launch launch = shell("sleep 1000");
  backend().start(launch);
  auto other = local_backend(shim_path());
  other->stop(launch.folder, 100);
  Result result = finish(launch);
  EXPECT_TRUE(result.seen.stopped);
  EXPECT_EQ(result.seen.exit_code, 143);
}

TEST_F(Crashes, AKilledShimMeansLostAndNothingGoesOn) {
  std::string mark = "4321." + std::to_string(getpid());
  Launch launch = shell("setsid sleep " + mark + " & sleep " + mark);
  backend().start(launch);
  ASSERT_TRUE(eventually([&] { return processes_with(mark) >= 2; }));
  ASSERT_EQ(kill(shim_of(launch), SIGKILL), 0);
  EXPECT_TRUE(eventually([&] { return backend().observe(launch.folder).phase == JobPhase::lost; }));
  // The sandbox dies with its supervisor, without anybody's help.
  EXPECT_TRUE(eventually([&] { return processes_with(mark) == 0; }));
  backend().start(launch);  // never again
  EXPECT_EQ(backend().observe(launch.folder).phase, JobPhase::lost);
  backend().cleanup(launch.folder);
  if (geteuid() == 0) {
    EXPECT_FALSE(find_job_user(launch.folder).has_value());
  }
}

TEST_F(Crashes, CleanupKillsWhatALostJobWithoutASandboxLeft) {
  std::string mark = "3210." + std::to_string(getpid());
  Launch launch = shell("sleep " + mark + " & sleep " + mark);
  launch.isolation = Isolation::none;
  backend().start(launch);
  ASSERT_TRUE(eventually([&] { return processes_with(mark) >= 2; }));
  ASSERT_EQ(kill(shim_of(launch), SIGKILL), 0);
  ASSERT_TRUE(eventually([&] { return backend().observe(launch.folder).phase == JobPhase::lost; }));
  backend().cleanup(launch.folder);
  EXPECT_EQ(processes_with(mark), 0);
}

TEST_F(Crashes, AStateOfAnotherBootIsLost) {
  Launch launch = shell("sleep 1000");
  backend().start(launch);
  fs::path state = launch.folder / "shim" / "state";
  std::string text = read_file(state), other = text;
  size_t at = other.find("boot=");
  ASSERT_NE(at, std::string::npos);
  other.replace(at + 5, 8, "00000000");
  write_file_atomic(state, other);
  EXPECT_EQ(backend().observe(launch.folder).phase, JobPhase::lost);
  // The same process id with another start is another process.
  other = text;
  at = other.find("start=");
  other.insert(at + 6, "9");
  write_file_atomic(state, other);
  EXPECT_EQ(backend().observe(launch.folder).phase, JobPhase::lost);
  write_file_atomic(state, text);
  EXPECT_EQ(backend().observe(launch.folder).phase, JobPhase::running);
}

TEST_F(Crashes, TerminatingTheShimEndsTheJobInOrder) {
  Launch launch = shell("trap 'exit 8' TERM; echo ready; while :; do sleep 0.05; done");
  backend().start(launch);
  ASSERT_TRUE(wait_for_change(launch.folder, 0, 10'000));
  kill(shim_of(launch), SIGTERM);  // as at shutdown
  Result result = finish(launch);
  EXPECT_EQ(result.seen.phase, JobPhase::exited);
  EXPECT_TRUE(result.seen.stopped);
  EXPECT_EQ(result.seen.exit_code, 8);
}

TEST_F(Crashes, ASandboxThatDoesNotComeUpIsRefusedAndNamed) {
  Launch launch = shell("true");
  launch.environment.folder = "/nonexistent/environment";
  for (int i = 0; i < 2; ++i) {
    try {
      backend().start(launch);
      FAIL() << "started";
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::refused);
      EXPECT_THAT(error.message(), testing::HasSubstr("/nonexistent/environment"));
    }
  }
  Observation seen = backend().observe(launch.folder);
  EXPECT_EQ(seen.phase, JobPhase::exited);
  EXPECT_EQ(seen.run_us, 0);
  EXPECT_NE(seen.setup_error, "");
}

TEST_F(Crashes, ADamagedOrHalfWrittenLogDoesNoHarm) {
  Launch launch = shell("echo hello");
  run(launch);
  fs::path log = launch.folder / "shim" / "log";
  std::string bytes = read_file(log);
  write_file_atomic(log, bytes.substr(0, bytes.size() - 1));
  EXPECT_TRUE(read_log(launch.folder, 0, 1 << 20).empty());
  write_file_atomic(log, bytes + std::string(7, '\0'));
  EXPECT_EQ(read_log(launch.folder, 0, 1 << 20).size(), 1u);
  write_file_atomic(log, std::string(64, '\xff'));
  EXPECT_THROW(read_log(launch.folder, 0, 1 << 20), Error);
}

TEST(JobUsers, AFolderKeepsItsUserUntilItIsReleased) {
  if (geteuid() != 0) GTEST_SKIP() << "only root gives users to jobs";
  TemporaryFolder folder("ain-users-test");
  fs::create_directories(folder.path() / "a");
  fs::create_directories(folder.path() / "b");
  uid_t a = take_job_user(folder.path() / "a"), b = take_job_user(folder.path() / "b");
  EXPECT_NE(a, b);
  EXPECT_EQ(take_job_user(folder.path() / "a"), a);
  EXPECT_GE(a, kJobUserFirst);
  release_job_user(folder.path() / "a");
  EXPECT_EQ(find_job_user(folder.path() / "a"), std::nullopt);
  EXPECT_EQ(find_job_user(folder.path() / "b"), b);
  release_job_user(folder.path() / "b");
}

TEST(JobUsers, AnEntryOfAFolderThatIsGoneIsFreed) {
  if (geteuid() != 0) GTEST_SKIP() << "only root gives users to jobs";
  TemporaryFolder folder("ain-users-test");
  fs::create_directories(folder.path() / "a");
  uid_t a = take_job_user(folder.path() / "a");
  fs::remove(folder.path() / "a");
  take_job_user(folder.path());
  EXPECT_FALSE(fs::exists(fs::path(kJobUsersFolder) / std::to_string(a)));
  release_job_user(folder.path());
}

TEST(JobUsers, TheTreeIsGivenAwayThroughNoSymlink) {
  if (geteuid() != 0) GTEST_SKIP() << "only root gives users to jobs";
  TemporaryFolder folder("ain-users-test");
  std::ofstream(folder.path() / "outside") << "x";
  fs::create_directories(folder.path() / "tree" / "below");
  fs::create_symlink("../outside", folder.path() / "tree" / "link");
  fs::create_symlink("../..", folder.path() / "tree" / "below" / "up");
  give_tree(folder.path() / "tree", kJobUserFirst);
  struct stat info = {};
  ASSERT_EQ(stat((folder.path() / "outside").c_str(), &info), 0);
  EXPECT_EQ(info.st_uid, 0u);
  ASSERT_EQ(lstat((folder.path() / "tree" / "below" / "up").c_str(), &info), 0);
  EXPECT_EQ(info.st_uid, kJobUserFirst);
}

}  // namespace
}  // namespace ain::exec
