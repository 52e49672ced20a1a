// The one unit that knows libcurl.
#include "remote/http/client.h"

#define CURL_DISABLE_TYPECHECK
#include <curl/curl.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <exception>

#include "base/handle.h"
#include "base/text.h"
#include "remote/http/certificate.h"
#include "remote/http/signature.h"

#undef curl_easy_setopt
#undef curl_easy_getinfo

namespace ain::remote {
namespace {

constexpr const char* kCurlLibrary = "libcurl.so.4";
constexpr size_t kResponseHeaderMax = 64 << 10;
constexpr int64_t kErrorBodyMax = 1 << 20;  // an error's text, when the response proper goes to a callback

// The functions that are used, found by name once.
struct Curl {
  decltype(&::curl_global_init) global_init;
  decltype(&::curl_easy_init) easy_init;
  decltype(&::curl_easy_reset) easy_reset;
  decltype(&::curl_easy_cleanup) easy_cleanup;
  decltype(&::curl_easy_perform) easy_perform;
  decltype(&::curl_easy_setopt) easy_setopt;
  decltype(&::curl_easy_getinfo) easy_getinfo;
  decltype(&::curl_easy_strerror) easy_strerror;
  decltype(&::curl_slist_append) slist_append;
  decltype(&::curl_slist_free_all) slist_free_all;
};

template <typename Function>
void find_function(void* library, const char* name, Function& function) {
  function = reinterpret_cast<Function>(::dlsym(library, name));
  if (!function) fail(ErrorKind::failed, "'{}' has no function '{}'", kCurlLibrary, name);
}

Curl load_curl() {
  void* library = ::dlopen(kCurlLibrary, RTLD_NOW | RTLD_LOCAL);
  if (!library) {
    fail_with_hint(ErrorKind::failed, "install it: 'apt install libcurl4'", "cannot load '{}': {}",
                   kCurlLibrary, ::dlerror());
  }
  Curl curl{};
  find_function(library, "curl_global_init", curl.global_init);
  find_function(library, "curl_easy_init", curl.easy_init);
  find_function(library, "curl_easy_reset", curl.easy_reset);
  find_function(library, "curl_easy_cleanup", curl.easy_cleanup);
  find_function(library, "curl_easy_perform", curl.easy_perform);
  find_function(library, "curl_easy_setopt", curl.easy_setopt);
  find_function(library, "curl_easy_getinfo", curl.easy_getinfo);
  find_function(library, "curl_easy_strerror", curl.easy_strerror);
  find_function(library, "curl_slist_append", curl.slist_append);
  find_function(library, "curl_slist_free_all", curl.slist_free_all);
  if (curl.global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
    fail(ErrorKind::failed, "cannot start '{}'", kCurlLibrary);
  return curl;
}

const Curl& curl() {
  static const Curl functions = load_curl();
  return functions;
}

struct FreeList {
  void operator()(curl_slist* list) const { curl().slist_free_all(list); }
};
using HeaderList = std::unique_ptr<curl_slist, FreeList>;

void append(HeaderList& list, const std::string& line) {
  curl_slist* longer = curl().slist_append(list.get(), line.c_str());
  AIN_ASSERT(longer);
  static_cast<void>(list.release());
  list.reset(longer);
}

bool is_loopback(const std::string& host) {
  return host == "localhost" || host == "::1" || host.starts_with("127.");
}

// What one request has under way; libcurl's callbacks fill it. No exception may pass through C, so it is
// kept.
struct Transfer {
  const RequestOptions& options;
  HttpResponse response;
  Fd upload;
  size_t header_bytes = 0;
  int64_t received = 0;
  bool headers_done = false;
  enum class End { none, foreign, too_large, enough, cancelled } end = End::none;
  std::exception_ptr exception;

  bool stop(End reason) {
    end = reason;
    return false;
  }
  bool header(std::string_view line);
  bool body(std::string_view piece);
  bool cancelled() const { return options.cancelled && options.cancelled(); }
};

bool Transfer::header(std::string_view line) {
  header_bytes += line.size();
  if (header_bytes > kResponseHeaderMax) return stop(End::too_large);
  while (line.ends_with('\n') || line.ends_with('\r')) line.remove_suffix(1);
  if (line.starts_with("HTTP/")) {
    response = HttpResponse();
    const size_t space = line.find(' ');
    const auto status =
        parse_integer(line.substr(std::min(space, line.size() - 1) + 1).substr(0, 3), 100, 599);
    if (!status) return stop(End::foreign);
    response.status = static_cast<int>(*status);
    return true;
  }
  if (line.empty()) {
    if (response.status < 200) return true;  // 100 Continue: the real one follows
    headers_done = true;
    // Over a Unix socket nothing else says what sits at the other end.
    return response.headers.get("server").starts_with("ain") || stop(End::foreign);
  }
  if (headers_done) return true;  // trailers
  const size_t colon = line.find(':');
  if (colon == std::string_view::npos || colon == 0) return stop(End::foreign);
  response.headers.add(std::string(line.substr(0, colon)), std::string(trim(line.substr(colon + 1))));
  return true;
}

bool Transfer::body(std::string_view piece) {
  if (cancelled()) return stop(End::cancelled);
  const bool streamed = options.on_chunk && response.status >= 200 && response.status < 300;
  received += static_cast<int64_t>(piece.size());
  int64_t max = options.response_bytes_max;
  if (options.on_chunk && !streamed) max = kErrorBodyMax;
  if ((max > 0 || !streamed) && received > max) return stop(End::too_large);
  if (streamed) return options.on_chunk(piece) || stop(End::enough);
  response.body += piece;
  return true;
}

template <typename Function>
bool guarded(Transfer& transfer, Function function) {
  try {
    return function();
  } catch (...) {
    transfer.exception = std::current_exception();
    return false;
  }
}

size_t on_header(char* bytes, size_t size, size_t count, void* self) {
  auto& transfer = *static_cast<Transfer*>(self);
  const std::string_view line(bytes, size * count);
  return guarded(transfer, [&] { return transfer.header(line); }) ? line.size() : 0;
}

size_t on_body(char* bytes, size_t size, size_t count, void* self) {
  auto& transfer = *static_cast<Transfer*>(self);
  const std::string_view piece(bytes, size * count);
  if (piece.empty()) return 0;
  return guarded(transfer, [&] { return transfer.body(piece); }) ? piece.size() : 0;
}

int on_progress(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  auto& transfer = *static_cast<Transfer*>(self);
  const auto ask = [&] { return !transfer.cancelled() || transfer.stop(Transfer::End::cancelled); };
  return guarded(transfer, ask) ? 0 : 1;
}

size_t on_upload(char* buffer, size_t size, size_t count, void* self) {
  const auto& transfer = *static_cast<Transfer*>(self);
  ssize_t got = 0;
  do {
    got = ::read(transfer.upload.get(), buffer, size * count);
  } while (got < 0 && errno == EINTR);
  return got < 0 ? CURL_READFUNC_ABORT : static_cast<size_t>(got);
}

int on_seek(void* self, curl_off_t offset, int origin) {
  const auto& transfer = *static_cast<Transfer*>(self);
  return ::lseek(transfer.upload.get(), offset, origin) < 0 ? CURL_SEEKFUNC_FAIL : CURL_SEEKFUNC_OK;
}

void check_field(const std::string& name, const std::string& value) {
  const bool bad_name = name.empty() || std::any_of(name.begin(), name.end(), [](char c) {
                          return c <= 0x20 || c > 0x7e || c == ':' || c == ';';
                        });
  const bool bad_value = std::any_of(value.begin(), value.end(),
                                     [](char c) { return (c >= 0 && c < 0x20 && c != '\t') || c == 0x7f; });
  if (bad_name || bad_value) fail(ErrorKind::usage, "bad header field '{}'", sanitize(name));
}

HeaderList header_list(const HttpRequest& request) {
  HeaderList list;
  for (const auto& [name, value] : request.headers) {
    check_field(name, value);
    append(list, value.empty() ? name + ";" : name + ": " + value);
  }
  if (!request.headers.find("content-type")) {
    append(list, request.has_body() ? "content-type: application/octet-stream" : "Content-Type:");
  }
  if (!request.headers.find("user-agent")) append(list, "user-agent: ain");
  return list;
}

}  // namespace

struct HttpClient::Impl {
  CURL* handle = nullptr;
  int64_t connections = 0;
  std::array<char, CURL_ERROR_SIZE> reason{};

