// HTTP messages as plain values: what the server hands to its handler and gets back, what the client sends
// and returns.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/json.h"
#include "base/keys.h"

namespace ain::remote {

inline constexpr size_t kBodyInMemoryMax = 1 << 20;  // a larger request body is a temporary file
inline constexpr size_t kTargetBytesMax = 8192;
inline constexpr size_t kQueryItemsMax = 64;

// Header fields in order; names compare without case.
class Headers {
 public:
  using Field = std::pair<std::string, std::string>;

  Headers() = default;
  Headers(std::initializer_list<Field> fields) : fields_(fields) {}

  void add(std::string name, std::string value);
  void set(std::string_view name, std::string value);  // replaces all of that name
  void remove(std::string_view name);
  std::optional<std::string> find(std::string_view name) const;  // the first
  std::string get(std::string_view name) const;                  // the first, or empty
  // All fields of that name joined by ", " (RFC 9110 section 5.3); nothing when there is none.
  std::optional<std::string> combined(std::string_view name) const;
  size_t count(std::string_view name) const;
  auto begin() const { return fields_.begin(); }
  auto end() const { return fields_.end(); }
  size_t size() const { return fields_.size(); }

 private:
  std::vector<Field> fields_;
};

// A file that holds a body. A temporary one is removed with its last owner.
class BodyFile {
 public:
  // An existing file that stays where it is.
  static std::shared_ptr<const BodyFile> existing(std::filesystem::path path);
  // Takes over a file, to be removed at the end.
  static std::shared_ptr<const BodyFile> temporary(std::filesystem::path path);
  ~BodyFile();
  BodyFile(const BodyFile&) = delete;
  BodyFile& operator=(const BodyFile&) = delete;

  const std::filesystem::path& path() const { return path_; }

 private:
  BodyFile(std::filesystem::path path, bool temporary) : path_(std::move(path)), temporary_(temporary) {}
  std::filesystem::path path_;
  bool temporary_;
};

// Who sent a request, as the kernel says.
struct Peer {
  bool local = false;   // over the Unix socket
  std::string address;  // of the other machine; empty when local
  uint16_t port = 0;
  uint32_t uid = 0;  // when local: the user at the other end

  std::string text() const;  // "unix uid 1000", "192.0.2.1:40000"
};

struct HttpRequest {
  std::string method = "GET";
  std::string target = "/";                  // as on the wire: path and query, percent-encoded
  std::string path = "/";                    // decoded; no "." or ".." segment, no NUL, no encoded '/'
  std::map<std::string, std::string> query;  // decoded; a name comes once
  Headers headers;
  std::string body;  // empty when body_file is set
  std::shared_ptr<const BodyFile>
      body_file;  // the body when it is larger than kBodyInMemoryMax; keep the pointer to keep it
  Peer peer;
  std::optional<PublicKey> signer;  // of the headers, where the server judged them before it read the body

  HttpRequest() = default;
  // Throws `usage` for a target that is not a path, or that is badly encoded.
  HttpRequest(std::string method, std::string target, std::string body = {});
  bool has_body() const { return !body.empty() || body_file; }
  std::string raw_path() const;   // of target, up to '?'
  std::string raw_query() const;  // of target, after '?'; empty when there is none
};

// Fills the next piece of a body; returns false when there is nothing after it (the chunk may still hold the
// last bytes). An empty chunk with true means "nothing yet": wait up to about a second for something inside,
// never longer, as a stopping server and a vanished client are only noticed in between. Called and destroyed
// on a stream thread of its own. An exception breaks the connection, so that the reader sees an incomplete
// body.
using BodyStream = std::function<bool(std::string& chunk)>;

struct HttpResponse {
  int status = 200;
  Headers headers;
  std::string body;
  BodyStream stream;                   // instead of body
  std::optional<int64_t> stream_size;  // exact bytes of the stream when known, else it is sent chunked
};

HttpResponse json_response(int status, const Json& value);
HttpResponse text_response(int status, std::string text,
                           std::string content_type = "text/plain; charset=utf-8");
// Streams a file with its length. Throws `failed` when it cannot be opened.
HttpResponse file_response(const std::filesystem::path& path,
                           std::string content_type = "application/octet-stream");
// {"error":{code,kind,message,hint}} with status_of(kind), or with `status`.
HttpResponse error_response(const Error& error);
HttpResponse error_response(int status, const Error& error);
// Not now: 429 or 503 with Retry-After.
HttpResponse later_response(int status, std::string message, std::string hint, int64_t wait_s = 1);
int status_of(ErrorKind kind);

// An Error that knows its HTTP status: for a handler to throw (404 above all).
class HttpFailure : public Error {
 public:
  HttpFailure(int status, ErrorKind kind, std::string message, std::string hint = {})
      : Error(kind, std::move(message), std::move(hint)), status_(status) {}
  int status() const { return status_; }

 private:
  int status_;
};
[[noreturn]] void fail_not_found(std::string_view subject);  // 404, `failed`: "there is no …"

// For a client: a status of 400 or more becomes the Error that its body carries, kind preserved by name. A
// body that carries none gives `failed` with the status.
void throw_if_error(const HttpResponse& response);

// "a%20b" -> "a b"; with `plus`, '+' is a space too. Nothing when an escape is broken.
std::optional<std::string> percent_decode(std::string_view text, bool plus);
std::string percent_encode(std::string_view text);  // everything but the unreserved characters of RFC 3986
// Throws `usage` for a name given twice, a broken escape or more than kQueryItemsMax items.
std::map<std::string, std::string> parse_query(std::string_view raw);
// Decoded path for a target's raw path; throws `usage` for what HttpRequest::path excludes.
std::string parse_path(std::string_view raw);
bool same_header(std::string_view left, std::string_view right);  // names, without case

}  // namespace ain::remote
