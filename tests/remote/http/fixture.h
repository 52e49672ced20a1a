// A server on loopback and what tests ask it, and raw sockets for what no client would say.
#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/encoding.h"
#include "base/files.h"
#include "base/handle.h"
#include "base/hash.h"
#include "base/ids.h"
#include "base/keys.h"
#include "base/text.h"
#include "remote/http/client.h"
#include "remote/http/message.h"
#include "remote/http/server.h"

namespace ain::remote {

inline const std::string kSeed(32, '\x11');
inline NodeId node_of_seed(const std::string& seed) { return node_of(key_from_seed(seed)->public_key()); }

// The handler counts what is under way, echoes, and fails on demand.
class ServerTest : public ::testing::Test {
 protected:
  ServerTest() : folder_("ain-http-test") {}
  ~ServerTest() override { server_.reset(); }

  HttpServer::Config config() {
    HttpServer::Config result;
    result.address = "127.0.0.1";
    result.unix_path = folder_.path() / "run" / "node.sock";
    result.seed = kSeed;
    result.temporary_folder = folder_.path();
    result.handler = [this](const HttpRequest& request) { return handle(request); };
    result.body_limit = [](std::string_view, std::string_view path) -> int64_t {
      return path == "/upload" ? 64 << 20 : 64 << 10;
    };
    result.log = [this](std::string_view line) {
      const std::lock_guard lock(log_mutex_);
      log_ += std::string(line) + "\n";
    };
    return result;
  }
  void start() { start(config()); }
  void start(HttpServer::Config given) {
    server_ = std::make_unique<HttpServer>(std::move(given));
    server_->start();
  }
  Endpoint tcp() const { return Endpoint::tcp("127.0.0.1", server_->port(), node_of_seed(kSeed)); }
  Endpoint local() const {
    return Endpoint::unix_socket(folder_.path() / "run" / "node.sock", node_of_seed(kSeed));
  }
  std::string log() {
    const std::lock_guard lock(log_mutex_);
    return log_;
  }

  virtual HttpResponse handle(const HttpRequest& request) {
    if (request.path == "/echo") return echo(request);
    if (request.path == "/upload") return upload(request);
    if (request.path == "/broke")
      fail_with_hint(ErrorKind::no_money, "ask the faucet", "the account has 1 AIN");
    if (request.path == "/secret") throw std::runtime_error("the password is swordfish");
    if (request.path == "/slow") std::this_thread::sleep_for(std::chrono::milliseconds(300));
    if (request.path == "/numbers") return numbers(std::stoi(request.query.at("count")));
    if (request.path == "/endless") return endless(request.query.contains("events"));
    if (request.path == "/broken-stream") return broken_stream();
    if (request.path == "/sized") return sized(request.query.at("size"), request.query.at("promised"));
    if (request.path == "/file") return file_response(folder_.path() / "file");
    if (request.path == "/large") return text_response(200, std::string(3'000'000, 'x'));
    if (request.path == "/bad-field") return bad_field();
    fail_not_found(fmt::format("route '{}'", request.path));
  }

