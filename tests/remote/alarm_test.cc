#include "remote/alarm.h"

#include <gtest/gtest.h>

#include "base/files.h"
#include "ledger/limits.h"

namespace ain::remote {
namespace {

TEST(AlarmFile, TheLargestIsReadAgain) {
  TemporaryFolder folder("alarm");
  const auto file = folder.path() / "alarm.json";
  EXPECT_FALSE(raised_alarm(file));
  const std::string largest(ledger::kCheckpointBytesMax, '\n');  // in JSON twice as long
  write_alarm(file, {7, std::string(64, 'f'), std::string(4000, '"'), largest, largest, 5});
  const auto alarm = raised_alarm(file);
  ASSERT_TRUE(alarm);
  EXPECT_EQ(alarm->held, largest);
  EXPECT_EQ(alarm->seen, largest);
  EXPECT_EQ(alarm->index, 7);
}

}  // namespace
}  // namespace ain::remote
