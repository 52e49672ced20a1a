#include "remote/http/client.h"

#include <cstring>

#include "tests/remote/http/fixture.h"

namespace ain::remote {
namespace {

const NodeId kNode = node_of_seed(kSeed);

// Something that is no ain node: takes connections, says `greeting`, and closes or stays.
class Stranger {
 public:
  Stranger(std::string greeting, bool stays, bool waits_for_input)
      : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)), greeting_(std::move(greeting)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    EXPECT_EQ(::bind(fd_.get(), reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(::listen(fd_.get(), 8), 0);
    ::getsockname(fd_.get(), reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this, stays, waits_for_input] { serve(stays, waits_for_input); });
  }
  ~Stranger() {
    ::shutdown(fd_.get(), SHUT_RDWR);
    thread_.join();
  }
  Endpoint endpoint() const { return Endpoint::tcp("127.0.0.1", port_, kNode); }

 private:
  void serve(bool stays, bool waits_for_input) {
    std::vector<Fd> held;
    while (true) {
      Fd client(::accept(fd_.get(), nullptr, nullptr));
      if (!client) return;
      char bytes[4096];
      if (waits_for_input && ::recv(client.get(), bytes, sizeof(bytes), 0) < 0) continue;
      if (!greeting_.empty()) ::send(client.get(), greeting_.data(), greeting_.size(), MSG_NOSIGNAL);
      if (stays) held.push_back(std::move(client));
    }
  }

  Fd fd_;
  std::string greeting_;
  uint16_t port_ = 0;
  std::thread thread_;
};

TEST(HttpClient, NobodyThereIsUnreachable) {
  uint16_t free_port = 0;
  {
    HttpServer::Config config;
    config.address = "127.0.0.1";
    config.seed = kSeed;
    config.handler = [](const HttpRequest&) { return HttpResponse(); };
    HttpServer server(config);
    server.start();
    free_port = server.port();
  }
  const Error refused = error_of([&] { HttpClient(Endpoint::tcp("127.0.0.1", free_port, kNode)).get("/"); });
  EXPECT_EQ(refused.kind(), ErrorKind::unreachable);
  EXPECT_NE(refused.message().find(fmt::format("https://127.0.0.1:{}", free_port)), std::string::npos);
  EXPECT_FALSE(refused.hint().empty());
  const Error no_name =
      error_of([] { HttpClient(Endpoint::tcp("no-such-host.invalid", 7433, kNode)).get("/"); });
  EXPECT_EQ(no_name.kind(), ErrorKind::unreachable);
  const Error no_socket =
      error_of([] { HttpClient(Endpoint::unix_socket("/nonexistent/node.sock")).get("/"); });
  EXPECT_EQ(no_socket.kind(), ErrorKind::unreachable);
  EXPECT_NE(no_socket.message().find("unix:/nonexistent/node.sock"), std::string::npos);
  EXPECT_NE(no_socket.hint().find("ain serve"), std::string::npos);
}

TEST(HttpClient, SomethingElseAtTheAddressIsNamedSo) {
  const std::string page = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi";
  for (const auto& [greeting, waits] : std::vector<std::pair<std::string, bool>>{
           {page, true}, {"SSH-2.0-OpenSSH_9.2\r\n", false}, {"", true}, {std::string(100, '\0'), true}}) {
    const Stranger stranger(greeting, false, waits);
    const Error error = error_of([&] { HttpClient(stranger.endpoint()).get("/v1/node"); });
    EXPECT_EQ(error.kind(), ErrorKind::unreachable) << greeting;
    EXPECT_NE(error.message().find("is not an ain node"), std::string::npos) << error.message();
    EXPECT_NE(error.message().find(stranger.endpoint().text()), std::string::npos);
    EXPECT_FALSE(error.hint().empty());
  }
}

TEST(HttpClient, SilenceTimesOut) {
  const Stranger stranger("", true, false);
  RequestOptions options;
  options.connect = std::chrono::milliseconds(300);
  const auto begin = std::chrono::steady_clock::now();
  const Error error = error_of([&] { HttpClient(stranger.endpoint()).get("/", options); });
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(3));
  EXPECT_EQ(error.kind(), ErrorKind::unreachable);
  EXPECT_NE(error.message().find("in time"), std::string::npos) << error.message();
}

