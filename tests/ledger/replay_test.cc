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
    world_.must(world_.provider, Settle{id, world_.voucher(id, 10'000'000), ""});
    // A block of three.
    std::vector<std::string> envelopes{world_.sign(world_.treasury, Transfer{world_.other.account, micro(5), ""}), world_.sign(world_.stranger, Faucet{}),
                                       world_.sign(world_.author, std::vector<Body>{Faucet{}, Transfer{world_.other.account, micro(5), ""}})};
    for (const Applied& applied : world_.ledger->submit(envelopes, world_.time_ms)) EXPECT_EQ(applied.refusal, Refusal::none);
    log_ = world_.ledger->log(0);
  }
  // What the replay says of the log as it is now; empty: it holds.
  std::string told() const {
    Replay replay(World::genesis());
    try {
      replay.apply(log_);
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::verification);
      return error.message();
    }
    return "";
  }
  std::string name_of(size_t index) const { return fmt::format("transaction {} ({})", index, to_hex(txid_of(log_[index].envelope))); }

  World world_;
  std::vector<LogEntry> log_;
};

TEST_F(ReplayTest, ComesToTheRootsOfTheKeeper) {
  Replay replay(World::genesis());
  std::string between;
  for (const LogEntry& entry : log_) {
    replay.apply({&entry, 1});
    between += replay.between_blocks() ? '|' : '.';
  }
  EXPECT_EQ(between, "|||||..|");
  EXPECT_EQ(replay.height(), world_.ledger->height());
  EXPECT_EQ(replay.size(), world_.ledger->size());
  EXPECT_EQ(replay.root(), world_.ledger->root());
  const auto checkpoint = open_checkpoint(world_.ledger->checkpoint(), world_.ledger->network(), World::genesis().sequencer);
  EXPECT_EQ(replay.log_root(), checkpoint->root);
  EXPECT_EQ(replay.root(), checkpoint->state.root);
  EXPECT_EQ(replay.height(), checkpoint->state.height);
}

TEST_F(ReplayTest, NamesTheFirstTransactionThatIsNotAsClaimed) {
  const std::vector<LogEntry> good = log_;
  const std::vector<std::pair<size_t, std::function<void()>>> changes{
      {1, [&] { (*log_[1].root)[0] ^= 1; }},
      {1, [&] { log_[1].writes[0] ^= 1; }},
      {1, [&] { log_[1].time_ms = 0; }},
      {1, [&] { log_[1].height = 1; }},
      {1, [&] { log_[1].height = 3; }},
      {6, [&] { log_[6].time_ms += 1; }},            // not its block's
      {6, [&] { log_[6].height += 1; }},
      {5, [&] { log_[5].root = *log_[7].root; log_[6].height += 1; log_[7].height += 1; }},  // another block, whose root is not that
      {6, [&] { log_.erase(log_.begin() + 5); }},
  };
  for (size_t i = 0; i < changes.size(); ++i) {
    log_ = good;
    changes[i].second();
    const std::string said = told();
    EXPECT_NE(said.find(fmt::format("transaction {} (", changes[i].first)), std::string::npos) << i << ": " << said;
  }
  log_ = good;
  log_[1].envelope[log_[1].envelope.size() / 2] ^= 1;
  EXPECT_NE(told().find(name_of(1)), std::string::npos);
  log_ = good;
  log_.erase(log_.begin());
  EXPECT_NE(told().find("transaction 0 is missing"), std::string::npos);
  log_ = good;
  EXPECT_EQ(told(), "");
}

TEST_F(ReplayTest, AForgedTransactionIsRefused) {
  // A keeper who makes up a transaction and the rows that would follow from it.
  const Actor forger('F');
  log_[0].envelope = sign_transaction(world_.ledger->network(), world_.treasury.account, 1, kStartMs + kHourMs,
                                      Transfer{forger.account, micro(1), ""}, *forger.signer);
  EXPECT_NE(told().find("transaction 0 ("), std::string::npos);
}

}  // namespace
}  // namespace ain::ledger
