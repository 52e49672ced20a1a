#include "remote/http/message.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/encoding.h"
#include "base/handle.h"
#include "base/text.h"

namespace ain::remote {
namespace {

constexpr size_t kFileChunk = 256 << 10;

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool is_unreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
         c == '_' || c == '~';
}

[[noreturn]] void fail_target(std::string_view why) { fail(ErrorKind::usage, "bad request target: {}", why); }

void check_target(std::string_view target) {
  if (target.size() > kTargetBytesMax) fail_target("it is too long");
  if (target.empty() || target.front() != '/') fail_target("it is not a path");
  for (const char c : target) {
    if (c < 0x21 || c > 0x7e || c == '#') fail_target("it has a character that must be encoded");
  }
}

// Reads a file to its end, or to the size promised at the start when it grows meanwhile.
class FileStream {
 public:
  FileStream(Fd fd, int64_t size) : fd_(std::move(fd)), left_(size) {}

  bool next(std::string& chunk) {
    chunk.resize(static_cast<size_t>(std::min<int64_t>(left_, kFileChunk)));
    ssize_t got = 0;
    do {
      got = chunk.empty() ? 0 : ::read(fd_.get(), chunk.data(), chunk.size());
    } while (got < 0 && errno == EINTR);
    if (got < 0) fail_errno("cannot read a file that is being sent");
    if (got == 0 && left_ > 0) fail(ErrorKind::failed, "a file became shorter while it was being sent");
    chunk.resize(static_cast<size_t>(got));
    left_ -= got;
    return left_ > 0;
  }

 private:
  Fd fd_;
  int64_t left_;
};

}  // namespace

bool same_header(std::string_view left, std::string_view right) {
  return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                    [](char a, char b) { return lower(a) == lower(b); });
}

void Headers::add(std::string name, std::string value) {
  fields_.emplace_back(std::move(name), std::move(value));
}

void Headers::set(std::string_view name, std::string value) {
  remove(name);
  add(std::string(name), std::move(value));
}

void Headers::remove(std::string_view name) {
  std::erase_if(fields_, [&](const Field& field) { return same_header(field.first, name); });
}

std::optional<std::string> Headers::find(std::string_view name) const {
  for (const auto& [field, value] : fields_) {
    if (same_header(field, name)) return value;
  }
  return std::nullopt;
}

std::string Headers::get(std::string_view name) const { return find(name).value_or(std::string()); }

std::optional<std::string> Headers::combined(std::string_view name) const {
  std::optional<std::string> result;
  for (const auto& [field, value] : fields_) {
    if (!same_header(field, name)) continue;
    if (result) {
      *result += ", ";
    } else {
      result.emplace();
    }
    *result += trim(value);
  }
  return result;
}

size_t Headers::count(std::string_view name) const {
  return static_cast<size_t>(std::count_if(
      fields_.begin(), fields_.end(), [&](const Field& field) { return same_header(field.first, name); }));
}

std::shared_ptr<const BodyFile> BodyFile::existing(std::filesystem::path path) {
  return std::shared_ptr<const BodyFile>(new BodyFile(std::move(path), false));
}

std::shared_ptr<const BodyFile> BodyFile::temporary(std::filesystem::path path) {
  return std::shared_ptr<const BodyFile>(new BodyFile(std::move(path), true));
}

BodyFile::~BodyFile() {
  if (temporary_) ::unlink(path_.c_str());
}

std::string Peer::text() const {
  if (local) return fmt::format("unix uid {}", uid);
  if (address.find(':') != std::string::npos) return fmt::format("[{}]:{}", address, port);
  return fmt::format("{}:{}", address, port);
}

HttpRequest::HttpRequest(std::string method_, std::string target_, std::string body_)
    : method(std::move(method_)), target(std::move(target_)), body(std::move(body_)) {
  check_target(target);
  path = parse_path(raw_path());
  query = parse_query(raw_query());
}

std::string HttpRequest::raw_path() const { return target.substr(0, target.find('?')); }

std::string HttpRequest::raw_query() const {
  const size_t mark = target.find('?');
  return mark == std::string::npos ? std::string() : target.substr(mark + 1);
}

HttpResponse json_response(int status, const Json& value) {
  HttpResponse response;
  response.status = status;
  response.headers.add("content-type", "application/json");
  // Text that strangers wrote may be no UTF-8: it is repaired rather than thrown at the handler.
  response.body = value.dump(-1, ' ', false, Json::error_handler_t::replace);
  return response;
}

HttpResponse text_response(int status, std::string text, std::string content_type) {
  HttpResponse response;
  response.status = status;
  response.headers.add("content-type", std::move(content_type));
  response.body = std::move(text);
  return response;
}

HttpResponse file_response(const std::filesystem::path& path, std::string content_type) {
  Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat info {};
  if (!fd || ::fstat(fd.get(), &info) != 0) fail_errno(fmt::format("cannot open '{}'", path.string()));
  if (!S_ISREG(info.st_mode)) fail(ErrorKind::failed, "'{}' is not a file", path.string());
  HttpResponse response;
  response.headers.add("content-type", std::move(content_type));
  response.stream_size = info.st_size;
  auto stream = std::make_shared<FileStream>(std::move(fd), info.st_size);
  response.stream = [stream](std::string& chunk) { return stream->next(chunk); };
  return response;
}