TEST(HttpClient, AForeignServerOnASocketIsNoNode) {
  const TemporaryFolder folder("ain-client-test");
  const std::filesystem::path path = folder.path() / "s";
  for (const char* answer : {"HTTP/1.1 200 OK\r\nserver: Docker\r\ncontent-length: 2\r\n\r\n{}", "hello\r\n",
                             "HTTP/1.1 abc\r\n\r\n", "HTTP/1.1 200 OK\r\nno colon\r\n\r\n", ""}) {
    const Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.native().copy(address.sun_path, sizeof(address.sun_path) - 1);
    ::unlink(path.c_str());
    ASSERT_EQ(::bind(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
    ASSERT_EQ(::listen(fd.get(), 1), 0);
    std::thread server([&] {
      const Fd client(::accept(fd.get(), nullptr, nullptr));
      char bytes[4096];
      ::recv(client.get(), bytes, sizeof(bytes), 0);
      ::send(client.get(), answer, std::strlen(answer), MSG_NOSIGNAL);
    });
    const Error error = error_of([&] { HttpClient(Endpoint::unix_socket(path)).get("/v1/node"); });
    server.join();
    EXPECT_EQ(error.kind(), ErrorKind::unreachable) << answer;
    // Who ends without a word may well be a node that was killed.
    const char* told = *answer ? "is not an ain node" : "broke";
    EXPECT_NE(error.message().find(told), std::string::npos) << error.message();
  }
}

class ClientTest : public ServerTest {};

TEST_F(ClientTest, TheResponseHasALimit) {
  start();
  HttpClient client(tcp());
  RequestOptions options;
  options.response_bytes_max = 1'000'000;
  const Error error = error_of([&] { client.request({"GET", "/large"}, options); });
  EXPECT_EQ(error.kind(), ErrorKind::failed);
  EXPECT_NE(error.message().find("limit of 1000000 bytes"), std::string::npos);
  options.response_bytes_max = 3'000'000;
  EXPECT_EQ(client.request({"GET", "/large"}, options).body.size(), 3'000'000u);
  size_t streamed = 0;
  options.response_bytes_max = 0;
  options.on_chunk = [&](std::string_view piece) {
    streamed += piece.size();
    return true;
  };
  EXPECT_TRUE(client.request({"GET", "/large"}, options).body.empty());
  EXPECT_EQ(streamed, 3'000'000u);
  // The body of an error is not for the callback.
  EXPECT_EQ(Json::parse(client.request({"GET", "/broke"}, options).body)["error"]["kind"], "no_money");
}

TEST_F(ClientTest, CanBeCancelledWhileNothingComes) {
  start();
  std::atomic<bool> cancelled{false};
  RequestOptions options;
  options.total = std::chrono::milliseconds(0);
  options.on_chunk = [](std::string_view) { return true; };
  options.cancelled = [&] { return cancelled.load(); };
  std::thread later([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    cancelled = true;
  });
  const auto begin = std::chrono::steady_clock::now();
  const Error error = error_of([&] { HttpClient(tcp()).request({"GET", "/endless"}, options); });
  later.join();
  EXPECT_EQ(error.kind(), ErrorKind::stopped);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(4));
  EXPECT_TRUE(eventually([&] { return streams_alive_ == 0; }));
}

TEST_F(ClientTest, AnExceptionOfTheCallbackComesThrough) {
  start();
  HttpClient client(local());
  RequestOptions options;
  options.on_chunk = [](std::string_view) -> bool { fail(ErrorKind::exhausted, "no room"); };
  EXPECT_EQ(error_of([&] {
              client.request({"GET", "/numbers?count=5"}, options);
            }).kind(),
            ErrorKind::exhausted);
  EXPECT_EQ(client.request({"GET", "/numbers?count=1"}).body, "0\n");
}

TEST_F(ClientTest, ASlowAnswerTimesOut) {
  start();
  RequestOptions options;
  options.total = std::chrono::milliseconds(100);
  const Error error = error_of([&] { HttpClient(tcp()).get("/slow", options); });
  EXPECT_EQ(error.kind(), ErrorKind::unreachable);
}

TEST_F(ClientTest, AServerThatWasRestartedIsReachedAgain) {
  start();
  HttpClient client(local());
  client.get("/echo");
  server_.reset();
  start();
  EXPECT_EQ(client.get("/echo")["local"], true);
  EXPECT_EQ(client.connections_made(), 2);
}

TEST_F(ClientTest, HeadersCannotBeSmuggled) {
  start();
  HttpClient client(local());
  HttpRequest request("GET", "/echo");
  request.headers.set("x-test", "a\r\nhost: b");
  EXPECT_EQ(error_of([&] { client.request(request); }).kind(), ErrorKind::usage);
  EXPECT_THROW(Endpoint::tcp("host/../@evil", 7433, kNode), Error);
  EXPECT_THROW(Endpoint::tcp("", 7433, kNode), Error);
  EXPECT_THROW(Endpoint::unix_socket(std::string(200, 'x')), Error);
}

TEST(Endpoint, HasATextAndAnAuthority) {
  EXPECT_EQ(Endpoint::tcp("node.example", 7433, kNode).text(), "https://node.example:7433");
  EXPECT_EQ(Endpoint::tcp("::1", 7433, kNode).authority(), "[::1]:7433");
  EXPECT_EQ(Endpoint::unix_socket("/run/a.sock").text(), "unix:/run/a.sock");
}

}  // namespace
}  // namespace ain::remote
