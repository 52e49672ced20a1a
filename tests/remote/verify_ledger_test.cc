#include "remote/verify_ledger.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/files.h"
#include "base/time.h"
#include "tests/remote/liar.h"

namespace ain::remote {
namespace {

Paths paths_in(const std::filesystem::path& home) { return {home, home / "data", home / "state", home / "cache", home / "run"}; }

// A keeper with the ledger, and a member who knows the network but has no file of it.
class VerifyLedgerTest : public testing::Test {
 protected:
  VerifyLedgerTest()
      : keeper_(paths_in(folder_.path() / "keeper")), member_(paths_in(folder_.path() / "member")),
        network_(create_network(keeper_, "lab", Amount::micro(1'000'000'000), Amount::micro(5'000'000), {}, "127.0.0.1", 7433)) {
    std::filesystem::create_directories(member_.state);
    open();
  }
  void open() {
    client_.reset();
    ledger_.reset();
    ledger_ = std::make_unique<ledger::Ledger>(ledger_folder(keeper_, "lab"), network_.genesis, node_key(keeper_));
    client_ = own_ledger(*ledger_);
  }
  void start_again() {
    client_.reset();
    ledger_.reset();
    std::filesystem::remove_all(ledger_folder(keeper_, "lab"));
    open();
  }
  void take_from_faucet(char seed) {
    const auto key = key_from_seed(std::string(32, seed));
    AccountSender(*client_, network_.id(), account_of(key->public_key()), *key).send(ledger::Faucet{});
  }
  std::vector<std::string> problems(const Paths& of) {
    return verify_ledger(of, network_, [this]() -> LedgerClient& { return *client_; }).problems;
  }

  TemporaryFolder folder_{"verify-ledger"};
  Paths keeper_, member_;
  Network network_;
  std::unique_ptr<ledger::Ledger> ledger_;
  std::unique_ptr<LedgerClient> client_;
};

TEST_F(VerifyLedgerTest, AMemberReplaysWhatTheNodeTells) {
  take_from_faucet('a');
  const ledger::VerifyReport report = verify_ledger(member_, network_, [this]() -> LedgerClient& { return *client_; });
  EXPECT_TRUE(report.problems.empty());
  EXPECT_EQ(report.height, 1);
  EXPECT_EQ(report.root, ledger_->root());
  EXPECT_EQ(report.checkpoint, ledger_->checkpoint());
}

TEST_F(VerifyLedgerTest, TheKeeperNeedsNoNode) {
  take_from_faucet('a');
  client_.reset();
  ledger_.reset();
  const ledger::VerifyReport report =
      verify_ledger(keeper_, network_, []() -> LedgerClient& { fail(ErrorKind::unreachable, "no node runs"); });
  EXPECT_TRUE(report.problems.empty());
  EXPECT_EQ(report.height, 1);
}

TEST_F(VerifyLedgerTest, ALogThatWasRewrittenIsRefused) {
  for (const Paths& who : {member_, keeper_}) {
    start_again();
    std::filesystem::remove_all(who.state / "verified");
    take_from_faucet('a');
    take_from_faucet('b');
    EXPECT_TRUE(problems(who).empty());
    take_from_faucet('c');
    EXPECT_TRUE(problems(who).empty());  // it has grown, as logs do
    start_again();
    take_from_faucet('a');
    take_from_faucet('c');
    ASSERT_EQ(problems(who).size(), 1U);  // shorter
    EXPECT_NE(problems(who)[0].find("the ledger was rewritten"), std::string::npos);
    take_from_faucet('b');
    ASSERT_EQ(problems(who).size(), 1U);  // as long, and another
    EXPECT_NE(problems(who)[0].find("the ledger was rewritten"), std::string::npos);
  }
}

TEST_F(VerifyLedgerTest, ANodeThatLiesIsFoundOut) {
  take_from_faucet('a');
  take_from_faucet('b');
  const std::vector<std::function<void(std::vector<ledger::LogEntry>&)>> lies = {
      [](auto& log) { if (!log.empty()) (*log.back().root)[0] ^= 1; },
      [](auto& log) { if (!log.empty()) log.pop_back(); },
      [](auto& log) { if (!log.empty()) log.front().time_ms += 1; },
      [](auto& log) { if (log.size() > 1) std::swap(log[0], log[1]); }};
  for (const auto& lie : lies) {
    Liar liar(*client_, lie);
    const auto report = verify_ledger(member_, network_, [&]() -> LedgerClient& { return liar; });
    ASSERT_EQ(report.problems.size(), 1U);
    EXPECT_NE(report.problems[0].find("transaction "), std::string::npos);
  }
  EXPECT_TRUE(problems(member_).empty());
}

}  // namespace
}  // namespace ain::remote
