// How much a node with the role ledger does for others: every limit by its name. Who asks over the Unix socket is this home itself and has
// none of those a second.
#pragma once

#include <cstddef>
#include <cstdint>

namespace ain::remote {

// A second, on average; in a burst so many seconds' worth at once. 0: no limit.
struct LedgerRates {
  int64_t reads = 1000;           // of one address (IPv6: of a /64)
  int64_t sends = 1000;           // transactions of one account that the ledger takes
  int64_t address_factor = 4;     // one address may send for so many accounts, refused ones and repeats included
  int64_t address_sends() const { return sends * address_factor; }
};
inline constexpr int64_t kBurstSeconds = 2;
inline constexpr size_t kRateKeysMax = 10'000;     // addresses, or accounts, that are told apart; those above share one
inline constexpr int kWaitersMax = 32;             // long polls and event streams at the same time; above: 503
inline constexpr int kWaitersPerAddressMax = 4;    // of them (IPv6: of a /64)
inline constexpr int64_t kWaiterPauseMs = 50;      // between two looks of one waiter, however fast the log grows
inline constexpr int64_t kEventRowsMax = 100;      // of one piece of an event stream
inline constexpr size_t kQueuedMax = 4096;         // transactions that nobody waits for and that are not yet written; above: 503
inline constexpr size_t kQueuedBytesMax = 16 << 20;  // of their envelopes

}  // namespace ain::remote