  static HttpResponse echo(const HttpRequest& request) {
    Json query(request.query);
    return json_response(200, {{"method", request.method},
                               {"path", request.path},
                               {"query", query},
                               {"body", request.body},
                               {"local", request.peer.local},
                               {"address", request.peer.address},
                               {"uid", request.peer.uid}});
  }
  static HttpResponse upload(const HttpRequest& request) {
    const bool in_file = request.body_file != nullptr;
    const auto size = in_file ? std::filesystem::file_size(request.body_file->path()) : request.body.size();
    Sha256 hash;
    hash.update(in_file ? read_file(request.body_file->path()) : request.body);
    return json_response(200, {{"in_file", in_file},
                               {"path", in_file ? request.body_file->path().string() : std::string()},
                               {"size", size},
                               {"digest", to_hex(hash.finish())}});
  }
  static HttpResponse numbers(int count) {
    HttpResponse response;
    response.stream = [next = 0, count](std::string& chunk) mutable {
      chunk = fmt::format("{}\n", next);
      return ++next < count;
    };
    return response;
  }
  // Says how many of its kind are alive, so that a test sees when one is destroyed.
  HttpResponse endless(bool events) {
    HttpResponse response;
    if (events) response.headers.set("content-type", "text/event-stream");
    ++streams_alive_;
    std::shared_ptr<void> alive(nullptr, [this](void*) { --streams_alive_; });
    response.stream = [alive, said = false](std::string& chunk) mutable {
      if (!std::exchange(said, true)) {
        chunk = "data: first\n\n";
      } else {
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
      }
      return true;
    };
    return response;
  }
  static HttpResponse broken_stream() {
    HttpResponse response;
    response.stream = [first = true](std::string& chunk) mutable {
      if (!std::exchange(first, false)) fail(ErrorKind::failed, "the disk has a bad sector");
      chunk = "some bytes";
      return true;
    };
    return response;
  }
  static HttpResponse sized(const std::string& size, const std::string& promised) {
    HttpResponse response;
    response.stream_size = std::stoll(promised);
    response.stream = [size = std::stoul(size)](std::string& chunk) {
      chunk.assign(size, 's');
      return false;
    };
    return response;
  }
  static HttpResponse bad_field() {
    HttpResponse response = text_response(200, "x");
    response.headers.add("x-test", "a\r\nset-cookie: b");
    return response;
  }

  TemporaryFolder folder_;
  std::atomic<int> streams_alive_{0};
  std::mutex log_mutex_;
  std::string log_;
  std::unique_ptr<HttpServer> server_;  // last: its handlers use all of the above
};

template <typename Condition>
bool eventually(Condition condition, std::chrono::milliseconds within = std::chrono::seconds(5)) {
  const auto end = std::chrono::steady_clock::now() + within;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return true;
}

// Expects `statement` to throw an ain::Error, and returns it.
template <typename Function>
Error error_of(Function function) {
  try {
    function();
  } catch (const Error& error) {
    return error;
  }
  ADD_FAILURE() << "no error was thrown";
  return Error(ErrorKind::bug, "no error was thrown");
}

class RawSocket {
 public:
  static RawSocket connect_unix(const std::filesystem::path& path) {
    RawSocket result(AF_UNIX);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.native().copy(address.sun_path, sizeof(address.sun_path) - 1);
    EXPECT_EQ(::connect(result.fd_.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0)
        << errno_text();
    return result;
  }
  static RawSocket connect_tcp(uint16_t port) {
    RawSocket result(AF_INET);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(result.fd_.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0)
        << errno_text();
    return result;
  }
  // False when the other side has closed.
  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<size_t>(sent));
    }
    return true;
  }
  // What comes until the other side closes, or until `enough` is in it, or for at most `within`.
  std::string receive(std::string_view enough = {},
                      std::chrono::milliseconds within = std::chrono::seconds(5)) {
    const auto end = std::chrono::steady_clock::now() + within;
    std::string result;
    closed_ = false;
    while (enough.empty() || result.find(enough) == std::string::npos) {
      const auto left =
          std::chrono::duration_cast<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
      pollfd waiting{fd_.get(), POLLIN, 0};
      if (left.count() <= 0 || ::poll(&waiting, 1, static_cast<int>(left.count())) <= 0) return result;
      char piece[65536];
      const ssize_t got = ::recv(fd_.get(), piece, sizeof(piece), 0);
      if (got <= 0) {
        closed_ = true;
        return result;
      }
      result.append(piece, static_cast<size_t>(got));
    }
    return result;
  }
  bool closed() const { return closed_; }
  void close() { fd_.reset(); }

 private:
  explicit RawSocket(int family) : fd_(::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0)) {}
  Fd fd_;
  bool closed_ = false;
};

}  // namespace ain::remote
