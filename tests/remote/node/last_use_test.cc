#include "remote/node/last_use.h"

#include <gtest/gtest.h>

#include <thread>

namespace ain::remote {
namespace {

TEST(LastUse, AnOpenStreamIsUse) {
  LastUse use;
  int read = 0;
  const BodyStream stream = use.touched_by([&](std::string& chunk) {
    chunk = "x";
    return ++read < 2;
  });
  std::this_thread::sleep_for(std::chrono::milliseconds(30));
  EXPECT_GE(use.age_ms(), 30);
  std::string chunk;
  const int64_t before_us = monotonic_us();
  EXPECT_TRUE(stream(chunk));
  EXPECT_LE(use.age_ms(), (monotonic_us() - before_us) / 1000 + 1);
  EXPECT_EQ(chunk, "x");
  EXPECT_FALSE(stream(chunk));
}

}  // namespace
}  // namespace ain::remote
