#include "ledger/replay.h"

#include "base/encoding.h"
#include "base/error.h"
#include "ledger/log.h"
#include "tests/ledger/world.h"

namespace ain::ledger {
namespace {

class ReplayTest : public testing::Test {
 protected:
  ReplayTest() {
    const Attribution attribution = world_.attribution({{world_.author.account.text(), 1}});
    const Digest id = world_.open_escrow(attribution, true);
    world_.must(world_.provider, Settle{id, world_.note(id, 10'000'000), world_.voucher(id, 360'000)});
    log_ = world_.ledger->log(0);
  }
  // What the replay says of the log as it is now; empty: it holds.
  std::string told() const {
    Replay replay(World::genesis());
    try {
      for (const LogEntry& entry : log_) replay.apply(entry);
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::verification);
      return error.message();
    }
    return "";
  }

  World world_;
  std::vector<LogEntry> log_;
};

TEST_F(ReplayTest, ComesToTheRootsOfTheKeeper) {
  Replay replay(World::genesis());
  for (const LogEntry& entry : log_) replay.apply(entry);
  EXPECT_EQ(replay.height(), world_.ledger->height());
  EXPECT_EQ(replay.root(), world_.ledger->root());
  const auto checkpoint = open_checkpoint(world_.ledger->checkpoint(), world_.ledger->network(), World::genesis().sequencer);
  EXPECT_EQ(replay.log_root(), checkpoint->root);
}

TEST_F(ReplayTest, NamesTheFirstTransactionThatIsNotAsClaimed) {
  const std::string second = fmt::format("transaction 2 ({})", to_hex(log_[1].txid));
  const std::vector<LogEntry> good = log_;
  log_[1].root[0] ^= 1;
  EXPECT_NE(told().find(second), std::string::npos);
  log_ = good;
  log_[1].envelope[log_[1].envelope.size() / 2] ^= 1;
  EXPECT_NE(told().find(second), std::string::npos);
  log_ = good;
  log_[1].time_ms = 0;
  EXPECT_NE(told().find(second), std::string::npos);
  log_ = good;
  log_.erase(log_.begin());
  EXPECT_NE(told().find("transaction 1 is missing"), std::string::npos);
  log_ = good;
  EXPECT_EQ(told(), "");
}

TEST_F(ReplayTest, AForgedTransactionIsRefused) {
  // A keeper who makes up a transaction and the root that would follow from it.
  World other;
  const Actor forger('F');
  log_[0].envelope = sign_transaction(other.ledger->network(), world_.treasury.account, 1, kStartMs + kHourMs,
                                      Transfer{forger.account, Amount::micro(1), ""}, *forger.signer);
  log_[0].txid = txid_of(log_[0].envelope);
  EXPECT_NE(told().find("transaction 1 ("), std::string::npos);
}

}  // namespace
}  // namespace ain::ledger
