#include "remote/node/log_follower.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <future>
#include <thread>

#include "base/encoding.h"
#include "base/files.h"
#include "tests/remote/liar.h"

namespace ain::remote {
namespace {

constexpr int64_t kNow = 1'700'000'000'000;

// Signs another checkpoint than its own.
class Forger : public Liar {
 public:
  Forger(LedgerClient& honest, std::string checkpoint) : Liar(honest, [](auto&) {}), checkpoint_(std::move(checkpoint)) {}
  std::string checkpoint() override { return checkpoint_; }

 private:
  std::string checkpoint_;
};

// Proves nothing; takes no cosignature while `hand_in_fails` says why.
class Unhelpful : public Liar {
 public:
  Unhelpful(LedgerClient& honest, std::function<void(std::vector<ledger::LogEntry>&)> lie) : Liar(honest, std::move(lie)) {}
  std::vector<Digest> consistency(int64_t, int64_t) override { fail(ErrorKind::failed, "no proof today"); }
  void hand_in(const std::string&) override {
    ++handed_in;
    if (hand_in_fails) fail(*hand_in_fails, "not now");
  }
  std::optional<ErrorKind> hand_in_fails;
  int handed_in = 0;
};

// A keeper that lies when told to, and a follower.
class LogFollowerTest : public testing::Test {
 protected:
  static ledger::Genesis genesis() {
    ledger::Genesis genesis;
    genesis.name = "test";
    genesis.sequencer = key_from_seed(std::string(32, 'S'))->public_key();
    genesis.treasury = key_from_seed(std::string(32, 'T'))->public_key();
    genesis.supply = Amount::micro(1'000'000);
    return genesis;
  }
  std::unique_ptr<ledger::Ledger> open(const std::string& name, bool keeps) {
    return std::make_unique<ledger::Ledger>(folder_.path() / name, genesis(), keeps ? key_from_seed(std::string(32, 'S')) : nullptr);
  }
  // A block of so many transfers.
  static void pay(ledger::Ledger& ledger, int count, int64_t amount = 1) {
    const auto treasury = key_from_seed(std::string(32, 'T'));
    const AccountId account = account_of(treasury->public_key());
    const int64_t nonce = ledger.account(account).nonce;
    std::vector<std::string> envelopes;
    for (int i = 1; i <= count; ++i) {
      const ledger::Transfer transfer{AccountId{}, Amount::micro(amount), ""};
      envelopes.push_back(ledger::sign_transaction(ledger.network(), account, nonce + i, kNow, transfer, *treasury));
    }
    for (const ledger::Applied& applied : ledger.submit(envelopes, kNow)) ASSERT_EQ(applied.refusal, ledger::Refusal::none);
  }
  LogFollower::Config config(const NodeId& leader) {
    return {leader, "url", folder_.path() / "alarm.json", [this](const std::string& line) { said_ += line + "\n"; }};
  }
  LogFollower follower(LedgerClient& of) {
    return LogFollower(*copy_, of, witness_, config(node_of(genesis().sequencer)));
  }
  // What the follower serves is what the keeper has signed, and its own word.
  void expect_cosigned() {
    ASSERT_TRUE(copy_->checkpoint().starts_with(kept_->checkpoint())) << copy_->checkpoint();
    const auto words = ledger::open_cosignatures(copy_->checkpoint());
    ASSERT_EQ(words.size(), 1u);
    EXPECT_EQ(words[0].witness, node_of(key_from_seed(std::string(32, 'W'))->public_key()));
  }
  LogFollower follower() { return follower(*client_); }
  // Steps once; the alarm that comes of it names that transaction, and nothing of its block was taken.
  void expect_alarm(LedgerClient& of, int64_t index, std::string_view words) {
    LogFollower following = follower(of);
    following.step();
    const auto alarm = following.alarm();
    ASSERT_TRUE(alarm) << words;
    EXPECT_EQ(alarm->index, index) << alarm->message;
    EXPECT_NE(alarm->message.find(words), std::string::npos) << alarm->message;
    std::filesystem::remove(folder_.path() / "alarm.json");
  }

