#include "cli/line_ranges.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"

namespace ain::cli {
namespace {

using Pairs = std::vector<std::pair<uint32_t, uint32_t>>;

Pairs ranges(const std::vector<std::string>& words, std::string_view text = "one\ntwo\nthree\ntwo\nfive\n") {
  Pairs result;
  for (const LineRange& range : line_ranges(words, lines_of(text), "file")) result.emplace_back(range.first, range.last);
  return result;
}

TEST(LineRanges, LinesEndWithTheirNewline) {
  EXPECT_EQ(lines_of(""), std::vector<std::string_view>{});
  EXPECT_EQ(lines_of("a\n\nb"), (std::vector<std::string_view>{"a\n", "\n", "b"}));
}

TEST(LineRanges, AreGits) {
  EXPECT_EQ(ranges({}), (Pairs{{1, 5}}));
  EXPECT_EQ(ranges({"2,3"}), (Pairs{{2, 3}}));
  EXPECT_EQ(ranges({"3,2"}), (Pairs{{2, 3}}));
  EXPECT_EQ(ranges({"2"}), (Pairs{{2, 5}}));
  EXPECT_EQ(ranges({",2"}), (Pairs{{1, 2}}));
  EXPECT_EQ(ranges({"2,+2"}), (Pairs{{2, 3}}));
  EXPECT_EQ(ranges({"4,-2"}), (Pairs{{3, 4}}));
  EXPECT_EQ(ranges({"2,-9"}), (Pairs{{1, 2}}));
  EXPECT_EQ(ranges({"4,99"}), (Pairs{{4, 5}}));
  EXPECT_EQ(ranges({"/two/"}), (Pairs{{2, 5}}));
  EXPECT_EQ(ranges({"/two/,/two/"}), (Pairs{{2, 4}}));
  EXPECT_EQ(ranges({"/^t/,+1"}), (Pairs{{2, 2}}));
}

TEST(LineRanges, AnExpressionIsSearchedAfterTheRangeBefore) {
  EXPECT_EQ(ranges({"/two/,+1", "/two/,+1"}), (Pairs{{2, 2}, {4, 4}}));
  EXPECT_EQ(ranges({"3,4", "^/two/,+1"}), (Pairs{{2, 4}}));
  EXPECT_EQ(ranges({"4,5", "1,1"}), (Pairs{{1, 1}, {4, 5}}));
}

TEST(LineRanges, WhatIsNoneIsRefused) {
  for (const char* word : {"0", "0,3", "a", "2,+0", "2,3,4", "/open", "/(/\\", "2,+", ":name"}) {
    EXPECT_THROW(ranges({word}), Error) << word;
  }
  EXPECT_THROW(ranges({"6"}), Error);
  EXPECT_THROW(ranges({"1"}, ""), Error);
  EXPECT_EQ(ranges({}, "").size(), 1u);
}

}  // namespace
}  // namespace ain::cli
