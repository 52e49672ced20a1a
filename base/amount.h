// Money: int64 µAIN, every operation checked, no float anywhere. 1 AIN = 1 000 000 µAIN. The supply of a network never
// passes 2^53 - 1 µAIN, so every JSON reader holds every amount exactly.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ain {

inline constexpr int64_t kMicroPerAin = 1'000'000;
inline constexpr int64_t kAmountMax = (int64_t{1} << 53) - 1;
inline constexpr int64_t kPpm = 1'000'000;  // rates are parts per million

// A sum of money, 0..kAmountMax in every stored or sent place; arithmetic that would leave int64 throws `failed`.
class Amount {
 public:
  constexpr Amount() = default;
  static constexpr Amount micro(int64_t value) { Amount a; a.micro_ = value; return a; }
  constexpr int64_t micro() const { return micro_; }

  auto operator<=>(const Amount&) const = default;
  Amount operator+(Amount other) const;
  Amount operator-(Amount other) const;
  Amount& operator+=(Amount other) { return *this = *this + other; }
  Amount& operator-=(Amount other) { return *this = *this - other; }

  // "1.5" or "1.5 AIN" or "1500000u"; at most six decimals; throws `usage`.
  static Amount parse(std::string_view text);
  std::string text() const;  // "1.5 AIN"

 private:
  int64_t micro_ = 0;
};

__extension__ using Int128 = __int128;  // for products of amounts

// floor(value * numerator / denominator) through __int128; throws `failed` when the result leaves int64.
int64_t mul_div(int64_t value, int64_t numerator, int64_t denominator);

// "10%" or "2.5 %" -> parts per million; throws `usage`.
int64_t parse_percent_ppm(std::string_view text);
// "0.36/h" (AIN an hour) or "100u/s" -> µAIN a second, which must come out whole; throws `usage` naming the nearest.
int64_t parse_price_per_second(std::string_view text);
// A limit as people write it, "0.1/h" or "100u/s" -> µAIN an hour: not every one is whole in seconds, and none is rounded.
int64_t parse_price_per_hour(std::string_view text);
std::string price_text(int64_t micro_per_second);  // "0.36 AIN/h"

}  // namespace ain
