#include "base/time.h"

#include <ctime>

#include "base/error.h"
#include "base/files.h"
#include "base/text.h"

namespace ain {
namespace {

int64_t clock_us(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return static_cast<int64_t>(now.tv_sec) * 1'000'000 + now.tv_nsec / 1000;
}

}  // namespace

int64_t now_ms() { return clock_us(CLOCK_REALTIME) / 1000; }
int64_t monotonic_us() { return clock_us(CLOCK_BOOTTIME); }

std::string boot_id() { return std::string(trim(read_file("/proc/sys/kernel/random/boot_id", 64))); }

std::string rfc3339(int64_t ms) {
  const std::time_t seconds = ms / 1000;
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  char text[32];
  const size_t size = strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc);
  return {text, size};
}

std::optional<int64_t> parse_rfc3339_s(std::string_view text) {
  const std::string copy(text);
  std::tm utc{};
  const char* end = strptime(copy.c_str(), "%Y-%m-%dT%H:%M:%SZ", &utc);
  if (end == nullptr || *end != '\0') return std::nullopt;
  const int64_t seconds = timegm(&utc);
  // strptime takes "2026-1-1" and the 31st of February too.
  if (rfc3339(seconds * 1000) != text) return std::nullopt;
  return seconds;
}

std::string duration_text(int64_t us) {
  const int64_t seconds = us / 1'000'000;
  if (us < 10'000'000) return fmt::format("{}.{} s", seconds, us / 100'000 % 10);
  if (seconds < 60) return fmt::format("{} s", seconds);
  if (seconds < 3600) return fmt::format("{} min {} s", seconds / 60, seconds % 60);
  return fmt::format("{} h {} min", seconds / 3600, seconds / 60 % 60);
}

int64_t parse_duration_ms(std::string_view text) {
  struct Unit {
    std::string_view name;
    int64_t ms;
  };
  static constexpr Unit kUnits[] = {{"ms", 1}, {"s", 1000}, {"m", 60'000}, {"h", 3'600'000}, {"d", 86'400'000}};
  constexpr int64_t kDurationMaxMs = int64_t{366} * 86'400'000;
  for (const Unit& unit : kUnits) {
    if (!text.ends_with(unit.name)) continue;
    const auto number = parse_integer(text.substr(0, text.size() - unit.name.size()), 0, kDurationMaxMs / unit.ms);
    if (number) return *number * unit.ms;
  }
  fail_with_hint(ErrorKind::usage, "write it like 90s, 5m, 2h or 1d", "'{}' is not a duration", text.substr(0, 40));
}

}  // namespace ain
