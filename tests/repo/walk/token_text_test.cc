#include "repo/walk/token_text.h"

#include <gtest/gtest.h>

#include "tests/repo/walk/texts.h"

namespace ain::repo {
namespace {

uint64_t matched(const std::string& before, const std::string& after) {
  int64_t work = 0;
  uint64_t count = 0;
  for (const Match& match : match_tokens(*token_text(before), *token_text(after), work)) count += match.count;
  return count;
}

TEST(TokenText, LinesThatChangedPlacesTakeTheFirstThatIsFree) {
  int64_t work = 0;
  const auto before = token_text("one two three\nx y z\nx y z\n");
  const auto after = token_text("x y z\nx y z\nx y z\none two three\n");
  const Matches expected = {{3, 0, 3}, {6, 3, 3}, {0, 9, 3}};
  EXPECT_EQ(match_tokens(*before, *after, work), expected);
}

// A line that stays keeps all the others, which are one line many times, out of order.
TEST(TokenText, ManyEqualLinesThatChangedPlacesEndSoon) {
  constexpr size_t kLines = 400'000;
  const std::string many = repeated("x y z\n", kLines);
  EXPECT_EQ(matched("one two three\n" + many, many + "one two three\n"), 3 * (kLines + 1));
}

}  // namespace
}  // namespace ain::repo
