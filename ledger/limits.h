// Every bound of the ledger's protocol. A transaction, note or voucher beyond one is refused; a change here is another protocol.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/amount.h"

namespace ain::ledger {

inline constexpr int64_t kSecondMs = 1000, kHourMs = 3600 * kSecondMs, kDayMs = 24 * kHourMs;

// ---- documents
inline constexpr size_t kEnvelopeBytesMax = 60 << 10;          // with its result an entry of the log stays below 64 KiB, as tiles want
inline constexpr size_t kVoucherBytesMax = 2048;             // of a note's, voucher's or approval's envelope
inline constexpr size_t kNetworkBytesMax = 96;               // of a network id
inline constexpr size_t kTypeBytesMax = 64;
inline constexpr int64_t kTimeMaxMs = (int64_t{1} << 53) - 1;  // every time and count fits every JSON reader

// ---- transactions
inline constexpr int64_t kValidForMaxMs = kDayMs;            // valid_until is at most this far ahead of block time
inline constexpr size_t kBatchItemsMax = 100;
inline constexpr size_t kMemoBytesMax = 140;
inline constexpr size_t kReasonBytesMax = 140;
inline constexpr size_t kApprovalsMax = 64;                  // signatures of a quorum in one transaction

// ---- keys
inline constexpr int64_t kKeysPerAccountMax = 64;            // that may do everything, in force at a time

// ---- offers and bonds
inline constexpr size_t kEndpointBytesMax = 256;
inline constexpr size_t kGpusMax = 64;
inline constexpr size_t kGpuNameBytesMax = 64;
inline constexpr int64_t kCpusMax = 1 << 16;
inline constexpr int64_t kMemoryBytesMax = int64_t{1} << 50;
inline constexpr int64_t kPricePerSecondMax = int64_t{1} << 40;  // µAIN
inline constexpr size_t kOffersPerAccountMax = 256;              // at a time, one a node
inline constexpr int64_t kOfferValidForMaxMs = 30 * kDayMs;
inline constexpr size_t kUnbondingMax = 16;                      // parts of a bond on their way out at a time

// ---- escrows
inline constexpr int64_t kLeasePriceMax = int64_t{1} << 46;      // µAIN a second for a whole lease
inline constexpr int64_t kUnitsMax = 1 << 16;                    // GPUs or CPU cores of a lease
inline constexpr int64_t kAcceptWithinMaxMs = kDayMs;
inline constexpr int64_t kRunWithinMaxMs = 30 * kDayMs;
inline constexpr int64_t kDisputeWithinMaxMs = 7 * kDayMs;
inline constexpr int64_t kResolveWithinMaxMs = 30 * kDayMs;
// Nobody may reap a lease before so long after its time to run, so that a provider that was cut off for a moment can still settle it.
inline constexpr int64_t kReapGraceMs = 10 * 60 * kSecondMs;

// ---- repositories
inline constexpr size_t kIdentityBytesMax = 32 << 10;            // of an identity document
inline constexpr size_t kIdentitySignatureBytesMax = 1 << 10;
inline constexpr int64_t kFingerprintsMax = int64_t{1} << 40;
inline constexpr size_t kLeafBytesMax = 24 << 10;                // of one leaf of them: in base64, twice, it is 43 KiB of an envelope
inline constexpr size_t kFingerprintPathMax = 40;                // hashes of the proof of such a leaf
inline constexpr size_t kPoolPathMax = 32;                       // hashes of a Merkle proof

// ---- the log's tiles (C2SP)
inline constexpr int64_t kTileWidth = 256;
inline constexpr int kTileLevelsMax = 7;                         // more leaves than there are numbers in JSON

// ---- checkpoints
inline constexpr size_t kWitnessesMax = 16;                      // whose cosignatures a ledger publishes
inline constexpr size_t kCheckpointSignaturesMax = 1 + kWitnessesMax;  // lines, whoever's: each may cost a verification
inline constexpr size_t kCheckpointBodyBytesMax = 32 << 10;      // of what is signed, so that the lines of witnesses fit below it
inline constexpr size_t kCheckpointBytesMax = 64 << 10;

// ---- parameters
inline constexpr size_t kGovernorsMax = 64;
inline constexpr int64_t kFeePpmMax = 200'000;                   // 20 % of the compute price
inline constexpr int64_t kUnbondWithinMaxMs = 365 * kDayMs;

}  // namespace ain::ledger
