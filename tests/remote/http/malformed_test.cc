// What no client of ours would send: each is refused with its status, or the connection is closed; the server
// lives on.
#include "tests/remote/http/fixture.h"

namespace ain::remote {
namespace {

class MalformedTest : public ServerTest {
 protected:
  RawSocket connect() { return RawSocket::connect_unix(local().unix_path); }
  // The status of the only answer; 0 when the connection was closed without one.
  int status_of(std::string_view bytes) {
    RawSocket socket = connect();
    socket.send(bytes);
    const std::string answer = socket.receive();
    EXPECT_TRUE(socket.closed()) << bytes.substr(0, 200);
    EXPECT_EQ(answer.find("server: ain"), answer.rfind("server: ain")) << "a second answer: " << answer;
    return answer.starts_with("HTTP/1.1 ") ? std::stoi(answer.substr(9, 3)) : 0;
  }
  void expect_alive() { EXPECT_EQ(HttpClient(local()).request({"GET", "/echo"}).status, 200); }
};

TEST_F(MalformedTest, AmbiguousLengthsAreRefused) {
  start();
  const std::string start_line = "POST /echo HTTP/1.1\r\nhost: x\r\n";
  const std::string smuggled = "0\r\n\r\nGET /secret HTTP/1.1\r\nhost: x\r\n\r\n";
  for (const char* fields : {
           "content-length: 5\r\ntransfer-encoding: chunked\r\n",
           "transfer-encoding: chunked\r\ncontent-length: 5\r\n",
           "content-length: 5\r\ncontent-length: 6\r\n",
           "content-length: 5\r\ncontent-length: 5\r\n",
           "content-length: 5, 5\r\n",
           "content-length: +5\r\n",
           "content-length: -1\r\n",
           "content-length: 0x5\r\n",
           "content-length: 99999999999999999999999\r\n",
           "content-length :5\r\n",
           "content-length: 5\ntransfer-encoding: chunked\r\n",
           "transfer-encoding: chunked\r\ntransfer-encoding: identity\r\n",
           "transfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n",
           "transfer-encoding: chunked, identity\r\n",
           "transfer-encoding: gzip, chunked\r\n",
           "transfer-encoding: xchunked\r\n",
           "transfer-encoding:\x0b"
           "chunked\r\n",
       }) {
    const int status = status_of(start_line + fields + "\r\n" + smuggled);
    EXPECT_TRUE(status == 400 || status == 501 || status == 413) << fields << status;
  }
  EXPECT_EQ(log().find("swordfish"), std::string::npos);  // the smuggled request was never served
  expect_alive();
}

TEST_F(MalformedTest, BadChunksAreRefused) {
  start();
  const std::string head = "POST /echo HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n";
  for (const char* body : {"zz\r\n", "-1\r\nx\r\n", "5\nhello\r\n0\r\n\r\n", "5\r\nhelloXX0\r\n\r\n",
                           "ffffffffffffffffff\r\nx", "\r\n\r\n", "0x5\r\nhello\r\n0\r\n\r\n"}) {
    EXPECT_EQ(status_of(head + body), 400) << body;
  }
  EXPECT_EQ(status_of(head + "5;" + std::string(200'000, 'e')), 400);  // an endless chunk extension
  expect_alive();
}

TEST_F(MalformedTest, ChunkedBodiesWorkAndAreLimited) {
  start();
  const std::string head =
      "POST /echo HTTP/1.1\r\nhost: x\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n";
  RawSocket socket = connect();
  for (const char c : head + "5;x=y\r\nhello\r\n1\r\n!\r\n0\r\ntrailer: 1\r\n\r\n") {
    ASSERT_TRUE(socket.send(std::string_view(&c, 1)));
  }
  EXPECT_NE(socket.receive().find(R"("body":"hello!")"), std::string::npos);
  EXPECT_EQ(status_of(head + "20000\r\n" + std::string(0x20000, 'x') + "\r\n0\r\n\r\n"), 413);
  EXPECT_EQ(status_of(head + "fffffffffffffff\r\n" + std::string(0x20000, 'x')), 413);
  expect_alive();
}

TEST_F(MalformedTest, HeadersAreLimited) {
  start();
  EXPECT_EQ(status_of("GET /echo HTTP/1.1\r\nhost: x\r\nx: " + std::string(100'000, 'a')), 431);
  std::string many = "GET /echo HTTP/1.1\r\nhost: x\r\n";
  for (int i = 0; i < 10'000; ++i) many += "a: b\r\n";
  EXPECT_EQ(status_of(many + "\r\n"), 431);
  const int target = status_of("GET /" + std::string(9000, 'a') + " HTTP/1.1\r\nhost: x\r\n\r\n");
  EXPECT_EQ(target, 400);
  expect_alive();
}

TEST_F(MalformedTest, WhatIsNotHttpIsRefused) {
  start();
  for (const char* bytes :
       {"hello\r\n\r\n", "GET /echo\r\n\r\n", "GET /echo HTTP/2.0\r\n\r\n",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "GET /echo HTTP/1.1\r\nhost: x\r\nbad field: 1\r\n\r\n",
        "GET /echo HTTP/1.1\r\nhost: x\r\n: 1\r\n\r\n", "GET  /echo HTTP/1.1\r\nhost: x\r\n\r\n",
        "GET /echo HTTP/1.1\nhost: x\n\n",
        "GET /echo HTTP/1.1\r\nhost: x\r\nx: a\x01"
        "b\r\n\r\n",
        "GET /echo HTTP/1.1\r\n\r\n", "GET /echo HTTP/1.1\r\nhost: x\r\nhost: y\r\n\r\n",
        "GET /../echo HTTP/1.1\r\nhost: x\r\n\r\n", "GET http://x/echo HTTP/1.1\r\nhost: x\r\n\r\n",
        "OPTIONS * HTTP/1.1\r\nhost: x\r\n\r\n", "GET /%00 HTTP/1.1\r\nhost: x\r\n\r\n"}) {
    EXPECT_EQ(status_of(bytes), 400) << bytes;
  }
  EXPECT_EQ(status_of("GET /echo HTTP/1.0\r\nhost: x\r\n\r\n"), 505);
  EXPECT_EQ(status_of("TRACE /echo HTTP/1.1\r\nhost: x\r\n\r\n"), 501);
  EXPECT_EQ(status_of("CONNECT a:1 HTTP/1.1\r\nhost: x\r\n\r\n"), 501);
  EXPECT_EQ(status_of("POST /echo HTTP/1.1\r\nhost: x\r\nexpect: magic\r\ncontent-length: 1\r\n\r\nx"), 417);
  expect_alive();
}

TEST_F(MalformedTest, PipelinedRequestsAreAnsweredInOrder) {
  start();
  RawSocket socket = connect();
  std::string all;
  for (int i = 0; i < 20; ++i) all += fmt::format("GET /echo?i={} HTTP/1.1\r\nhost: x\r\n\r\n", i);
  all += "GET /numbers?count=2 HTTP/1.1\r\nhost: x\r\n\r\n";
  all += "GET /echo?i=last HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
  ASSERT_TRUE(socket.send(all));
  const std::string answers = socket.receive();
  EXPECT_TRUE(socket.closed());
  size_t at = 0;
  for (int i = 0; i < 20; ++i) {
    at = answers.find(fmt::format(R"("i":"{}")", i), at);
    ASSERT_NE(at, std::string::npos) << i;
  }
  EXPECT_GT(answers.find(R"("i":"last")"), answers.find("2\r\n0\n\r\n2\r\n1\n\r\n0\r\n\r\n"));
}

TEST_F(MalformedTest, ContinueIsSaidOnlyWhereTheBodyIsWanted) {
  start();
  RawSocket socket = connect();
  ASSERT_TRUE(
      socket.send("POST /echo HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\ncontent-length: 2\r\n\r\n"));
  EXPECT_EQ(socket.receive("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  ASSERT_TRUE(socket.send("hi"));
  EXPECT_NE(socket.receive(R"("body":"hi")").find("200 OK"), std::string::npos);
  EXPECT_EQ(
      status_of("POST /echo HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\ncontent-length: 999999\r\n\r\n"),
      413);
}

class SlowTest : public MalformedTest {
 protected:
  void start_impatient() {
    HttpServer::Config given = config();
    given.limits.handshake = given.limits.header = given.limits.idle = given.limits.read =
        ServerLimits::Seconds(0.2);
    given.limits.write = ServerLimits::Seconds(0.5);
    start(given);
  }
};

TEST_F(SlowTest, SlowHeadersAndBodiesAreCut) {
  start_impatient();
  EXPECT_EQ(status_of("GET /echo HTTP/1.1\r\nhos"), 408);
  EXPECT_EQ(status_of("POST /echo HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\nhal"), 408);
  EXPECT_EQ(status_of(""), 0);  // idle: closed without a word
  expect_alive();
}

TEST_F(SlowTest, ATrickleIsCutToo) {
  start_impatient();
  RawSocket socket = connect();
  ASSERT_TRUE(socket.send("POST /upload HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n\r\n"));
  int sent = 0;
  while (sent < 100 && socket.send("x")) {
    ++sent;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    if (!socket.receive("\r\n\r\n", std::chrono::milliseconds(10)).empty()) break;
  }
  EXPECT_LT(sent, 60);  // a byte every 20 ms is below the rate, however steady
  expect_alive();
}

TEST_F(SlowTest, AHandshakeThatDoesNotComeIsCut) {
  start_impatient();
  RawSocket silent = RawSocket::connect_tcp(server_->port());
  EXPECT_EQ(silent.receive({}, std::chrono::seconds(3)), "");
  EXPECT_TRUE(silent.closed());
  RawSocket plain = RawSocket::connect_tcp(server_->port());
  ASSERT_TRUE(plain.send("GET /echo HTTP/1.1\r\nhost: x\r\n\r\n"));
  EXPECT_EQ(plain.receive({}, std::chrono::seconds(3)).find("HTTP"), std::string::npos);
  EXPECT_TRUE(plain.closed());
}

TEST_F(SlowTest, AReaderThatDoesNotReadIsCut) {
  start_impatient();
  RawSocket socket = connect();
  ASSERT_TRUE(socket.send("GET /large HTTP/1.1\r\nhost: x\r\n\r\n"));
  std::this_thread::sleep_for(std::chrono::milliseconds(1200));
  const std::string got = socket.receive();
  EXPECT_TRUE(socket.closed());
  EXPECT_LT(got.size(), 3'000'000u);
  expect_alive();
}

TEST_F(MalformedTest, NoiseDoesNotHarm) {
  start();
  uint32_t state = 7;
  const auto next = [&] { return state = state * 1664525 + 1013904223; };
  const std::string seed =
      "POST /echo?a=%20 HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\nexpect: 100-continue\r\n\r\n"
      "5\r\nhello\r\n0\r\n\r\nGET /numbers?count=3 HTTP/1.1\r\nhost: x\r\n\r\n";
  for (int round = 0; round < 300; ++round) {
    std::string bytes = seed;
    for (uint32_t i = 1 + next() % 6; i > 0; --i)
      bytes[(next() >> 8) % bytes.size()] = static_cast<char>(next() >> 16);
    RawSocket socket = connect();
    socket.send(bytes);
    socket.receive("HTTP/1.1", std::chrono::milliseconds(20));
  }
  expect_alive();
  EXPECT_EQ(log().find("failed inside"), std::string::npos) << log();
}

}  // namespace
}  // namespace ain::remote
