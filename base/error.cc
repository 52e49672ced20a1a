#include "base/error.h"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <utility>

namespace ain {
namespace {

constexpr std::pair<ErrorKind, std::string_view> kNames[] = {
    {ErrorKind::failed, "failed"},
    {ErrorKind::usage, "usage"},
    {ErrorKind::bug, "bug"},
    {ErrorKind::unreachable, "unreachable"},
    {ErrorKind::no_provider, "no_provider"},
    {ErrorKind::price_cap, "price_cap"},
    {ErrorKind::no_money, "no_money"},
    {ErrorKind::refused, "refused"},
    {ErrorKind::environment, "environment"},
    {ErrorKind::provider_lost, "provider_lost"},
    {ErrorKind::timed_out, "timed_out"},
    {ErrorKind::stopped, "stopped"},
    {ErrorKind::exhausted, "exhausted"},
    {ErrorKind::attribution, "attribution"},
    {ErrorKind::verification, "verification"},
    {ErrorKind::bad_signature, "bad_signature"},
};

}  // namespace

std::string_view kind_name(ErrorKind kind) {
  for (const auto& [candidate, name] : kNames) {
    if (candidate == kind) return name;
  }
  return "failed";
}

ErrorKind kind_from_name(std::string_view name) {
  for (const auto& [kind, candidate] : kNames) {
    if (candidate == name) return kind;
  }
  return ErrorKind::failed;
}

Error::Error(ErrorKind kind, std::string message, std::string hint)
    : kind_(kind), message_(std::move(message)), hint_(std::move(hint)) {}

Error& Error::add_context(std::string_view context) {
  message_ = fmt::format("{}: {}", context, message_);
  return *this;
}

Error& Error::set_hint(std::string hint) {
  hint_ = std::move(hint);
  return *this;
}

std::string errno_text() { return errno_text(errno); }

std::string errno_text(int code) {
  char buffer[256];
  return strerror_r(code, buffer, sizeof buffer);  // the GNU form, which returns the text
}

void fail_errno(std::string_view what) {
  const int code = errno;
  const bool full = code == ENOSPC || code == EDQUOT, forbidden = code == EACCES || code == EPERM || code == EROFS;
  throw Error(full ? ErrorKind::exhausted : ErrorKind::failed, fmt::format("{}: {}", what, errno_text(code)),
              full        ? "free some disk space and try again"
              : forbidden ? "see whose it is with 'ls -ld'; a folder for ain's own files is chosen with AIN_HOME=FOLDER"
                          : "");
}

void assertion_failed(const char* expression, const char* file, int line) {
  fmt::print(stderr, "bug in ain: {}:{}: '{}' does not hold\n", file, line, expression);
  std::abort();
}

}  // namespace ain
