// How ain fails. A failure throws Error; absence is std::optional; a refusal by the ledger or a provider is an enum of
// its own; a bug is AIN_ASSERT, which is always on.
#pragma once

#include <fmt/format.h>

#include <exception>
#include <string>
#include <string_view>
#include <vector>

namespace ain {

// The cause of a failure. Its number is the exit code of the program (the table of exit codes in README.md).
enum class ErrorKind : int {
  failed = 1,
  usage = 2,
  bug = 70,
  unreachable = 100,    // the network does not answer
  no_provider = 101,    // no offer matches the job
  price_cap = 102,      // every matching offer costs more than the cap
  no_money = 103,
  refused = 104,        // a provider or the ledger said no
  environment = 105,    // the environment could not be built
  provider_lost = 106,
  timed_out = 107,
  stopped = 108,
  exhausted = 109,      // out of memory or disk
  attribution = 110,    // the parties disagree about who wrote what
  verification = 111,   // a record differs from what it claims
  bad_signature = 112,
};

// The stable name of a kind ("no_money"), as `--json` prints it.
std::string_view kind_name(ErrorKind kind);
// The inverse; ErrorKind::failed for a name that is not known (a newer peer's).
ErrorKind kind_from_name(std::string_view name);

// A failure: first what is wrong, then why, then the next command to type. No capital, no full stop, subjects in quotes.
class Error : public std::exception {
 public:
  Error(ErrorKind kind, std::string message, std::string hint = {});

  ErrorKind kind() const { return kind_; }
  const std::string& message() const { return message_; }  // the context, outermost first, then what is wrong
  const std::string& hint() const { return hint_; }
  const char* what() const noexcept override { return message_.c_str(); }

  // Puts `context` ("cannot read 'ain.toml'") in front of the message: "context: message".
  Error& add_context(std::string_view context);
  Error& set_hint(std::string hint);

 private:
  ErrorKind kind_;
  std::string message_;
  std::string hint_;
};

// fail(ErrorKind::failed, "cannot open '{}': {}", path, errno_text())
template <typename... Args>
[[noreturn]] void fail(ErrorKind kind, fmt::format_string<Args...> format, Args&&... args) {
  throw Error(kind, fmt::format(format, std::forward<Args>(args)...));
}
// The same with a hint, given first because the message has the arguments.
template <typename... Args>
[[noreturn]] void fail_with_hint(ErrorKind kind, std::string hint, fmt::format_string<Args...> format,
                                 Args&&... args) {
  throw Error(kind, fmt::format(format, std::forward<Args>(args)...), std::move(hint));
}

// Text of errno (or of `code`), thread-safe.
std::string errno_text();
std::string errno_text(int code);
// Throws Error for the current errno: ENOSPC and EDQUOT are `exhausted`, everything else `failed`.
[[noreturn]] void fail_errno(std::string_view what);

[[noreturn]] void assertion_failed(const char* expression, const char* file, int line);

}  // namespace ain

#define AIN_ASSERT(expression) \
  ((expression) ? static_cast<void>(0) : ::ain::assertion_failed(#expression, __FILE__, __LINE__))
