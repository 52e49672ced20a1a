// What the ledger remembers, as its API and the command line show it: each record's JSON is also its value under the state root, so a
// member more there is another protocol. Money is not in them: who holds how much is kept apart (Holder).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "ledger/transaction.h"
#include "ledger/voucher.h"

namespace ain::ledger {

struct OfferState {
  AccountId account;       // the provider's
  Offer offer;
  int64_t expires_ms = 0;
};

// OPEN -> LEASED -> (CLOSING -> (DISPUTED)) -> CLOSED, or REFUNDED: ledger/escrow.h holds the table of transitions.
enum class EscrowPhase { open, leased, closing, disputed, closed, refunded };
std::string_view phase_name(EscrowPhase phase);

struct Payout {
  std::string payee;       // account text, unclaimed hash or "pool"
  Amount amount;
  bool operator==(const Payout&) const = default;
};

struct EscrowState {
  Digest id{};
  AccountId payer;
  PublicKey payer_key;             // the key that opened it: vouchers are checked against it
  EscrowOpen terms;
  Royalty royalty;                 // frozen, as is the fee
  int64_t fee_ppm = 0;
  EscrowPhase phase = EscrowPhase::open;
  AccountId provider;              // who accepted; zero until then
  PublicKey provider_key;          // of the lease: notes are checked against it
  int64_t opened_ms = 0;
  int64_t deadline_ms = 0;         // of the phase it is in: after it anybody may reap; 0: none
  int64_t best_us = -1;            // of the best settlement so far; -1: none
  Digest evidence{};               // of a dispute
  // After it closed:
  Digest closed_by{};              // txid
  int64_t run_us = 0;
  Amount paid_provider;
  std::vector<Payout> paid_authors;
  Amount fee;
  Amount refunded;
  Amount slashed;

  LeaseTerms lease_terms() const;
};

// Who leased it, or is to; zero: whoever comes.
AccountId provider_of(const EscrowState& escrow);

struct AttributionState {
  Attribution attribution;
  AccountId registrar;
  int64_t registered_ms = 0;
};

// A key other than an account's first, or the first one once it has left force.
struct KeyState {
  AccountId account;
  KeyScope scope;
  Amount spent;                    // of a key for runs: paid, or in escrow
  int64_t since_ms = 0;
  int64_t until_ms = 0;            // 0: in force
};

struct Unbonding {
  Amount amount;
  int64_t due_ms = 0;
};
struct BondState {
  Amount locked;                   // by leases
  std::vector<Unbonding> unbonding;
};

struct RepositoryState {
  RepositoryId repository;
  int64_t revision = 0;
  Digest document{};               // hash of the newest identity document
  std::vector<AccountId> delegates;
  int64_t threshold = 1;
  int64_t anchors = 0;             // how many heads have been anchored
  std::string commit, tree;        // the newest anchor's; empty: none
};

struct FingerprintState {
  FingerprintRegister registered;
  AccountId registrar;
  int64_t registered_ms = 0;
};

struct PublishedState {
  Digest leaf{};                   // its SHA-256
  AccountId publisher;
  int64_t published_ms = 0;
};

struct PoolState {
  Amount received;                 // in all; what it still holds is its balance
};
struct DrawState {
  Amount drawn;                    // by one payee
};

struct ClaimState {
  AccountId to;
  int64_t sequence = 0;
};

struct ParametersState {
  Parameters parameters;
  int64_t sequence = 0;
};

struct Balance {
  Amount amount;
};

// Everything of the state but accounts, by what comes before the '/' in its key.
using Row = std::variant<OfferState, EscrowState, AttributionState, KeyState, BondState, RepositoryState, FingerprintState, PublishedState,
                         PoolState, DrawState, ClaimState, ParametersState, Balance>;

// What a record is looked up by beside its key: offer: n price a second. Escrow: a payer, b provider, n deadline. Attribution: a repository,
// b commit, n when registered. Key: a account, n since when.
struct Lookup {
  std::optional<std::string> a, b;
  std::optional<int64_t> n;
};
Lookup lookup_of(const Row& row);

Json to_json(const Row& row);
// Of the row that lies under `key`; throws `verification` for a damaged one.
Row row_from_json(std::string_view key, const Json& value);
Row row_from_text(std::string_view key, std::string_view text);  // of the store, which may be damaged: throws `verification`

// Keys, with ids as raw bytes.
std::string offer_key(const AccountId& account, const NodeId& node);
std::string escrow_key(const Digest& id);
std::string attribution_key(const Digest& digest);
std::string key_key(const PublicKey& key);
std::string bond_key(const AccountId& account);
std::string repository_key(const RepositoryId& id);
std::string fingerprint_key(const RepositoryId& id, std::string_view commit);
std::string published_key(const RepositoryId& id, std::string_view commit, int64_t index);
std::string pool_key(const Digest& attribution);
std::string draw_key(const Digest& attribution, std::string_view payee);
std::string claim_key(const RepositoryId& id, std::string_view payee);
inline constexpr const char* kParametersKey = "parameters/";

// Whatever can hold money. Money only ever moves from one of them to another.
struct Holder {
  enum class Kind : char { account = 'a', escrow = 'e', bond = 'b', unclaimed = 'u', pool = 'p' };
  Kind kind = Kind::account;
  std::string id;                  // raw bytes

  static Holder of(const AccountId& account);
  static Holder escrow(const Digest& id);
  static Holder bond(const AccountId& account);
  static Holder unclaimed(const RepositoryId& repository, std::string_view payee);
  static Holder pool(const Digest& attribution);

  std::string bytes() const;                                  // kind, then id
  static std::optional<Holder> from_bytes(std::string_view bytes);
  std::string text() const;                                   // "ain1…", "escrow:HEX", "bond:ain1…", "unclaimed:HEX@repo1…", "pool:HEX"
  auto operator<=>(const Holder&) const = default;
};
struct Movement {
  Holder holder;
  int64_t delta = 0;               // µAIN
};

}  // namespace ain::ledger
