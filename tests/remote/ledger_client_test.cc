#include "remote/ledger_client.h"

#include <gtest/gtest.h>

#include "base/time.h"
#include "tests/remote/http/fixture.h"

namespace ain::remote {
namespace {

// A node that answers as it is told.
class BusyNodeTest : public testing::Test {
 protected:
  BusyNodeTest() {
    HttpServer::Config config;
    config.unix_path = folder_.path() / "run" / "node.sock";
    config.handler = [this](const HttpRequest&) {
      if (++asked_ > busy_) return json_response(200, Json::array());
      HttpResponse response = error_response(429, Error(ErrorKind::unreachable, "too many requests of one address a second", "wait 1 s"));
      response.headers.set("retry-after", after_);
      return response;
    };
    server_ = std::make_unique<HttpServer>(std::move(config));
    server_->start();
  }
  Endpoint node() const { return Endpoint::unix_socket(folder_.path() / "run" / "node.sock"); }

  TemporaryFolder folder_{"busy-node"};
  std::atomic<int> asked_ = 0, busy_ = 0;
  std::string after_ = "1";
  std::unique_ptr<HttpServer> server_;
};

TEST_F(BusyNodeTest, IsAskedAgainWhenItSaid) {
  busy_ = 1;
  const int64_t started_us = monotonic_us();
  EXPECT_TRUE(http_ledger(node())->offers().empty());
  EXPECT_EQ(asked_, 2);
  EXPECT_GE(monotonic_us() - started_us, 1'000'000);
}

TEST_F(BusyNodeTest, IsNotAskedForever) {
  busy_ = 1000;
  after_ = "60";
  EXPECT_THROW(http_ledger(node())->offers(), Error);
  EXPECT_EQ(asked_, 1);
}

TEST_F(BusyNodeTest, WaitingForItCanBeStopped) {
  busy_ = 1000;
  try {
    http_ledger(node(), [this] { return asked_ > 0; })->offers();
    FAIL() << "it was not stopped";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::stopped);
  }
  EXPECT_EQ(asked_, 1);
}

}  // namespace
}  // namespace ain::remote
