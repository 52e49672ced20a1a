// A node killed at any moment keeps what it has acknowledged, and its ledger verifies.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <random>

#include "base/encoding.h"
#include "base/process.h"
#include "tests/ledger/world.h"

namespace ain::ledger {
namespace {

// Submits until it is killed; tells the parent each txid once submit() has returned.
[[noreturn]] void submit_for_ever(const std::filesystem::path& folder, int acknowledged) {
  try {
    Ledger ledger(folder, World::genesis());
    Actor treasury('T');
    for (int64_t nonce = ledger.account(treasury.account).nonce + 1;; ++nonce) {
      Actor to(static_cast<char>('a' + nonce % 20));
      std::string envelope = sign_transaction(ledger.network(), treasury.account, nonce, kStartMs + kHourMs,
                                              Transfer{to.account, Amount::micro(1), ""}, *treasury.signer);
      Applied applied = ledger.submit(envelope, kStartMs);
      if (applied.refusal != Refusal::none) _exit(3);
      if (write(acknowledged, applied.txid.data(), applied.txid.size()) != 32) _exit(4);
    }
  } catch (const std::exception&) {
    _exit(5);
  }
}

TEST(Crash, KilledAtRandomPoints) {
  TemporaryFolder folder("ledger-crash");
  const std::filesystem::path store = folder.path() / "ledger";
  std::mt19937_64 random(5);
  size_t acknowledged_in_all = 0;
  for (int round = 0; round < 25; ++round) {
    Pipe pipe = make_pipe();
    pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) submit_for_ever(store, pipe.write_end.get());
    pipe.write_end.reset();
    usleep(
        static_cast<useconds_t>(1000 + random() % 80'000));  // the first ones die while they create the store
    kill(child, SIGKILL);
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status)) << "the child ended by itself with " << WEXITSTATUS(status);
    std::string acknowledged = read_all(pipe.read_end.get(), 64 << 20, "the child's pipe");

    Ledger ledger(store, World::genesis());
    VerifyReport report = ledger.verify();
    ASSERT_TRUE(report.problems.empty()) << report.problems[0];
    for (size_t at = 0; at + 32 <= acknowledged.size(); at += 32) {
      ASSERT_TRUE(ledger.applied(*to_array<32>(acknowledged.substr(at, 32))))
          << "lost an acknowledged transaction";
      ++acknowledged_in_all;
    }
    ASSERT_EQ(ledger.account(Actor('T').account).nonce, ledger.size());
  }
  EXPECT_GT(acknowledged_in_all, 25u);
}

}  // namespace
}  // namespace ain::ledger
