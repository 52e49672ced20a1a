#include "remote/node/rate_limiter.h"

#include <gtest/gtest.h>

namespace ain::remote {
namespace {

constexpr int64_t kSecond = 1'000'000;

TEST(RateLimiter, ABurstThenTheRate) {
  RateLimiter limiter(10, 20, 100);
  int64_t now = 5 * kSecond;
  for (int i = 0; i < 20; ++i) EXPECT_EQ(limiter.take("a", 1, now), 0) << i;
  EXPECT_EQ(limiter.take("a", 1, now), 1);
  EXPECT_EQ(limiter.take("b", 1, now), 0);  // everybody has an own one
  now += kSecond;
  for (int i = 0; i < 10; ++i) EXPECT_EQ(limiter.take("a", 1, now), 0) << i;
  EXPECT_EQ(limiter.take("a", 1, now), 1);
  now += 1000 * kSecond;
  for (int i = 0; i < 20; ++i) EXPECT_EQ(limiter.take("a", 1, now), 0) << i;
  EXPECT_EQ(limiter.take("a", 1, now), 1);
  EXPECT_EQ(limiter.take("a", 1, now - 3 * kSecond), 1);  // a clock that goes back gives nothing
}

TEST(RateLimiter, WhatIsOwedIsWaitedFor) {
  RateLimiter limiter(10, 20, 100);
  EXPECT_EQ(limiter.take("a", 120, 0), 0);
  EXPECT_EQ(limiter.take("a", 1, 0), 10);
  EXPECT_EQ(limiter.take("a", 0, 9 * kSecond), 1);
  EXPECT_EQ(limiter.take("a", 0, 11 * kSecond), 0);
  EXPECT_EQ(RateLimiter(0, 0, 1).take("a", 1'000'000, 0), 0);  // no limit
}

TEST(RateLimiter, StrangersShareOneBucketWhenThereAreTooMany) {
  RateLimiter limiter(1, 2, 3);
  for (const char* name : {"a", "b", "c"}) EXPECT_EQ(limiter.take(name, 1, 0), 0);
  EXPECT_EQ(limiter.take("d", 1, 0), 0);
  EXPECT_EQ(limiter.take("e", 1, 0), 0);
  EXPECT_EQ(limiter.take("f", 1, 0), 1);   // d, e and f have one
  EXPECT_EQ(limiter.take("a", 1, 0), 0);   // who was there first has an own one
  EXPECT_EQ(limiter.take("f", 1, 5 * kSecond), 0);  // full ones have made room
  EXPECT_EQ(limiter.take("f", 1, 5 * kSecond), 0);
  EXPECT_EQ(limiter.take("g", 1, 5 * kSecond), 0);
}

}  // namespace
}  // namespace ain::remote