  Impl() : handle(curl().easy_init()) { AIN_ASSERT(handle); }
  ~Impl() { curl().easy_cleanup(handle); }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  template <typename Value>
  void set(CURLoption option, Value value) {
    const CURLcode code = curl().easy_setopt(handle, option, value);
    if (code != CURLE_OK) {
      fail(ErrorKind::failed, "'{}' does not take option {}: {}", kCurlLibrary, static_cast<int>(option),
           curl().easy_strerror(code));
    }
  }

  void prepare(const Endpoint& endpoint, const HttpRequest& request, const RequestOptions& options);
  void prepare_peer(const Endpoint& endpoint);
  void prepare_body(const HttpRequest& request, Transfer& transfer);
  [[noreturn]] void fail_transfer(CURLcode code, const Endpoint& endpoint, const Transfer& transfer);
};

void HttpClient::Impl::prepare_peer(const Endpoint& endpoint) {
  if (endpoint.local()) {
    set(CURLOPT_PROTOCOLS_STR, "http");
    set(CURLOPT_URL, "http://localhost/");
    set(CURLOPT_UNIX_SOCKET_PATH, endpoint.unix_path.c_str());
    return;
  }
  AIN_ASSERT(endpoint.node);
  set(CURLOPT_PROTOCOLS_STR, "https");
  set(CURLOPT_URL, (endpoint.text() + "/").c_str());
  if (is_loopback(endpoint.host)) set(CURLOPT_NOPROXY, "*");
  // The certificate is its own authority: the key is all that counts, and reading the system's CA bundle
  // takes 19 ms.
  set(CURLOPT_SSL_VERIFYPEER, 0L);
  set(CURLOPT_SSL_VERIFYHOST, 0L);
  set(CURLOPT_CAINFO, static_cast<const char*>(nullptr));
  set(CURLOPT_CAPATH, static_cast<const char*>(nullptr));
  set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_3));
  set(CURLOPT_PINNEDPUBLICKEY, spki_pin(*endpoint.node).c_str());
}

