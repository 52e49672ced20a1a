#include "base/amount.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <random>

#include "base/attribution.h"
#include "base/error.h"

namespace ain {
namespace {

TEST(Amount, ParsesBothSpellingsAndNothingElse) {
  EXPECT_EQ(Amount::parse("1.5").micro(), 1'500'000);
  EXPECT_EQ(Amount::parse("1500000u").micro(), 1'500'000);
  EXPECT_EQ(Amount::parse("0.000001 AIN").micro(), 1);
  EXPECT_EQ(Amount::parse("9007199254.740991").micro(), kAmountMax);
  for (const char* bad : {"", "-1", "1.", ".5", "1.0000001", "1,5", "1e3", "9007199254.740992", "0x10", "1u5", "+1", "1 5",
                          "99999999999999999999"}) {
    EXPECT_THROW(Amount::parse(bad), Error) << bad;
  }
  EXPECT_EQ(Amount::micro(1'500'000).text(), "1.5 AIN");
  EXPECT_EQ(Amount::micro(0).text(), "0 AIN");
  EXPECT_EQ(Amount::micro(-1).text(), "-0.000001 AIN");
}

TEST(Amount, ArithmeticIsChecked) {
  EXPECT_THROW(Amount::micro(INT64_MAX) + Amount::micro(1), Error);
  EXPECT_THROW(Amount::micro(INT64_MIN) - Amount::micro(1), Error);
  EXPECT_EQ(mul_div(kAmountMax, kAmountMax, kAmountMax), kAmountMax);
  EXPECT_EQ(mul_div(-1, 1, 2), -1);  // floors, as the comment says
  EXPECT_THROW(mul_div(INT64_MAX, 2, 1), Error);
}

TEST(Amount, PricesAndRates) {
  EXPECT_EQ(parse_price_per_second("0.36/h"), 100);
  EXPECT_EQ(parse_price_per_second("100u/s"), 100);
  EXPECT_EQ(parse_price_per_hour("0.1/h"), 100'000);  // not rounded to whole µAIN a second
  EXPECT_EQ(parse_price_per_hour("100u/s"), 360'000);
  EXPECT_EQ(price_text(100), "0.36 AIN/h");
  EXPECT_EQ(parse_percent_ppm("10%"), 100'000);
  EXPECT_EQ(parse_percent_ppm("2.5 %"), 25'000);
  for (const char* bad : {"10", "101%", "-1%", "%", "0.00001%"}) EXPECT_THROW(parse_percent_ppm(bad), Error) << bad;
  try {
    parse_price_per_second("0.01/h");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.hint(), "the nearest price is 0.0108 AIN/h");
  }
}

TEST(Split, SumsExactlyAndIgnoresOrder) {
  std::mt19937_64 random(7);
  for (int round = 0; round < 2000; ++round) {
    std::vector<Payee> payees;
    const size_t count = 1 + random() % 12;
    for (size_t i = 0; i < count; ++i) {
      payees.push_back({"p" + std::to_string(i), static_cast<int64_t>(random() % (round % 2 ? 5 : kWeightMax))});
    }
    payees[0].weight += 1;
    const auto total = static_cast<int64_t>(random() % kAmountMax);
    const auto amounts = split_by_weight(total, payees);
    EXPECT_EQ(std::accumulate(amounts.begin(), amounts.end(), int64_t{0}), total);
    std::vector<Payee> shuffled = payees;
    std::shuffle(shuffled.begin(), shuffled.end(), random);
    const auto again = split_by_weight(total, shuffled);
    for (size_t i = 0; i < shuffled.size(); ++i) {
      const size_t original = static_cast<size_t>(std::stoi(shuffled[i].id.substr(1)));
      EXPECT_EQ(again[i], amounts[original]);
    }
  }
  EXPECT_TRUE(split_by_weight(5, {}).empty());
  EXPECT_EQ(split_by_weight(1, {{"b", 1}, {"a", 1}}), (std::vector<int64_t>{0, 1}));  // the tie goes to the smaller id
}

}  // namespace
}  // namespace ain
