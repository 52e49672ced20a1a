#include "remote/verify_ledger.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/files.h"
#include "base/time.h"

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

// Serves the keeper's log with one lie in it.
class Liar : public LedgerClient {
 public:
  Liar(LedgerClient& honest, std::function<void(std::vector<ledger::LogEntry>&)> lie) : honest_(honest), lie_(std::move(lie)) {}
  ledger::Applied submit(const std::string& envelope) override { return honest_.submit(envelope); }
  std::vector<ledger::Applied> submit(const std::vector<std::string>& envelopes) override { return honest_.submit(envelopes); }
  ledger::AccountState account(const AccountId& account) override { return honest_.account(account); }
  std::optional<ledger::EscrowState> escrow(const Digest& id) override { return honest_.escrow(id); }
  std::vector<ledger::EscrowState> escrows_of(const AccountId& account) override { return honest_.escrows_of(account); }
  std::vector<ledger::OfferState> offers() override { return honest_.offers(); }
  ledger::ParametersState parameters() override { return honest_.parameters(); }
  std::optional<ledger::KeyState> key(const PublicKey& key) override { return honest_.key(key); }
  KeyStates keys_of(const AccountId& account) override { return honest_.keys_of(account); }
  ledger::BondState bond(const AccountId& account) override { return honest_.bond(account); }
  std::optional<ledger::RepositoryState> repository(const RepositoryId& id) override { return honest_.repository(id); }
  std::optional<ledger::FingerprintState> fingerprints(const RepositoryId& id, const std::string& commit) override {
    return honest_.fingerprints(id, commit);
  }
  std::optional<ledger::ClaimState> claim(const RepositoryId& id, const std::string& payee) override { return honest_.claim(id, payee); }
  Unclaimed unclaimed(const ledger::UnclaimedQuery& query) override { return honest_.unclaimed(query); }
  std::optional<Attribution> attribution(const Digest& digest) override { return honest_.attribution(digest); }
  std::optional<Attribution> attribution_of(const std::string& repository, const std::string& commit) override {
    return honest_.attribution_of(repository, commit);
  }
  std::vector<Attribution> attributions_by(const AccountId& registrar, const std::string& repository,
                                           const std::string& tree) override {
    return honest_.attributions_by(registrar, repository, tree);
  }
  Json history(const ledger::HistoryQuery& query) override { return honest_.history(query); }
  std::optional<Json> transaction(const Digest& txid) override { return honest_.transaction(txid); }
  std::vector<std::string> transactions_from(const std::string& prefix) override { return honest_.transactions_from(prefix); }
  std::vector<std::string> escrows_from(const std::string& prefix) override { return honest_.escrows_from(prefix); }
  std::vector<ledger::LogEntry> log(int64_t after_height) override {
    auto entries = honest_.log(after_height);
    lie_(entries);
    return entries;
  }
  std::string checkpoint() override { return honest_.checkpoint(); }
  std::optional<std::string> receipt(const Digest& txid) override { return honest_.receipt(txid); }

 private:
  LedgerClient& honest_;
  std::function<void(std::vector<ledger::LogEntry>&)> lie_;
};

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
