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
#include "ledger/limits.h"
#include "ledger/parameters.h"
#include "ledger/refusal.h"

namespace ain::ledger {

// Gives the sender the network's faucet amount from the treasury, once an account.
struct Faucet {};
struct Transfer {
  AccountId to;
  Amount amount;
  std::string memo;
};

// What a key may do for its account: everything, or only run jobs, with at most `spend_max` in escrow or spent at any time.
struct KeyScope {
  bool everything = true;
  Amount spend_max;                 // of a key for runs only
  bool operator==(const KeyScope&) const = default;
};
struct KeyRegister {
  PublicKey key;
  std::string proof;                // that its holder agrees: sign_key_proof() by `key`
  KeyScope scope;
};
// The key that signs is replaced by `key`: one comes into force as the other leaves it.
struct KeyRotate {
  PublicKey key;
  std::string proof;
};
struct KeyRevoke {
  PublicKey key;
};

// A provider's security: what a lease locks of it can be slashed by the arbiters, the rest comes back after a delay.
struct BondDeposit {
  Amount amount;
};
struct BondUnbond {
  Amount amount;
};
struct BondWithdraw {};             // everything whose delay is over

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
// Pays one payee of an attribution's pool what it is owed by now; anybody may send it.
struct PoolDraw {
  Digest attribution{};
  Payee payee;
  int64_t index = 0;                // its place among the pool's payees, sorted by id
  std::vector<Digest> path;         // from its leaf to the pool's root
};
// A revision of a repository's identity: the founder registers revision 0, each later one is signed by the threshold of the delegates
// before it.
struct RepositoryRegister {
  std::string document;                  // base/identity_document.h
  std::vector<std::string> signatures;   // SSHSIG over it, namespace "ain-identity"
};
// The head of a repository's default branch, by a delegate; `sequence` is the last one + 1.
struct Anchor {
  RepositoryId repository;
  int64_t sequence = 0;
  std::string commit;               // hex object ids
  std::string tree;
};
// The fingerprints of a commit's code, by a delegate: who was first is told by the order of these.
struct FingerprintRegister {
  RepositoryId repository;
  std::string commit;
  Digest specification{};
  Digest root{};                    // Merkle root over the fingerprints
  int64_t count = 0;
};
// One leaf of what was registered, for everybody to see, so that whoever runs a copy of that code pays its authors. By anybody, as the
// leaf proves itself; what it says is nothing to the ledger (repo/copies/publication.h).
struct FingerprintPublish {
  RepositoryId repository;
  std::string commit;
  std::string leaf;                 // bytes
  int64_t index = 0;                // its place among the leaves
  std::vector<Digest> path;         // from it to the root
};
// Pays what waits for an e-mail's hash in one repository to `to`, and from now on pays it there directly.
struct Claim {
  RepositoryId repository;
  std::string payee;                      // "unclaimed:…"
  AccountId to;
  int64_t sequence = 0;                   // how often it has been claimed, + 1
  std::vector<std::string> approvals;     // Approval by the threshold of the repository's delegates
};

// Moves `deposit` from the payer (the sender) into escrow for one job. The escrow's id is this transaction's (transaction_id()).
struct EscrowOpen {
  Digest job{};                     // digest of the job spec
  Digest attribution{};             // of a registered attribution; its royalty holds
  AccountId provider;               // zero: whoever accepts first
  int64_t price_per_second = 0;     // µAIN for the whole lease (units x offer price)
  int64_t units = 1;                // GPUs, or CPU cores of a job without GPU: what a royalty by the hour counts
  int64_t run_us_max = 0;           // what the deposit must cover: its price, royalty and fee
  Amount deposit;
  Amount bond;                      // of the provider's, locked by the lease
  int64_t accept_within_ms = 0;     // from this block: after it, anybody may reap an escrow nobody leased
  int64_t run_within_ms = 0;        // from the lease's block
  int64_t dispute_within_ms = 0;    // from a settlement that the payer has not agreed to; 0: it closes at once
};
// With the digest that the provider computed itself: OPEN -> LEASED.
struct LeaseAccept {
  Digest escrow{};
  Digest attribution{};
};
// Pays by the voucher, or by the note where that asks for less. By the provider with any voucher; by anybody once the provider's final
// note is covered by the voucher.
struct Settle {
  Digest escrow{};
  std::string voucher;              // JWS by the payer
  std::string note;                 // debit note, JWS by the provider; empty: the voucher alone
  bool final = true;                // false: kept as the best so far, for the case that nobody comes back; the lease goes on
};
// While CLOSING: by the provider a higher voucher, by the payer evidence, which makes it DISPUTED.
struct Challenge {
  Digest escrow{};
  std::string voucher;
  std::optional<Digest> evidence;   // of what the arbiters are to read; exactly one of the two
};
// The arbiters' word: what is paid, and how much of the locked bond goes to the payer.
struct Resolve {
  Digest escrow{};
  int64_t run_us = 0;
  Amount slash;
  std::vector<std::string> approvals;
};
// Full refund: by the payer while OPEN, by the provider until it is closed or disputed.
struct Release {
  Digest escrow{};
  std::string reason;
};
// Ends what is past its deadline, by anybody.
struct Reap {
  Digest escrow{};
};

// Replaces the network's parameters; `sequence` is the last one + 1.
struct ParametersChange {
  Parameters parameters;
  int64_t sequence = 0;
  std::vector<std::string> approvals;  // by a quorum of the governors in force
};

using Body = std::variant<Faucet, Transfer, Offer, OfferWithdraw, AttributionRegister, EscrowOpen, LeaseAccept, Settle, Release, Reap,
                          KeyRegister, KeyRotate, KeyRevoke, BondDeposit, BondUnbond, BondWithdraw, PoolDraw, RepositoryRegister, Anchor,
                          FingerprintRegister, FingerprintPublish, Claim, Challenge, Resolve, ParametersChange>;

// Several transactions of one account under one signature and nonce: all of them happen, or none.
struct Batch {
  std::vector<Body> items;          // 1..kBatchItemsMax
};

struct Transaction {
  Digest txid{};
  std::string network;
  AccountId account;
  PublicKey key;
  int64_t nonce = 0;                // strictly the account's last nonce + 1; starts at 1
  int64_t valid_until_ms = 0;
  bool batch = false;               // then there may be several bodies, else there is one
  std::vector<Body> bodies;

