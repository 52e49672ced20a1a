// Transactions: JWS envelopes of typ "ain-tx" with the payload
//   {network, account, key, nonce, valid_until, type, body}
// txid = SHA-256 of the whole envelope. Verified over the bytes as received; unknown members, duplicates and floats are refused.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/amount.h"
#include "base/attribution.h"
#include "base/hash.h"
#include "base/ids.h"
#include "base/json.h"
#include "base/keys.h"

namespace ain::ledger {

// Limits of what a transaction may carry.
inline constexpr size_t kEnvelopeBytesMax = 64 << 10;
inline constexpr size_t kEndpointBytesMax = 256;
inline constexpr size_t kMemoBytesMax = 140;
inline constexpr size_t kGpusMax = 64;
inline constexpr size_t kGpuNameBytesMax = 64;
inline constexpr int64_t kCpusMax = 1 << 16;
inline constexpr int64_t kMemoryBytesMax = int64_t{1} << 50;
inline constexpr int64_t kValidForMaxMs = 24 * 3600 * 1000;       // valid_until is at most this far ahead of block time
inline constexpr int64_t kAcceptWithinMaxMs = 24 * 3600 * 1000;
inline constexpr int64_t kRunWithinMaxMs = int64_t{30} * 24 * 3600 * 1000;
inline constexpr int64_t kPricePerSecondMax = int64_t{1} << 40;    // µAIN
inline constexpr int64_t kLeasePriceMax = int64_t{1} << 46;        // µAIN a second for a whole lease
inline constexpr size_t kOffersPerAccountMax = 256;                // at a time, one a node
inline constexpr int64_t kOfferValidForMaxMs = int64_t{30} * 24 * 3600 * 1000;

// Gives the sender the network's faucet amount from the treasury, once an account.
struct Faucet {};
struct Transfer {
  AccountId to;
  Amount amount;
  std::string memo;
};
// Standing terms of one provider node; a newer one of the same account and node replaces it.
struct Offer {
  NodeId node;
  std::string endpoint;             // "https://host:port" or "unix:/path"
  int64_t price_per_second = 0;     // µAIN for one GPU (or one CPU core of a job without GPU) and second
  int64_t cpus = 0;
  int64_t memory_bytes = 0;
  std::vector<std::string> gpus;    // one model name each: "H100-80GB"
  int64_t run_within_ms = 0;        // the longest lease it takes
  int64_t valid_for_ms = 0;         // expires that long after the block that took it
};
struct OfferWithdraw {
  NodeId node;
};
struct AttributionRegister {
  Attribution attribution;          // kept under its digest; registering it again is refused as `exists`
};
// Moves `deposit` from the payer (the sender) into escrow for one job on one provider. The escrow's id is this txid.
struct EscrowOpen {
  Digest job{};                     // digest of the job spec
  Digest attribution{};             // of a registered attribution; its royalty rate holds
  AccountId provider;
  int64_t price_per_second = 0;     // µAIN for the whole lease (units x offer price)
  int64_t run_us_max = 0;           // what the deposit must cover: price of run_us_max, plus royalty
  Amount deposit;
  int64_t accept_within_ms = 0;     // from this block: after it, anybody may reap an escrow nobody leased
  int64_t run_within_ms = 0;        // from the lease's block: after it, anybody may reap
};
// By the named provider, with the digest it computed itself: OPEN -> LEASED.
struct LeaseAccept {
  Digest escrow{};
  Digest attribution{};
};
// Pays min(note, voucher) for compute, the royalty on top, refunds the rest: LEASED -> CLOSED. Sent by the provider with any
// note and voucher; by anybody once the note is final and the voucher covers it.
struct Settle {
  Digest escrow{};
  std::string note;                 // debit note, JWS by the provider
  std::string voucher;              // JWS by the payer
};
// Full refund: by the payer while OPEN, by the provider while OPEN or LEASED.
struct Release {
  Digest escrow{};
  std::string reason;
};
// Full refund of an escrow past its deadline, by anybody.
struct Reap {
  Digest escrow{};
};

using Body = std::variant<Faucet, Transfer, Offer, OfferWithdraw, AttributionRegister, EscrowOpen, LeaseAccept, Settle,
                          Release, Reap>;

// "faucet", "transfer", "offer", "offer_withdraw", "attribution_register", "escrow_open", "lease_accept", "settle",
// "release", "reap".
std::string_view type_name(const Body& body);

struct Transaction {
  Digest txid{};
  std::string network;
  AccountId account;
  PublicKey key;
  int64_t nonce = 0;                // strictly the account's last nonce + 1; starts at 1
  int64_t valid_until_ms = 0;
  Body body;
};

// The signed envelope.
std::string sign_transaction(const std::string& network, const AccountId& account, int64_t nonce, int64_t valid_until_ms,
                             const Body& body, const Signer& signer);
Digest txid_of(std::string_view envelope);
// Decodes and bounds everything, and verifies the signature by the key inside. Throws RefusedError (ledger/refusal.h):
// malformed, unknown_type, bad_signature or unsafe_key.
Transaction decode_transaction(std::string_view envelope);
// The same without verifying the signature, for envelopes that our own store has already accepted.
Transaction decode_stored_transaction(std::string_view envelope);
Json body_json(const Body& body);

}  // namespace ain::ledger
