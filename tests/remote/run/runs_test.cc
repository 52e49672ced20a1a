#include "remote/run/runs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/files.h"

namespace ain::remote {
namespace {

TEST(Runs, AreFoundByTheBeginningOfTheirId) {
  const TemporaryFolder folder("ain-runs-test");
  RunStore store(folder.path());
  for (const char* id : {"abcd01234567", "abcd11234567", "ffff01234567"}) {
    RunRow row;
    row.id = id;
    store.insert(row);
  }
  EXPECT_EQ(store.get("abcd01234567").id, "abcd01234567");
  EXPECT_EQ(store.get("ffff").id, "ffff01234567");
  EXPECT_EQ(store.get("abcd1").id, "abcd11234567");
  EXPECT_FALSE(store.find("eeee"));
  try {
    store.get("abcd");
    FAIL() << "was found";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::usage);
    EXPECT_THAT(error.hint(), testing::HasSubstr("abcd01234567, abcd11234567"));
  }
  EXPECT_THROW(store.get("fff"), Error);
  EXPECT_THROW(store.get("no-id"), Error);
}

}  // namespace
}  // namespace ain::remote