void HttpClient::Impl::prepare(const Endpoint& endpoint, const HttpRequest& request,
                               const RequestOptions& options) {
  curl().easy_reset(handle);  // keeps the connections
  reason[0] = '\0';
  prepare_peer(endpoint);
  set(CURLOPT_REQUEST_TARGET, request.target.c_str());
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_ERRORBUFFER, reason.data());
  set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  set(CURLOPT_FOLLOWLOCATION, 0L);
  set(CURLOPT_TCP_KEEPALIVE, 1L);
  set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(options.connect.count()));
  set(CURLOPT_TIMEOUT_MS, static_cast<long>(options.total.count()));
  if (options.stall.count() > 0) {
    set(CURLOPT_LOW_SPEED_LIMIT, 1L);
    set(CURLOPT_LOW_SPEED_TIME, static_cast<long>(std::max<int64_t>(1, options.stall.count() / 1000)));
  }
}

void HttpClient::Impl::prepare_body(const HttpRequest& request, Transfer& transfer) {
  if (request.body_file) {
    const std::filesystem::path& path = request.body_file->path();
    transfer.upload = Fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    struct stat info {};
    if (!transfer.upload || ::fstat(transfer.upload.get(), &info) != 0) {
      fail_errno(fmt::format("cannot read '{}'", path.string()));
    }
    set(CURLOPT_UPLOAD, 1L);
    set(CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(info.st_size));
    set(CURLOPT_READFUNCTION, &on_upload);
    set(CURLOPT_READDATA, static_cast<void*>(&transfer));
    set(CURLOPT_SEEKFUNCTION, &on_seek);
    set(CURLOPT_SEEKDATA, static_cast<void*>(&transfer));
  } else if (request.method == "HEAD") {
    set(CURLOPT_NOBODY, 1L);
    return;
  } else if (request.method != "GET" || request.has_body()) {
    set(CURLOPT_POST, 1L);
    set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
    set(CURLOPT_POSTFIELDS, request.body.c_str());
  }
  set(CURLOPT_CUSTOMREQUEST, request.method.c_str());
}

void HttpClient::Impl::fail_transfer(CURLcode code, const Endpoint& endpoint, const Transfer& transfer) {
  const std::string url = endpoint.text();
  const std::string why = sanitize(reason[0] ? reason.data() : curl().easy_strerror(code));
  const std::string start_hint = endpoint.local()
                                     ? "start the node with 'ain serve'"
                                     : "is the node running ('ain serve'), and is the address right?";
  if (transfer.exception) std::rethrow_exception(transfer.exception);
  if (transfer.end == Transfer::End::cancelled)
    fail(ErrorKind::stopped, "the request to '{}' was stopped", url);
  if (transfer.end == Transfer::End::too_large) {
    fail(ErrorKind::failed, "the answer of '{}' is above the limit of {} bytes", url,
         transfer.headers_done ? transfer.options.response_bytes_max
                               : static_cast<int64_t>(kResponseHeaderMax));
  }
  switch (code) {
    case CURLE_SSL_PINNEDPUBKEYNOTMATCH:
      fail_with_hint(ErrorKind::bad_signature, "ask its operator for the node's present URL",
                     "the node at '{}' is not {}", url, endpoint.node->text());
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_CONNECT:
      fail_with_hint(ErrorKind::unreachable, start_hint, "cannot reach '{}': {}", url, why);
    case CURLE_OPERATION_TIMEDOUT:
      fail_with_hint(ErrorKind::unreachable, start_hint, "'{}' does not answer in time: {}", url, why);
    case CURLE_READ_ERROR:
    case CURLE_ABORTED_BY_CALLBACK:
      fail(ErrorKind::failed, "cannot read the body to send to '{}'", url);
    case CURLE_PARTIAL_FILE:
    case CURLE_GOT_NOTHING:
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR:
    case CURLE_SEND_FAIL_REWIND:
      fail_with_hint(ErrorKind::unreachable, "try again", "the connection to '{}' broke: {}", url, why);
    default:
      if (transfer.headers_done && transfer.end == Transfer::End::none) {
        fail_with_hint(ErrorKind::unreachable, "try again", "the connection to '{}' broke: {}", url, why);
      }
      fail_with_hint(ErrorKind::unreachable, "check the address: something else listens there",
                     "what answers at '{}' is not an ain node: {}", url,
                     transfer.end == Transfer::End::foreign ? "its answer is not one of ain's" : why);
  }
}

