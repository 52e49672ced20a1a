#include "remote/http/wire.h"

#include <algorithm>
#include <array>
#include <ctime>

#include "base/text.h"

namespace ain::remote {
namespace {

constexpr std::array<std::string_view, 7> kMethods = {"GET",    "HEAD",  "POST",   "PUT",
                                                      "DELETE", "PATCH", "OPTIONS"};

bool is_token(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
  });
}

bool is_field_value(std::string_view text) {
  return std::none_of(text.begin(), text.end(),
                      [](char c) { return (c >= 0 && c < 0x20 && c != '\t') || c == 0x7f; });
}

// "Mon, 23 Nov 2026 17:00:00 GMT" in any locale.
std::string http_date(std::time_t time) {
  static constexpr const char* kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                            "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  std::tm tm{};
  gmtime_r(&time, &tm);
  return fmt::format("{}, {:02} {} {} {:02}:{:02}:{:02} GMT", kDays[tm.tm_wday], tm.tm_mday,
                     kMonths[tm.tm_mon], tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec);
}

ErrorKind kind_of(int status) {
  if (status == 503) return ErrorKind::unreachable;  // busy: the same request may go through later
  if (status == 408) return ErrorKind::timed_out;
  if (status == 507) return ErrorKind::exhausted;
  return status == 413 || status == 417 ? ErrorKind::failed : ErrorKind::usage;
}

}  // namespace

std::optional<Refusal> check_header(std::string_view method, unsigned version, const Headers& headers) {
  if (version != 11) return Refusal{505, "only HTTP/1.1 is spoken here"};
  if (std::find(kMethods.begin(), kMethods.end(), method) == kMethods.end()) {
    return Refusal{501, "the method is not known"};
  }
  if (headers.count("host") != 1) return Refusal{400, "the request needs one 'Host'"};
  const size_t encodings = headers.count("transfer-encoding");
  const size_t lengths = headers.count("content-length");
  if (encodings > 1 || lengths > 1 || (encodings > 0 && lengths > 0)) {
    return Refusal{400, "the length of the body is ambiguous"};
  }
  const std::string length = headers.get("content-length");
  if (lengths == 1 && (length.empty() || length.find_first_not_of("0123456789") != std::string::npos)) {
    return Refusal{400, "'Content-Length' is not a number"};
  }
  if (encodings == 1 && !same_header(trim(headers.get("transfer-encoding")), "chunked")) {
    return Refusal{501, "the only transfer encoding is 'chunked'"};
  }
  const auto expect = headers.find("expect");
  if (expect && !same_header(trim(*expect), "100-continue"))
    return Refusal{417, "'Expect' is not '100-continue'"};
  for (const auto& [name, value] : headers) {
    if (!is_token(name) || !is_field_value(value)) return Refusal{400, "a header field has a bad character"};
  }
  return std::nullopt;
}

HttpResponse refusal_response(const Refusal& refusal) {
  HttpResponse response = error_response(
      refusal.status,
      Error(kind_of(refusal.status), refusal.message, refusal.status == 503 ? "try again later" : ""));
  if (refusal.status == 503) response.headers.set("retry-after", "1");
  return response;
}

bool may_have_body(int status) { return status >= 200 && status != 204 && status != 304; }

std::string response_head(const HttpResponse& response, BodyForm form, int64_t size, bool keep_alive) {
  if (response.status < 200 || response.status > 599)
    fail(ErrorKind::bug, "bad HTTP status {}", response.status);
  std::string head = fmt::format("HTTP/1.1 {} {}\r\nserver: ain\r\ndate: {}\r\n", response.status,
                                 reason_of(response.status), http_date(std::time(nullptr)));
  for (const auto& [name, value] : response.headers) {
    if (!is_token(name) || !is_field_value(value))
      fail(ErrorKind::bug, "bad header field '{}'", sanitize(name));
    const bool is_ours = same_header(name, "content-length") || same_header(name, "transfer-encoding") ||
                         same_header(name, "connection") || same_header(name, "server") ||
                         same_header(name, "date");
    if (!is_ours) head += name + ": " + value + "\r\n";
  }
  if (!response.headers.find("x-content-type-options")) head += "x-content-type-options: nosniff\r\n";
  if (form == BodyForm::sized) head += fmt::format("content-length: {}\r\n", size);
  if (form == BodyForm::chunked) head += "transfer-encoding: chunked\r\n";
  if (!keep_alive) head += "connection: close\r\n";
  return head + "\r\n";
}

std::string chunk_head(size_t size) { return fmt::format("{:x}\r\n", size); }

std::string_view reason_of(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 202:
      return "Accepted";
    case 204:
      return "No Content";
    case 206:
      return "Partial Content";
    case 301:
      return "Moved Permanently";
    case 302:
      return "Found";
    case 304:
      return "Not Modified";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 402:
      return "Payment Required";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 413:
      return "Content Too Large";
    case 415:
      return "Unsupported Media Type";
    case 417:
      return "Expectation Failed";
    case 422:
      return "Unprocessable Content";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 502:
      return "Bad Gateway";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    case 505:
      return "HTTP Version Not Supported";
    case 507:
      return "Insufficient Storage";
    default:
      return status < 400 ? "OK" : "Error";
  }
}

}  // namespace ain::remote