  // "batch" or the body's type.
  std::string_view type() const;
};

// "faucet", "transfer", "offer", …: the struct's name in snake case.
std::string_view type_name(const Body& body);
// All of them and "batch", in the order above.
std::vector<std::string_view> type_names();

// What a transaction that creates something calls it: the txid, or for the i-th of a batch SHA-256(txid || i as 4 bytes, big-endian).
Digest transaction_id(const Transaction& tx, size_t index);

// The signed envelope.
std::string sign_transaction(const std::string& network, const AccountId& account, int64_t nonce, int64_t valid_until_ms,
                             const Body& body, const Signer& signer);
std::string sign_batch(const std::string& network, const AccountId& account, int64_t nonce, int64_t valid_until_ms, const Batch& batch,
                       const Signer& signer);
Digest txid_of(std::string_view envelope);
// Decodes and bounds everything, and verifies the signature by the key inside. Throws RefusedError (ledger/refusal.h):
// malformed, unknown_type, bad_attribution, bad_signature or unsafe_key.
Transaction decode_transaction(std::string_view envelope);
// The same of many, whose signatures are verified together: that is quicker.
struct Decoded {
  Transaction tx;                    // where it is not refused
  Refusal refusal = Refusal::none;
  std::string reason;
};
std::vector<Decoded> decode_transactions(const std::vector<std::string>& envelopes);
// The same without verifying the signature, for envelopes that our own store has already accepted.
Transaction decode_stored_transaction(std::string_view envelope);
Json body_json(const Body& body);
Json body_json(const Transaction& tx);  // of a batch {"items":[{"type","body"}…]}

}  // namespace ain::ledger