  TemporaryFolder folder_{"log-follower"};
  std::string said_;
  std::unique_ptr<ledger::Ledger> kept_ = open("kept", true), copy_ = open("copy", false);
  std::unique_ptr<LedgerClient> client_ = own_ledger(*kept_);
  Witness witness_{*copy_, key_from_seed(std::string(32, 'W'))};
};

TEST_F(LogFollowerTest, ComesToTheSameLedger) {
  LogFollower following = follower();
  following.step();
  EXPECT_EQ(copy_->size(), 0);
  for (const int count : {1, 3, 300}) {
    pay(*kept_, count);
    following.step();
    EXPECT_EQ(copy_->root(), kept_->root());
    expect_cosigned();
    EXPECT_EQ(copy_->height(), kept_->height());
  }
  EXPECT_FALSE(following.alarm());
  EXPECT_TRUE(copy_->verify().problems.empty());
  // What it serves carries the keeper's signature.
  const Digest txid = ledger::txid_of(kept_->log(5).at(0).envelope);
  EXPECT_TRUE(copy_->receipt(txid)->starts_with(*kept_->receipt(txid)));
  copy_ = open("copy", false);
  expect_cosigned();
}

TEST_F(LogFollowerTest, NamesTheFirstTransactionThatIsNotAsClaimed) {
  pay(*kept_, 2);
  follower().step();
  pay(*kept_, 1);
  pay(*kept_, 3);
  const auto other = open("other", true);
  pay(*other, 3);
  pay(*other, 3, 2);
  using Log = std::vector<ledger::LogEntry>;
  const auto at = [](Log& log, int64_t index) {
    return std::find_if(log.begin(), log.end(), [&](const auto& entry) { return entry.index == index; });
  };
  struct Lie {
    std::function<void(Log&)> tell;
    int64_t index;
    std::string_view words;
  };
  const std::vector<Lie> lies = {
      {[&](Log& log) { at(log, 3)->writes[0] ^= 1; }, 3, "what came of it"},
      {[&](Log& log) { (*at(log, 2)->root)[0] ^= 1; }, 2, "state root"},
      {[&](Log& log) { at(log, 4)->envelope[9] ^= 1; }, 4, "transaction 4"},
      {[&](Log& log) { at(log, 4)->time_ms += 1; }, 4, "not its block's"},
      {[&](Log& log) { log.erase(at(log, 3)); }, 4, "transaction 3 is missing"},
      // Valid, and with what comes of it, but not what was signed.
      {[&](Log& log) {
         for (ledger::LogEntry& theirs : other->log(3)) {
           const auto ours = at(log, theirs.index);
           theirs.height = ours->height;
           *ours = theirs;
         }
       },
       3, "has signed a log in which it does not stand"},
      {[&](Log& log) { log.erase(at(log, 5), log.end()); }, 5, "missing, in a log of 6"},
  };
  for (const Lie& lie : lies) {
    Liar liar(*client_, [&](Log& log) { if (!log.empty() && log.front().index >= 2) lie.tell(log); });
    expect_alarm(liar, lie.index, lie.words);
    EXPECT_EQ(copy_->size(), lie.index == 5 ? 3 : 2) << lie.words;  // whole blocks before it
  }
  follower().step();
  EXPECT_EQ(copy_->root(), kept_->root());
}

TEST_F(LogFollowerTest, AForkAndAShorterLogAreAlarms) {
  pay(*kept_, 2);
  pay(*kept_, 2);
  follower().step();
  const auto other = open("other", true);
  const auto fork = own_ledger(*other);
  pay(*other, 2);
  expect_alarm(*fork, 2, "ends before it");
  pay(*other, 2, 7);
  expect_alarm(*fork, 2, "tells another one");
  pay(*other, 2, 7);
  expect_alarm(*fork, 2, "tells another one");
  expect_cosigned();
}

TEST_F(LogFollowerTest, AnotherFollowerMayBeBehind) {
  pay(*kept_, 2);
  follower().step();
  const auto late = open("late", false);
  const auto late_client = own_ledger(*late);
  Witness other(*late, key_from_seed(std::string(32, 'V')));
  LogFollower(*late, *client_, other, {node_of(genesis().sequencer), "url", folder_.path() / "late.json", [](const std::string&) {}}).step();
  pay(*kept_, 2);
  follower().step();
  LogFollower behind(*copy_, *late_client, witness_, config(node_of(key_from_seed(std::string(32, 'N'))->public_key())));
  behind.step();
  EXPECT_FALSE(behind.alarm());
}

TEST_F(LogFollowerTest, AnAccusedThatDoesNotAnswerStaysAccused) {
  pay(*kept_, 2);
  follower().step();
  pay(*kept_, 2);
  using Log = std::vector<ledger::LogEntry>;
  const auto silent_of_old = [](Log& log) {
    if (!log.empty() && log.front().index == 0) fail(ErrorKind::stopped, "gone");
  };
  Liar writes(*client_, [&](Log& log) {
    silent_of_old(log);
    log.at(0).writes[0] ^= 1;
  });
  expect_alarm(writes, 2, "what came of it");
  EXPECT_NE(said_.find("does not help"), std::string::npos);
  const auto other = open("other", true);
  pay(*other, 2);
  pay(*other, 2, 7);
  const auto fork = own_ledger(*other);
  Unhelpful unproven(*client_, [&](Log& log) {
    if (!log.empty() && log.front().index == 2) log = other->log(2);
  });
  expect_alarm(unproven, 3, "not the one that its node has signed");
  Unhelpful writes_too(*client_, [&](Log& log) {
    if (log.empty() || log.front().index < 2) return;
    log.resize(2);
    log.at(0).writes[0] ^= 1;
  });
  pay(*kept_, 1);
  expect_alarm(writes_too, 2, "what came of it");  // where the log goes on, a proof is missing
  follower().step();
  pay(*other, 1, 7);
  Liar looks_back(*fork, silent_of_old);
  expect_alarm(looks_back, 4, "has signed now");
}

TEST_F(LogFollowerTest, TheProofIsFetchedWhileTheStoreIsFree) {
  pay(*kept_, 2);
  pay(*kept_, 2);
  class Asks : public Liar {
   public:
    Asks(LedgerClient& honest, std::function<void()> ask)
        : Liar(honest, [](auto& log) { if (log.size() > 2) log.resize(2); }), honest_(honest), ask_(std::move(ask)) {}
    std::vector<Digest> consistency(int64_t earlier, int64_t size) override {
      ask_();
      return honest_.consistency(earlier, size);
    }

   private:
    LedgerClient& honest_;
    std::function<void()> ask_;
  };
  std::vector<std::future<void>> checks;
  Asks asks(*client_, [&] {
    checks.push_back(std::async(std::launch::async, [&] { copy_->check(); }));  // takes the lock of those who write
    EXPECT_EQ(checks.back().wait_for(std::chrono::seconds(20)), std::future_status::ready);
  });
  follower(asks).step();
  EXPECT_EQ(checks.size(), 1u);
  EXPECT_EQ(copy_->root(), kept_->root());
}

TEST_F(LogFollowerTest, AnAlarmThatCannotBeWrittenIsRaised) {
  pay(*kept_, 1);
  Liar liar(*client_, [](auto& log) { if (!log.empty()) log.at(0).writes[0] ^= 1; });
  auto nowhere = config(node_of(genesis().sequencer));
  nowhere.alarm_file = folder_.path() / "missing" / "alarm.json";
  LogFollower following(*copy_, liar, witness_, nowhere);
  following.step();
  ASSERT_TRUE(following.alarm());
  EXPECT_EQ(following.complaint(), "alarm: " + following.alarm()->message);
  EXPECT_NE(said_.find("alarm: " + following.alarm()->message), std::string::npos);
  EXPECT_NE(said_.find("a restart will not know"), std::string::npos);
}

TEST_F(LogFollowerTest, WhoHearsNothingForLongIsNotHealthy) {
  LogFollower following = follower();
  const int64_t began_us = monotonic_us();
  EXPECT_FALSE(following.complaint());
  EXPECT_TRUE(following.complaint(began_us + 1000 * kUnheardMaxMs + 1));
  std::this_thread::sleep_for(std::chrono::milliseconds(5));
  following.start();
  while (following.status().at("checked_ms") == 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  following.stop();
  EXPECT_FALSE(following.complaint(began_us + 1000 * kUnheardMaxMs + 1));
}

TEST_F(LogFollowerTest, ACosignatureIsHandedInUntilItIsTaken) {
  pay(*kept_, 1);
  Unhelpful away(*client_, [](auto&) {});
  LogFollower following = follower(away);
  away.hand_in_fails = ErrorKind::unreachable;
  EXPECT_THROW(following.step(), Error);
  away.hand_in_fails = std::nullopt;
  following.step();  // nothing new on the ledger
  EXPECT_EQ(away.handed_in, 2);
  following.step();
  EXPECT_EQ(away.handed_in, 2);
  pay(*kept_, 1);
  away.hand_in_fails = ErrorKind::refused;
  following.step();
  following.step();  // not before its time
  EXPECT_EQ(away.handed_in, 3);
  pay(*kept_, 1);
  following.step();  // another one
  EXPECT_EQ(away.handed_in, 4);
}

TEST_F(LogFollowerTest, AFalseStateIsAnAlarmAtEverySize) {
  const auto signs = [&](ledger::Ledger& log, int64_t height) {
    return ledger::make_checkpoint(log.network(), log.log_tree(), {height, sha256("false")}, key_from_seed(std::string(32, 'S')).get());
  };
  Forger at_genesis(*client_, signs(*kept_, 0));
  expect_alarm(at_genesis, 0, "of the genesis");
  pay(*kept_, 2);
  Forger earlier(*client_, signs(*kept_, 1));
  expect_alarm(earlier, 1, "the state after it");  // the blocks to come
  follower().step();
  expect_alarm(earlier, 1, "the state after it");  // those that are here
  pay(*kept_, 2);
  follower().step();
  // Of a follower that is just behind, whose checkpoint's log is ours.
  LogFollower behind(*copy_, earlier, witness_, config(node_of(key_from_seed(std::string(32, 'N'))->public_key())));
  behind.step();
  ASSERT_TRUE(behind.alarm());
  EXPECT_EQ(behind.alarm()->index, 1);
}

TEST_F(LogFollowerTest, AnAlarmOutlivesTheProcess) {
  pay(*kept_, 2);
  Liar liar(*client_, [](auto& log) { log.at(1).writes[0] ^= 1; });
  {
    LogFollower following = follower(liar);
    following.step();
    ASSERT_TRUE(following.alarm());
  }
  said_.clear();
  LogFollower again = follower();
  ASSERT_TRUE(again.alarm());
  EXPECT_EQ(again.alarm()->index, 1);
  EXPECT_EQ(again.alarm()->txid, to_hex(ledger::txid_of(kept_->log(1).at(0).envelope)));
  EXPECT_EQ(again.alarm()->seen, kept_->checkpoint());
  EXPECT_EQ(said_, "alarm: " + again.alarm()->message + "\n");
  again.start();
  again.stop();
  EXPECT_EQ(copy_->size(), 0);
}

TEST_F(LogFollowerTest, WhatIsNotSignedSaysNothingOfTheLedger) {
  const auto unsigned_copy = open("unsigned", false);
  pay(*unsigned_copy, 1);
  const auto stranger = own_ledger(*unsigned_copy);
  LogFollower following = follower(*stranger);
  EXPECT_THROW(following.step(), Error);
  EXPECT_FALSE(following.alarm());
  EXPECT_EQ(copy_->size(), 0);
}

}  // namespace
}  // namespace ain::remote
