#include "remote/node/submit_queue.h"

#include <gtest/gtest.h>

#include <future>

#include "base/files.h"
#include "base/time.h"
#include "remote/node/ledger_limits.h"

namespace ain::remote {
namespace {

TEST(SubmitQueue, IsFullBySizeToo) {
  TemporaryFolder folder("submit-queue");
  const auto treasury = key_from_seed(std::string(32, 'T'));
  ledger::Genesis genesis;
  genesis.name = "test";
  genesis.sequencer = key_from_seed(std::string(32, 'S'))->public_key();
  genesis.treasury = treasury->public_key();
  genesis.supply = Amount::micro(1000);
  ledger::Ledger ledger(folder.path(), genesis);
  const std::string transfer = ledger::sign_transaction(ledger.network(), account_of(treasury->public_key()), 1, now_ms() + 60'000,
                                                        ledger::Transfer{AccountId{}, Amount::micro(1), ""}, *treasury);
  const std::string large(ledger::kEnvelopeBytesMax, 'x');
  const size_t fit = (kQueuedBytesMax - transfer.size()) / large.size();
  ASSERT_LT(fit, kQueuedMax);
  SubmitQueue queue(ledger);
  // Nothing is written while somebody else holds the ledger.
  std::promise<void> held, release;
  std::thread holder([&] {
    ledger.follow({}, [&](const auto&, const auto&) {
      held.set_value();
      release.get_future().wait();
    });
  });
  held.get_future().wait();
  EXPECT_TRUE(queue.post(transfer));
  size_t taken = 0;
  while (taken <= fit && queue.post(large)) ++taken;
  EXPECT_EQ(taken, fit);
  release.set_value();
  holder.join();
  // What has been written makes room.
  while (!queue.post(large)) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  EXPECT_EQ(ledger.size(), 1);
}

}  // namespace
}  // namespace ain::remote
