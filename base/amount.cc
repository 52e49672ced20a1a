#include "base/amount.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "base/text.h"

namespace ain {
namespace {

constexpr int kDecimals = 6;
constexpr int64_t kSecondsPerHour = 3600;

// "12.5" with at most `decimals` digits after the point, as an integer of 10^-decimals; nothing when it is not that.
std::optional<int64_t> parse_decimal(std::string_view text, int decimals) {
  const size_t point = text.find('.');
  const std::string_view whole = text.substr(0, point);
  std::string fraction(point == std::string_view::npos ? "" : text.substr(point + 1));
  if (whole.empty() || (point != std::string_view::npos && fraction.empty()) ||
      fraction.size() > static_cast<size_t>(decimals)) {
    return std::nullopt;
  }
  fraction.resize(static_cast<size_t>(decimals), '0');
  return parse_integer(std::string(whole) + fraction, 0, INT64_MAX);
}

}  // namespace

Amount Amount::operator+(Amount other) const {
  int64_t sum;
  if (__builtin_add_overflow(micro_, other.micro_, &sum)) fail(ErrorKind::failed, "an amount of money overflows");
  return micro(sum);
}

Amount Amount::operator-(Amount other) const {
  int64_t difference;
  if (__builtin_sub_overflow(micro_, other.micro_, &difference)) fail(ErrorKind::failed, "an amount of money overflows");
  return micro(difference);
}

Amount Amount::parse(std::string_view text) {
  const std::string_view given = text;
  text = trim(text);
  std::optional<int64_t> value;
  if (text.ends_with('u')) {
    value = parse_integer(text.substr(0, text.size() - 1), 0, kAmountMax);
  } else {
    if (text.ends_with("AIN")) text = trim(text.substr(0, text.size() - 3));
    value = parse_decimal(text, kDecimals);
  }
  if (!value || *value > kAmountMax) {
    fail_with_hint(ErrorKind::usage, "write 1.5 for one and a half AIN, or 1500000u for the same in µAIN",
                   "'{}' is not an amount", given.substr(0, 40));
  }
  return micro(*value);
}

std::string Amount::text() const {
  const bool negative = micro_ < 0;
  const auto magnitude = negative ? 0 - static_cast<uint64_t>(micro_) : static_cast<uint64_t>(micro_);
  std::string fraction = fmt::format("{:06}", magnitude % kMicroPerAin);
  while (!fraction.empty() && fraction.back() == '0') fraction.pop_back();
  return fmt::format("{}{}{}{} AIN", negative ? "-" : "", magnitude / kMicroPerAin, fraction.empty() ? "" : ".", fraction);
}

int64_t mul_div(int64_t value, int64_t numerator, int64_t denominator) {
  AIN_ASSERT(denominator > 0);
  const Int128 product = static_cast<Int128>(value) * numerator;
  Int128 quotient = product / denominator;
  if (product < 0 && quotient * denominator != product) --quotient;
  if (quotient > INT64_MAX || quotient < INT64_MIN) fail(ErrorKind::failed, "an amount of money overflows");
  return static_cast<int64_t>(quotient);
}

int64_t parse_percent_ppm(std::string_view text) {
  std::string_view number = trim(text);
  if (number.ends_with('%')) {
    const auto value = parse_decimal(trim(number.substr(0, number.size() - 1)), 4);
    if (value && *value <= kPpm) return *value;
  }
  fail_with_hint(ErrorKind::usage, "write it like 10% or 2.5%, between 0% and 100%", "'{}' is not a rate",
                 text.substr(0, 40));
}

namespace {

struct Price {
  int64_t amount = 0;
  bool an_hour = false;  // else a second
};

Price parse_price(std::string_view text) {
  const size_t slash = text.rfind('/');
  const std::string_view unit = slash == std::string_view::npos ? "" : trim(text.substr(slash + 1));
  if (unit != "h" && unit != "s") {
    fail_with_hint(ErrorKind::usage, "write 0.36/h for AIN an hour, or 100u/s for µAIN a second", "'{}' is not a price",
                   text.substr(0, 40));
  }
  return {Amount::parse(text.substr(0, slash)).micro(), unit == "h"};
}

}  // namespace

int64_t parse_price_per_second(std::string_view text) {
  const Price price = parse_price(text);
  if (!price.an_hour) return price.amount;
  if (price.amount % kSecondsPerHour != 0) {
    const int64_t nearest = std::max<int64_t>(1, (price.amount + kSecondsPerHour / 2) / kSecondsPerHour);
    fail_with_hint(ErrorKind::usage, fmt::format("the nearest price is {}", price_text(nearest)),
                   "the price '{}' is not a whole number of µAIN a second", text.substr(0, 40));
  }
  return price.amount / kSecondsPerHour;
}

int64_t parse_price_per_hour(std::string_view text) {
  const Price price = parse_price(text);
  return price.an_hour ? price.amount : mul_div(price.amount, kSecondsPerHour, 1);
}

std::string price_text(int64_t micro_per_second) {
  return Amount::micro(mul_div(micro_per_second, kSecondsPerHour, 1)).text() + "/h";
}

}  // namespace ain
