// The HTTP client, for nodes only: pinned to a node's key over TLS 1.3, or over a Unix socket. libcurl is
// loaded when the first request is made, never before; the system's CA bundle is never read. One object per
// thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/ids.h"
#include "base/keys.h"
#include "remote/http/message.h"

namespace ain::remote {

struct Endpoint {
  std::string host;  // empty for a Unix socket
  uint16_t port = 0;
  std::filesystem::path unix_path;
  std::optional<NodeId> node;  // pinned over TCP; on a Unix socket needed only to sign

  static Endpoint tcp(std::string host, uint16_t port, const NodeId& node);
  static Endpoint unix_socket(std::filesystem::path path, std::optional<NodeId> node = {});
  bool local() const { return host.empty(); }
  std::string text() const;       // "https://host:7433", "unix:/run/ain/node.sock"
  std::string authority() const;  // the Host header: "host:7433", "localhost"
};

struct RequestOptions {
  using Milliseconds = std::chrono::milliseconds;

  Milliseconds connect{5000};
  Milliseconds total{30000};  // 0: no limit, for streams
  Milliseconds stall{60000};  // of silence; 0: no limit. Event streams carry something every 15 s
  int64_t response_bytes_max =
      16 << 20;  // of what is returned in memory, or handed to on_chunk; 0: no limit (on_chunk only)
  // Gets the body of a 2xx response piece by piece instead of HttpResponse::body. False ends the request
  // early, which is no error.
  std::function<bool(std::string_view)> on_chunk;
  // Asked about once a second and with every piece; true ends the request with Error `stopped`.
  std::function<bool()> cancelled;
  const Signer* signer = nullptr;  // signs the request (RFC 9421) for the endpoint's node
};

class HttpClient {
 public:
  explicit HttpClient(Endpoint endpoint);
  ~HttpClient();
  HttpClient(HttpClient&&) noexcept;
  HttpClient& operator=(HttpClient&&) noexcept;

  // Any status is a response (see throw_if_error). Throws
  //   unreachable    nobody answers in time, or who answers is not an ain node; the URL and a hint
  //   bad_signature  the node there has another key
  //   failed         a limit passed, or libcurl is missing
  //   stopped        cancelled
  HttpResponse request(HttpRequest request, const RequestOptions& options = {});

  // The usual: a request with a JSON body or none; throws the Error of an error response; returns the JSON.
  Json get(const std::string& target, const RequestOptions& options = {});
  Json post(const std::string& target, const Json& body, const RequestOptions& options = {});

  const Endpoint& endpoint() const { return endpoint_; }
  void set_node(const NodeId& node) { endpoint_.node = node; }  // learnt over a Unix socket
  int64_t connections_made() const;                             // so far: keep-alive at work

 private:
  struct Impl;
  Endpoint endpoint_;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ain::remote