Endpoint Endpoint::tcp(std::string host, uint16_t port, const NodeId& node) {
  const bool good = !host.empty() && host.size() <= 255 && std::all_of(host.begin(), host.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '-' || c == '_' || c == ':';
  });
  if (!good || port == 0)
    fail(ErrorKind::usage, "'{}:{}' is not the address of a node", sanitize(host), port);
  return {std::move(host), port, {}, node};
}

Endpoint Endpoint::unix_socket(std::filesystem::path path, std::optional<NodeId> node) {
  if (path.native().size() >= sizeof(sockaddr_un::sun_path)) {
    fail_with_hint(ErrorKind::failed, "choose a shorter AIN_HOME",
                   "the socket's path '{}' has more than {} bytes", path.string(),
                   sizeof(sockaddr_un::sun_path) - 1);
  }
  return {{}, 0, std::move(path), node};
}

std::string Endpoint::text() const {
  return local() ? "unix:" + unix_path.string() : "https://" + authority();
}

std::string Endpoint::authority() const {
  if (local()) return "localhost";
  return host.find(':') == std::string::npos ? fmt::format("{}:{}", host, port)
                                             : fmt::format("[{}]:{}", host, port);
}

HttpClient::HttpClient(Endpoint endpoint) : endpoint_(std::move(endpoint)) {}
HttpClient::~HttpClient() = default;
HttpClient::HttpClient(HttpClient&&) noexcept = default;
HttpClient& HttpClient::operator=(HttpClient&&) noexcept = default;

int64_t HttpClient::connections_made() const { return impl_ ? impl_->connections : 0; }

HttpResponse HttpClient::request(HttpRequest request, const RequestOptions& options) {
  if (!impl_) impl_ = std::make_unique<Impl>();
  request.headers.set("host", endpoint_.authority());
  if (options.signer) {
    AIN_ASSERT(endpoint_.node);
    // A Unix socket has no authority: what is signed must not depend on the header that curl needs.
    if (endpoint_.local()) request.headers.remove("host");
    sign_request(request, *options.signer, *endpoint_.node);
  }
  Transfer transfer{.options = options, .response = {}, .upload = {}, .exception = {}};
  impl_->prepare(endpoint_, request, options);
  impl_->prepare_body(request, transfer);
  const HeaderList headers = header_list(request);
  impl_->set(CURLOPT_HTTPHEADER, headers.get());
  impl_->set(CURLOPT_HEADERFUNCTION, &on_header);
  impl_->set(CURLOPT_HEADERDATA, static_cast<void*>(&transfer));
  impl_->set(CURLOPT_WRITEFUNCTION, &on_body);
  impl_->set(CURLOPT_WRITEDATA, static_cast<void*>(&transfer));
  if (options.cancelled) {
    impl_->set(CURLOPT_NOPROGRESS, 0L);
    impl_->set(CURLOPT_XFERINFOFUNCTION, &on_progress);
    impl_->set(CURLOPT_XFERINFODATA, static_cast<void*>(&transfer));
  }
  const CURLcode code = curl().easy_perform(impl_->handle);
  long connections = 0;
  curl().easy_getinfo(impl_->handle, CURLINFO_NUM_CONNECTS, &connections);
  impl_->connections += connections;
  if (transfer.end == Transfer::End::enough) return std::move(transfer.response);
  if (code != CURLE_OK) impl_->fail_transfer(code, endpoint_, transfer);
  return std::move(transfer.response);
}

Json HttpClient::get(const std::string& target, const RequestOptions& options) {
  HttpRequest message("GET", target);
  message.headers.set("accept", "application/json");
  const HttpResponse response = request(std::move(message), options);
  throw_if_error(response);
  return parse_json(response.body, fmt::format("answer of '{}'", endpoint_.text()));
}

Json HttpClient::post(const std::string& target, const Json& body, const RequestOptions& options) {
  HttpRequest message("POST", target, body.dump());
  message.headers.set("content-type", "application/json");
  message.headers.set("accept", "application/json");
  const HttpResponse response = request(std::move(message), options);
  throw_if_error(response);
  return response.body.empty() ? Json()
                               : parse_json(response.body, fmt::format("answer of '{}'", endpoint_.text()));
}

}  // namespace ain::remote
