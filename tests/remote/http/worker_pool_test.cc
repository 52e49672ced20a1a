#include "remote/http/worker_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <memory>

namespace ain::remote {
namespace {

TEST(WorkerPool, RunsAndQueuesNoMoreThanItsLimits) {
  std::promise<void> gate;
  const std::shared_future<void> open = gate.get_future().share();
  std::atomic<int> done{0};
  WorkerPool pool(2, 3);
  int taken = 0;
  for (int i = 0; i < 20; ++i) {
    taken += pool.try_post([&] {
      open.wait();
      ++done;
    });
  }
  EXPECT_EQ(taken, 5);
  gate.set_value();
  while (done < 5) std::this_thread::yield();
  EXPECT_TRUE(pool.try_post([&] { ++done; }));
  while (done < 6) std::this_thread::yield();
}

TEST(WorkerPool, StopDropsWhatWaitsAndWaitsForWhatRuns) {
  std::promise<void> gate, started;
  const std::shared_future<void> open = gate.get_future().share();
  std::atomic<bool> finished{false}, second_ran{false};
  const auto held = std::make_shared<int>(1);
  WorkerPool pool(1, 1);
  ASSERT_TRUE(pool.try_post([&] {
    started.set_value();
    open.wait();
    finished = true;
  }));
  started.get_future().wait();
  ASSERT_TRUE(pool.try_post([&, held] { second_ran = true; }));
  std::thread stopper([&] { pool.stop(); });
  while (held.use_count() > 1) std::this_thread::yield();
  gate.set_value();
  stopper.join();
  EXPECT_TRUE(finished);
  EXPECT_FALSE(second_ran);
  EXPECT_FALSE(pool.try_post([] {}));
}

}  // namespace
}  // namespace ain::remote
