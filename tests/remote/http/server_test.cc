#include "remote/http/server.h"

#include "base/time.h"
#include "remote/http/signature.h"
#include "remote/http/sse.h"
#include "tests/remote/http/fixture.h"

namespace ain::remote {
namespace {

TEST_F(ServerTest, AnswersOverTlsAndOverTheSocket) {
  start();
  HttpClient over_tls(tcp()), over_socket(local());
  Json answer = over_tls.get("/echo?a=1");
  EXPECT_EQ(answer["method"], "GET");
  EXPECT_EQ(answer["query"], Json({{"a", "1"}}));
  EXPECT_EQ(answer["local"], false);
  EXPECT_EQ(answer["address"], "127.0.0.1");
  answer = over_socket.post("/echo", {{"x", 1}});
  EXPECT_EQ(answer["method"], "POST");
  EXPECT_EQ(answer["body"], R"({"x":1})");
  EXPECT_EQ(answer["local"], true);
  EXPECT_EQ(answer["uid"], ::geteuid());
}

TEST_F(ServerTest, KeepsAConnection) {
  start();
  for (const Endpoint& endpoint : {tcp(), local()}) {
    HttpClient client(endpoint);
    for (int i = 0; i < 20; ++i) {
      client.post("/echo", {{"i", i}});
      EXPECT_EQ(client.request({"GET", "/large"}).body.size(), 3'000'000u);
      EXPECT_EQ(client.request({"GET", "/numbers?count=3"}).body, "0\n1\n2\n");
      EXPECT_EQ(client.request({"GET", "/none"}).status, 404);
      const HttpResponse head = client.request({"HEAD", "/large"});
      EXPECT_EQ(head.headers.get("content-length"), "3000000");
      EXPECT_TRUE(head.body.empty());
    }
    EXPECT_EQ(client.connections_made(), 1);
  }
}

TEST_F(ServerTest, ErrorsArriveAsTheyWereThrown) {
  start();
  HttpClient client(tcp());
  const Error money = error_of([&] { client.get("/broke"); });
  EXPECT_EQ(money.kind(), ErrorKind::no_money);
  EXPECT_EQ(money.message(), "the account has 1 AIN");
  EXPECT_EQ(money.hint(), "ask the faucet");
  EXPECT_EQ(client.request({"GET", "/broke"}).status, 402);
  const HttpResponse inside = client.request({"GET", "/secret"});
  EXPECT_EQ(inside.status, 500);
  EXPECT_EQ(inside.body.find("swordfish"), std::string::npos);
  EXPECT_NE(log().find("swordfish"), std::string::npos);
  EXPECT_EQ(error_of([&] { client.get("/secret"); }).kind(), ErrorKind::bug);
  const HttpResponse bad_field = client.request({"GET", "/bad-field"});
  EXPECT_EQ(bad_field.status, 500);
  EXPECT_FALSE(bad_field.headers.find("set-cookie"));
}

TEST_F(ServerTest, AnotherKeyIsABadSignature) {
  start();
  const NodeId other = node_of_seed(std::string(32, '\x12'));
  HttpClient client(Endpoint::tcp("127.0.0.1", server_->port(), other));
  const Error error = error_of([&] { client.get("/echo"); });
  EXPECT_EQ(error.kind(), ErrorKind::bad_signature);
  EXPECT_EQ(error.message(),
            fmt::format("the node at 'https://127.0.0.1:{}' is not {}", server_->port(), other.text()));
  EXPECT_FALSE(error.hint().empty());
}

TEST_F(ServerTest, LargeBodiesAreFilesThatGo) {
  start();
  std::string content(5'000'000, '\0');
  for (size_t i = 0; i < content.size(); ++i) content[i] = static_cast<char>(i * 7 + i / 1000);
  write_new_file(folder_.path() / "content", content);
  const std::string digest = to_hex(sha256(content));
  for (const Endpoint& endpoint : {tcp(), local()}) {
    HttpClient client(endpoint);
    HttpRequest from_file("PUT", "/upload");
    from_file.body_file = BodyFile::existing(folder_.path() / "content");
    for (HttpRequest& request :
         std::vector<HttpRequest>{from_file, HttpRequest("POST", "/upload", content)}) {
      const Json answer = Json::parse(client.request(request).body);
      EXPECT_EQ(answer["in_file"], true);
      EXPECT_EQ(answer["size"], content.size());
      EXPECT_EQ(answer["digest"], digest);
      EXPECT_TRUE(eventually([&] { return !std::filesystem::exists(answer["path"].get<std::string>()); }));
    }
    const Json exact =
        Json::parse(client.request({"POST", "/upload", std::string(kBodyInMemoryMax, 'x')}).body);
    EXPECT_EQ(exact["in_file"], false);
    const Json above =
        Json::parse(client.request({"POST", "/upload", std::string(kBodyInMemoryMax + 1, 'x')}).body);
    EXPECT_EQ(above["in_file"], true);
    EXPECT_EQ(client.connections_made(), 1);
  }
}

TEST_F(ServerTest, ABodyAboveTheRoutesLimitIsRefused) {
  start();
  for (const Endpoint& endpoint : {tcp(), local()}) {
    HttpClient client(endpoint);
    for (const size_t size : {(size_t{64} << 10) + 1, size_t{3} << 20}) {
      const HttpResponse response = client.request({"POST", "/echo", std::string(size, 'x')});
      EXPECT_EQ(response.status, 413) << size;
      EXPECT_NE(response.body.find("65536"), std::string::npos);
    }
    EXPECT_EQ(client.request({"POST", "/echo", std::string(64 << 10, 'x')}).status, 200);
  }
}

// What is not wanted is refused with nothing of it read into memory or a file.
TEST_F(ServerTest, ALargeBodyIsAskedAboutBeforeItIsRead) {
  const std::unique_ptr<Signer> signer = generate_key();
  const TemporaryFolder spool("ain-http-spool");
  NonceCache nonces(0);
  std::atomic<int> asked{0}, handled{0};
  HttpServer::Config given = config();
  given.temporary_folder = spool.path();
  given.admission = [&](HttpRequest& request) -> std::optional<HttpResponse> {
    ++asked;
    EXPECT_FALSE(request.has_body());
    request.signer = verify_headers(request, true, node_of_seed(kSeed), now_ms(), nonces);
    if (!request.signer) fail(ErrorKind::bad_signature, "this request must be signed");
    if (request.query.contains("unwanted")) return text_response(409, "not now");
    return std::nullopt;
  };
  given.handler = [&](const HttpRequest& request) {
    ++handled;
    if (!request.signer) return text_response(200, "small");
    check_body(request);
    return text_response(200, request.signer->fingerprint());
  };
  start(given);

  const std::string piece(1 << 20, 'x');
  for (const std::string framing : {"content-length: 50000000\r\n\r\n", "transfer-encoding: chunked\r\n\r\n100000\r\n"}) {
    RawSocket socket = RawSocket::connect_unix(local().unix_path);
    socket.send("PUT /upload HTTP/1.1\r\nhost: x\r\n" + framing + piece.substr(0, 100'000));
    EXPECT_TRUE(socket.receive().starts_with("HTTP/1.1 401 ")) << framing;
    EXPECT_TRUE(std::filesystem::is_empty(spool.path()));
  }
  EXPECT_EQ(asked, 2);
  EXPECT_EQ(handled, 0);

  for (const Endpoint& endpoint : {tcp(), local()}) {
    HttpClient client(endpoint);
    RequestOptions options;
    options.signer = signer.get();
    const std::string large(3'000'000, 'b');
    EXPECT_EQ(client.request({"PUT", "/upload", large}, options).body, signer->public_key().fingerprint());
    EXPECT_EQ(client.request({"PUT", "/upload?unwanted=1", large}, options).status, 409);
    EXPECT_EQ(client.request({"PUT", "/upload", large}).status, 401);
    HttpRequest wrong("PUT", "/upload", large);
    sign_request(wrong, *signer, node_of_seed(std::string(32, '\x13')));
    EXPECT_EQ(client.request(wrong).status, 401);
    asked = 0;
    EXPECT_EQ(client.request({"PUT", "/upload", std::string(1000, 'b')}).body, "small");
    EXPECT_EQ(asked, 0);
  }
  EXPECT_TRUE(eventually([&] { return std::filesystem::is_empty(spool.path()); }));
}

TEST_F(ServerTest, AHundredRequestsAtOnce) {
  start();
  std::atomic<int> good{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 100; ++i) {
    threads.emplace_back([&, i] {
      HttpClient client(i % 2 ? tcp() : local());
      for (int round = 0; round < 3; ++round) {
        const Json answer = client.post("/echo", {{"i", i}});
        if (Json::parse(answer["body"].get<std::string>())["i"] == i) ++good;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(good, 300);
}

TEST_F(ServerTest, AFullQueueIsRefusedAndSaysSo) {
  HttpServer::Config given = config();
  given.limits.workers = 1;
  given.limits.waiting = 1;
  start(given);
  std::atomic<int> served{0}, refused{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 6; ++i) {
    threads.emplace_back([&] {
      const int status = HttpClient(local()).request({"GET", "/slow"}).status;
      ++(status == 503 ? refused : served);
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(served + refused, 6);
  EXPECT_GE(served, 2);
  EXPECT_GE(refused, 1);
}

// While every worker is busy, and none may wait.
TEST_F(ServerTest, WhatIsQuickNeedsNoWorker) {
  HttpServer::Config given = config();
  given.limits.workers = 1;
  given.limits.waiting = 0;
  given.quick = [](const HttpRequest& request) { return request.path == "/echo" && request.method == "GET"; };
  std::atomic<bool> entered = false, go_on = false;
  given.handler = [&, echo = given.handler](const HttpRequest& request) {
    if (request.path != "/wait") return echo(request);
    entered = true;
    while (!go_on) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    return text_response(200, "waited");
  };
  start(std::move(given));
  std::thread busy([&] { EXPECT_EQ(HttpClient(local()).request({"GET", "/wait"}).body, "waited"); });
  while (!entered) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  for (const Endpoint& endpoint : {tcp(), local()}) {
    HttpClient client(endpoint);
    EXPECT_EQ(client.get("/echo?a=1")["query"], Json({{"a", "1"}}));
    EXPECT_EQ(client.request({"POST", "/echo", "{}"}).status, 503);
  }
  go_on = true;
  busy.join();
}

TEST_F(ServerTest, ConnectionsAreLimited) {
  HttpServer::Config given = config();
  given.limits.connections = 3;
  start(given);
  std::vector<RawSocket> held;
  for (int i = 0; i < 3; ++i) {
    held.push_back(RawSocket::connect_unix(local().unix_path));
    ASSERT_TRUE(held.back().send("GET /echo HTTP/1.1\r\nhost: x\r\n\r\n"));
    ASSERT_TRUE(held.back().receive("\r\n\r\n").starts_with("HTTP/1.1 200"));
  }
  RawSocket extra = RawSocket::connect_unix(local().unix_path);
  EXPECT_TRUE(extra.receive().starts_with("HTTP/1.1 503"));
  EXPECT_TRUE(extra.closed());
  EXPECT_EQ(HttpClient(tcp()).request({"GET", "/echo"}).status, 200);  // the other listener has its own
  held.clear();
  EXPECT_TRUE(eventually([&] { return HttpClient(local()).request({"GET", "/echo"}).status == 200; }));
}

TEST_F(ServerTest, OneAddressCannotTakeAllConnections) {
  HttpServer::Config given = config();
  given.limits.connections_per_address = 2;
  start(given);
  RawSocket first = RawSocket::connect_tcp(server_->port()), second = RawSocket::connect_tcp(server_->port());
  EXPECT_TRUE(eventually([&] {
    RawSocket third = RawSocket::connect_tcp(server_->port());
    return third.receive({}, std::chrono::milliseconds(200)).empty() && third.closed();
  }));
  first.close();
  second.close();
  EXPECT_TRUE(eventually([&] {
    try {
      return HttpClient(tcp()).request({"GET", "/echo"}).status == 200;
    } catch (const Error&) {
      return false;
    }
  }));
}

TEST_F(ServerTest, StreamsArriveAsTheyAreMade) {
  start();
  for (const Endpoint& endpoint : {tcp(), local()}) {
    HttpClient client(endpoint);
    SseParser parser;
    std::vector<SseEvent> events;
    RequestOptions options;
    options.on_chunk = [&](std::string_view bytes) {
      return parser.feed(bytes, [&](const SseEvent& event) {
        events.push_back(event);
        return false;
      });
    };
    EXPECT_EQ(client.request({"GET", "/endless?events"}, options).status, 200);
    ASSERT_EQ(events.size(), 1u);
    EXPECT_EQ(events[0].data, "first");
    // The client has hung up; the stream notices without having anything to say.
    EXPECT_TRUE(eventually([&] { return streams_alive_ == 0; }, std::chrono::seconds(1)));
  }
}

TEST_F(ServerTest, AnEventStreamIsKeptAlive) {
  HttpServer::Config given = config();
  given.limits.keep_alive = ServerLimits::Seconds(0.05);
  start(given);
  std::string all;
  RequestOptions options;
  options.on_chunk = [&](std::string_view bytes) {
    all += bytes;
    return all.size() < 60;
  };
  HttpClient(tcp()).request({"GET", "/endless?events"}, options);
  EXPECT_TRUE(all.starts_with("data: first\n\n: keep-alive\n\n: keep-alive\n\n")) << all;
}

TEST_F(ServerTest, StreamsAreLimitedAndDoNotStarveOthers) {
  HttpServer::Config given = config();
  given.limits.streams = 3;
  given.limits.workers = 1;
  start(given);
  std::vector<RawSocket> held;
  for (int i = 0; i < 3; ++i) {
    held.push_back(RawSocket::connect_unix(local().unix_path));
    ASSERT_TRUE(held.back().send("GET /endless?events HTTP/1.1\r\nhost: x\r\n\r\n"));
    ASSERT_NE(held.back().receive("first").find("first"), std::string::npos);
  }
  EXPECT_EQ(streams_alive_, 3);
  HttpClient client(tcp());
  EXPECT_EQ(client.request({"GET", "/echo"}).status, 200);
  EXPECT_EQ(client.request({"GET", "/endless"}).status, 503);
  held.clear();
  EXPECT_TRUE(eventually([&] { return client.request({"GET", "/numbers?count=2"}).body == "0\n1\n"; }));
}

TEST_F(ServerTest, AStreamThatBreaksIsNeverTakenForWhole) {
  start();
  for (const Endpoint& endpoint : {tcp(), local()}) {
    HttpClient client(endpoint);
    const Error error = error_of([&] { client.request({"GET", "/broken-stream"}); });
    EXPECT_EQ(error.kind(), ErrorKind::unreachable);
    EXPECT_NE(error.message().find("broke"), std::string::npos) << error.message();
  }
  EXPECT_NE(log().find("bad sector"), std::string::npos);
}

TEST_F(ServerTest, AStreamOfAnotherSizeThanPromisedIsBroken) {
  start();
  HttpClient client(tcp());
  EXPECT_EQ(client.request({"GET", "/sized?size=600000&promised=600000"}).body.size(), 600'000u);
  EXPECT_EQ(client.request({"GET", "/sized?size=0&promised=0"}).body, "");
  EXPECT_EQ(client.connections_made(), 1);
  for (const char* target : {"/sized?size=10&promised=11", "/sized?size=11&promised=10"}) {
    EXPECT_EQ(error_of([&] { client.request({"GET", target}); }).kind(), ErrorKind::unreachable) << target;
  }
}

TEST_F(ServerTest, AFileIsSentWithItsLength) {
  std::string content(1'000'001, '\0');
  for (size_t i = 0; i < content.size(); ++i) content[i] = static_cast<char>(i % 251);
  write_new_file(folder_.path() / "file", content);
  start();
  for (const Endpoint& endpoint : {tcp(), local()}) {
    HttpClient client(endpoint);
    const HttpResponse response = client.request({"GET", "/file"});
    EXPECT_EQ(response.headers.get("content-length"), "1000001");
    EXPECT_TRUE(response.body == content);
    const HttpResponse head = client.request({"HEAD", "/file"});
    EXPECT_EQ(head.headers.get("content-length"), "1000001");
    EXPECT_EQ(client.connections_made(), 1);
  }
}

TEST_F(ServerTest, StopEndsEventStreamsWellAndCutsOthers) {
  start();
  std::atomic<int> started{0};
  std::string end_of_events = "none", end_of_other = "none";
  const auto read = [&](const char* target, std::string& end) {
    RequestOptions options;
    options.on_chunk = [&](std::string_view) {
      ++started;
      return true;
    };
    try {
      HttpClient(tcp()).request({"GET", target}, options);
      end = "whole";
    } catch (const Error& error) {
      end = error.message();
    }
  };
  std::thread events([&] { read("/endless?events", end_of_events); });
  std::thread other([&] { read("/endless", end_of_other); });
  EXPECT_TRUE(eventually([&] { return started == 2; }));
  const auto begin = std::chrono::steady_clock::now();
  server_->stop(std::chrono::milliseconds(300));
  const auto took = std::chrono::steady_clock::now() - begin;
  events.join();
  other.join();
  EXPECT_GE(took, std::chrono::milliseconds(250));
  EXPECT_LT(took, std::chrono::seconds(3));
  EXPECT_EQ(end_of_events, "whole");
  EXPECT_NE(end_of_other.find("broke"), std::string::npos) << end_of_other;
  EXPECT_EQ(streams_alive_, 0);
}

TEST_F(ServerTest, StopLetsARequestFinishAndClosesIdleConnectionsAtOnce) {
  start();
  HttpClient idle(tcp());
  idle.get("/echo");
  std::atomic<int> status{0};
  std::thread slow([&] { status = HttpClient(tcp()).request({"GET", "/slow"}).status; });
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  const auto begin = std::chrono::steady_clock::now();
  const uint16_t port = server_->port();
  server_->stop(std::chrono::seconds(10));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(4));
  slow.join();
  EXPECT_EQ(status, 404);
  const Error error =
      error_of([&] { HttpClient(Endpoint::tcp("127.0.0.1", port, node_of_seed(kSeed))).get("/echo"); });
  EXPECT_EQ(error.kind(), ErrorKind::unreachable);
  EXPECT_FALSE(std::filesystem::exists(local().unix_path));
}

TEST_F(ServerTest, ATakenPortAndSocketSaySo) {
  start();
  HttpServer::Config second = config();
  second.port = server_->port();
  second.unix_path.clear();
  const Error port = error_of([&] { HttpServer(second).start(); });
  EXPECT_EQ(port.kind(), ErrorKind::failed);
  EXPECT_NE(port.message().find(fmt::format("port {}", server_->port())), std::string::npos);
  EXPECT_NE(port.hint().find("ain serve --listen"), std::string::npos);
  HttpServer::Config third = config();
  third.address.clear();
  const Error socket = error_of([&] { HttpServer(third).start(); });
  EXPECT_NE(socket.message().find("already listens"), std::string::npos);
  EXPECT_EQ(HttpClient(local()).request({"GET", "/echo"}).status, 200);  // ours is still there
  HttpServer::Config bad = config();
  bad.address = "not an address";
  EXPECT_EQ(error_of([&] { HttpServer(bad).start(); }).kind(), ErrorKind::usage);
}

TEST_F(ServerTest, TheSocketIsPrivateAndAStaleOneIsReplaced) {
  const std::filesystem::path path = folder_.path() / "run" / "node.sock";
  make_private_folder(path.parent_path());
  {
    const Fd stale(::socket(AF_UNIX, SOCK_STREAM, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.native().copy(address.sun_path, sizeof(address.sun_path) - 1);
    ASSERT_EQ(::bind(stale.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
  }
  start();
  using std::filesystem::perms;
  EXPECT_EQ(std::filesystem::status(path).permissions(), perms::owner_read | perms::owner_write);
  EXPECT_EQ(std::filesystem::status(path.parent_path()).permissions(), perms::owner_all);
  EXPECT_EQ(HttpClient(local()).request({"GET", "/echo"}).status, 200);
  server_.reset();
  std::filesystem::permissions(path.parent_path(), perms::owner_all | perms::group_exec);
  const Error error = error_of([&] { start(); });
  EXPECT_NE(error.hint().find("chmod 700"), std::string::npos);
}

TEST_F(ServerTest, SignedRequestsAreVerifiedOnBothWays) {
  const std::unique_ptr<Signer> signer = generate_key();
  NonceCache nonces(0);
  HttpServer::Config given = config();
  given.handler = [&](const HttpRequest& request) {
    const auto key = verify_request(request, node_of_seed(kSeed), now_ms(), nonces);
    return text_response(200, key ? key->fingerprint() : "nobody");
  };
  start(given);
  write_new_file(folder_.path() / "body", std::string(2'000'000, 'b'));
  for (const Endpoint& endpoint : {tcp(), local()}) {
    HttpClient client(endpoint);
    RequestOptions options;
    options.signer = signer.get();
    EXPECT_EQ(client.request({"GET", "/a?x=%20y"}).body, "nobody");
    EXPECT_EQ(client.request({"GET", "/a?x=%20y"}, options).body, signer->public_key().fingerprint());
    EXPECT_EQ(client.request({"POST", "/a", "text"}, options).body, signer->public_key().fingerprint());
    HttpRequest large("PUT", "/upload");
    large.body_file = BodyFile::existing(folder_.path() / "body");
    EXPECT_EQ(client.request(large, options).body, signer->public_key().fingerprint());
    client.set_node(node_of_seed(std::string(32, '\x13')));
    if (endpoint.local()) {
      EXPECT_EQ(client.request({"GET", "/a"}, options).status, 401);
    }
  }
}

}  // namespace
}  // namespace ain::remote