int status_of(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::failed:
    case ErrorKind::usage:
      return 400;
    case ErrorKind::bug:
      return 500;
    case ErrorKind::unreachable:
    case ErrorKind::provider_lost:
      return 502;
    case ErrorKind::no_provider:
      return 503;
    case ErrorKind::price_cap:
    case ErrorKind::no_money:
      return 402;
    case ErrorKind::refused:
      return 403;
    case ErrorKind::environment:
    case ErrorKind::verification:
      return 422;
    case ErrorKind::timed_out:
      return 504;
    case ErrorKind::stopped:
    case ErrorKind::attribution:
      return 409;
    case ErrorKind::exhausted:
      return 507;
    case ErrorKind::bad_signature:
      return 401;
  }
  return 500;
}

HttpResponse error_response(int status, const Error& error) {
  Json inner = {{"code", static_cast<int>(error.kind())},
                {"kind", std::string(kind_name(error.kind()))},
                {"message", error.message()},
                {"hint", error.hint()}};
  return json_response(status, Json{{"error", std::move(inner)}});
}

HttpResponse error_response(const Error& error) {
  const auto* failure = dynamic_cast<const HttpFailure*>(&error);
  return error_response(failure ? failure->status() : status_of(error.kind()), error);
}

HttpResponse later_response(int status, std::string message, std::string hint, int64_t wait_s) {
  HttpResponse response = error_response(status, Error(ErrorKind::unreachable, std::move(message), std::move(hint)));
  response.headers.set("retry-after", std::to_string(wait_s));
  return response;
}

void fail_not_found(std::string_view subject) {
  throw HttpFailure(404, ErrorKind::failed, fmt::format("there is no {}", subject));
}

void throw_if_error(const HttpResponse& response) {
  if (response.status < 400) return;
  std::string kind, message, hint;
  try {
    const Json body = parse_json(response.body, "error response", kBodyInMemoryMax);
    const Json& inner = body.at("error");
    kind = inner.at("kind").get<std::string>();
    message = inner.at("message").get<std::string>();
    hint = inner.value("hint", std::string());
  } catch (const std::exception&) {
    fail(ErrorKind::failed, "the node answered with HTTP status {}", response.status);
  }
  // What a stranger says goes to the terminal.
  throw HttpFailure(response.status, kind_from_name(kind), sanitize(message), sanitize(hint));
}

std::optional<std::string> percent_decode(std::string_view text, bool plus) {
  std::string result;
  result.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%') {
      if (text.size() - i < 3) return std::nullopt;
      std::string digits(text.substr(i + 1, 2));
      for (char& c : digits) c = lower(c);
      const auto byte = from_hex(digits);
      if (!byte) return std::nullopt;
      result += *byte;
      i += 2;
    } else {
      result += plus && text[i] == '+' ? ' ' : text[i];
    }
  }
  return result;
}

std::string percent_encode(std::string_view text) {
  static constexpr char kDigits[] = "0123456789ABCDEF";
  std::string result;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (is_unreserved(c)) {
      result += c;
    } else {
      result += {'%', kDigits[byte >> 4], kDigits[byte & 15]};
    }
  }
  return result;
}

std::map<std::string, std::string> parse_query(std::string_view raw) {
  std::map<std::string, std::string> result;
  size_t items = 0;
  while (!raw.empty()) {
    const std::string_view item = raw.substr(0, raw.find('&'));
    raw.remove_prefix(std::min(raw.size(), item.size() + 1));
    if (item.empty()) continue;
    if (++items > kQueryItemsMax) fail_target("the query has too many items");
    const size_t equals = item.find('=');
    auto name = percent_decode(item.substr(0, equals), true);
    auto value =
        equals == std::string_view::npos ? std::string() : percent_decode(item.substr(equals + 1), true);
    if (!name || !value || !is_utf8(*name) || !is_utf8(*value)) fail_target("the query is badly encoded");
    if (!result.emplace(*name, *value).second) fail_target("the query has a name twice");
  }
  return result;
}

std::string parse_path(std::string_view raw) {
  if (raw.empty() || raw.front() != '/') fail_target("it is not a path");
  std::string result;
  size_t at = 0;
  while (at < raw.size()) {
    const size_t end = std::min(raw.find('/', at + 1), raw.size());
    const auto segment = percent_decode(raw.substr(at + 1, end - at - 1), false);
    if (!segment || !is_utf8(*segment)) fail_target("the path is badly encoded");
    const bool last = end == raw.size();
    if (*segment == "." || *segment == ".." || (segment->empty() && !last)) {
      fail_target("the path has an empty, '.' or '..' segment");
    }
    for (const char c : *segment) {
      if (c == '/' || c == '\\' || (c >= 0 && c < 0x20) || c == 0x7f) {
        fail_target("the path has a character that no name here has");
      }
    }
    result += '/';
    result += *segment;
    at = end;
  }
  return result;
}

}  // namespace ain::remote
