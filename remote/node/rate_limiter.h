// Token buckets by name: how often something may happen for each of many, with a bound on how many are told apart.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>

namespace ain::remote {

class RateLimiter {
 public:
  // `per_second` on average and `burst` at once; per_second 0: no limit. At most `keys_max` names are told apart: while so many have a bucket
  // that is not full, others share one.
  RateLimiter(int64_t per_second, int64_t burst, size_t keys_max) : per_second_(per_second), burst_(burst), keys_max_(keys_max) {}

  // Takes `count` tokens of that name's bucket where one is left; it may owe the rest. Else the seconds until there is one, at least 1.
  int64_t take(const std::string& name, int64_t count, int64_t now_us);

 private:
  struct Bucket {
    int64_t micro_tokens = 0;
    int64_t at_us = 0;
  };
  Bucket& bucket_of(const std::string& name, int64_t now_us);
  void sweep(int64_t now_us);
  void fill(Bucket& bucket, int64_t now_us) const;

  const int64_t per_second_, burst_;
  const size_t keys_max_;
  std::mutex mutex_;
  int64_t swept_us_ = INT64_MIN / 2;
  std::map<std::string, Bucket> buckets_;  // a full one and one that is not there are the same
};

}  // namespace ain::remote
