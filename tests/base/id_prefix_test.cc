#include "base/id_prefix.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "base/error.h"

namespace ain {
namespace {

using testing::HasSubstr;
using testing::Not;

Error error_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    return error;
  }
  ADD_FAILURE() << "nothing was thrown";
  return Error(ErrorKind::bug, "");
}

TEST(IdPrefix, HasFourHexDigitsAtLeast) {
  EXPECT_NO_THROW(check_id_prefix("run", "0123", 12));
  EXPECT_NO_THROW(check_id_prefix("run", "0123456789ab", 12));
  for (const char* wrong : {"", "012", "0123456789abc", "012g", "ABCD", "01 23"}) {
    EXPECT_EQ(error_of([&] { check_id_prefix("run", wrong, 12); }).kind(), ErrorKind::usage) << wrong;
  }
}

TEST(IdPrefix, MeansOneIdOrSaysWhichItCouldMean) {
  EXPECT_EQ(only_match("run", "abcd", {}), std::nullopt);
  EXPECT_EQ(only_match("run", "abcd", {"abcd01"}), "abcd01");
  Error error = error_of([] { only_match("run", "abcd", {"abcd01", "abcd02"}); });
  EXPECT_EQ(error.kind(), ErrorKind::usage);
  EXPECT_EQ(error.message(), "more than one run begins with 'abcd'");
  EXPECT_THAT(error.hint(), HasSubstr("abcd01, abcd02"));
  error = error_of([] { only_match("run", "abcd", {"abcd1", "abcd2", "abcd3", "abcd4", "abcd5", "abcd6"}); });
  EXPECT_THAT(error.hint(), HasSubstr("abcd4, abcd5, …"));
  EXPECT_THAT(error.hint(), Not(HasSubstr("abcd6")));
}

}  // namespace
}  // namespace ain
