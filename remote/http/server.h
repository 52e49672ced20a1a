// The node's HTTP/1.1 server: TLS 1.3 over TCP with the node's own certificate, and the same routes on a Unix
// socket. Everything is bounded by a limit with a name. One thread pool runs handlers, one runs streams, so
// that neither slow handlers nor endless event streams keep others from being served.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "remote/http/message.h"

namespace ain::remote {

struct ServerLimits {
  using Seconds = std::chrono::duration<double>;

  size_t connections = 256;  // a listener (TCP and Unix count apart); above: 503 on Unix, closed on TCP
  size_t connections_per_address = 128;
  size_t header_bytes = 32 << 10;
  size_t workers = 32;   // threads that run handlers: many, as those that wait for the disk must not keep readers out
  size_t waiting = 256;  // requests that wait for a worker; above: 503
  size_t streams = 64;   // responses being streamed, a thread each, started on demand; above: 503
  size_t body_bytes_per_second = 4096;  // slower uploads are cut after `read`
  Seconds handshake{10};                // the TLS handshake
  Seconds header{10};                   // a whole header, from its first byte
  Seconds idle{60};                     // between requests
  Seconds read{30};                     // of grace for a body, on top of its bytes at body_bytes_per_second
  Seconds write{60};                    // a piece of 256 KiB at most
  Seconds keep_alive{15};               // of silence, after which an event stream gets a comment
};

class HttpServer {
 public:
  // Runs on a worker thread; several at once. The request lives until the handler returns. An Error becomes
  // error_response(), anything else (and an Error of kind `bug`) a `bug` that says nothing of the inside,
  // which goes to the log. HEAD comes as HEAD: answer it as GET, the server leaves the body out.
  using Handler = std::function<HttpResponse(const HttpRequest&)>;
  // The largest body for a route in bytes; `path` is decoded. Called before the body is read, on an I/O
  // thread: be quick.
  using BodyLimit = std::function<int64_t(std::string_view method, std::string_view path)>;
  // Judges by its headers alone a request whose body may be larger than kBodyInMemoryMax, before any of that is
  // read: nothing lets it come, a response refuses it, as an Error does. May set `signer`. Runs as a handler.
  using Admission = std::function<std::optional<HttpResponse>(HttpRequest&)>;

  // Whether a request is answered at once, from memory or by a row of a store: then its handler runs on an I/O thread, which saves it two
  // changes of threads. What waits for anything else must not.
  using Quick = std::function<bool(const HttpRequest&)>;

  struct Config {
    std::string address;              // to listen on ("127.0.0.1", "::"); empty: no TCP
    uint16_t port = 0;                // 0: any
    std::filesystem::path unix_path;  // empty: no Unix socket
    std::string seed;                 // the node's secret key, 32 bytes; needed for TCP
    Handler handler;
    Quick quick;                                // default: nothing is
    BodyLimit body_limit;                       // default: kBodyInMemoryMax everywhere
    Admission admission;                        // default: everything may come
    std::filesystem::path temporary_folder;     // for large bodies; default: the system's
    std::function<void(std::string_view)> log;  // what broke inside, for the node's log; default: nowhere
    ServerLimits limits;
  };

  explicit HttpServer(Config config);
  ~HttpServer();  // stop with no grace
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  // Binds and serves. Throws `failed` for a port or socket that is taken, naming it.
  void start();
  uint16_t port() const;  // the one bound; 0 without TCP
  // Takes nothing new, ends event streams, lets requests and other streams finish for `grace`, then cuts
  // them. Waits for running handlers. Can be called once, from any thread but the server's own.
  void stop(std::chrono::milliseconds grace);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ain::remote
