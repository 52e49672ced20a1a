#include "remote/node/rate_limiter.h"

#include <algorithm>

namespace ain::remote {
namespace {

constexpr int64_t kToken = 1'000'000;           // in micro-tokens, so that `per_second` of them come in a microsecond
constexpr int64_t kSweepEveryUs = 1'000'000;
constexpr int64_t kElapsedMaxUs = 3600 * kToken;  // after so long every bucket is full

}  // namespace

void RateLimiter::fill(Bucket& bucket, int64_t now_us) const {
  const int64_t elapsed_us = std::clamp<int64_t>(now_us - bucket.at_us, 0, kElapsedMaxUs);
  bucket.micro_tokens = std::min(burst_ * kToken, bucket.micro_tokens + elapsed_us * per_second_);
  bucket.at_us = now_us;
}

RateLimiter::Bucket& RateLimiter::bucket_of(const std::string& name, int64_t now_us) {
  if (const auto found = buckets_.find(name); found != buckets_.end()) return found->second;
  const Bucket full{burst_ * kToken, now_us};
  if (buckets_.size() < keys_max_) return buckets_.emplace(name, full).first->second;
  if (now_us - swept_us_ >= kSweepEveryUs) sweep(now_us);
  return buckets_.emplace(buckets_.size() < keys_max_ ? name : std::string(), full).first->second;
}

void RateLimiter::sweep(int64_t now_us) {
  swept_us_ = now_us;
  std::erase_if(buckets_, [&](const auto& each) {
    Bucket bucket = each.second;
    fill(bucket, now_us);
    return bucket.micro_tokens == burst_ * kToken;
  });
}

int64_t RateLimiter::take(const std::string& name, int64_t count, int64_t now_us) {
  if (per_second_ == 0) return 0;
  const std::lock_guard lock(mutex_);
  Bucket& bucket = bucket_of(name, now_us);
  fill(bucket, now_us);
  if (bucket.micro_tokens < kToken) return std::max<int64_t>(1, (kToken - bucket.micro_tokens) / (per_second_ * kToken));
  bucket.micro_tokens -= count * kToken;
  return 0;
}

}  // namespace ain::remote
