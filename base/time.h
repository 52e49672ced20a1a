// Clocks, for the layers that may have one (the ledger's state machine may not).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ain {

int64_t now_ms();             // since 1970, UTC
int64_t monotonic_us();       // CLOCK_BOOTTIME: goes on through sleep, restarts at boot
std::string boot_id();        // of this boot of the machine
std::string rfc3339(int64_t ms);  // "2026-11-23T17:00:00Z"
// Its inverse, in seconds: exactly that form and a day that exists, or nothing.
std::optional<int64_t> parse_rfc3339_s(std::string_view text);
std::string duration_text(int64_t us);  // "0.8 s", "3 min 20 s"
int64_t parse_duration_ms(std::string_view text);  // "60s", "5m", "2h", "1d"; throws `usage`

}  // namespace ain
