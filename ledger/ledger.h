// The ledger of one network on one machine: a deterministic state machine over SQLite with one writer. Block time and height
// come in from outside. Thread-safe: one Ledger object serves all threads of a node.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ledger/genesis.h"
#include "ledger/log.h"
#include "ledger/records.h"
#include "ledger/refusal.h"
#include "ledger/transaction.h"

namespace ain::ledger {

struct Applied {
  Refusal refusal = Refusal::none;
  std::string reason;      // for people, when refused
  Digest txid{};
  int64_t index = -1;      // its place in the log, 0, 1, …; -1 when refused, as refusals are not logged
  int64_t height = 0;      // of its block, 1, 2, …; 0 when refused
  int64_t time_ms = 0;     // block time
  bool replayed = false;   // this very envelope had been applied before; nothing happened again
};

struct AccountState {
  AccountId account;
  Amount available;
  Amount escrowed;         // in open escrows that this account pays
  Amount bonded;
  int64_t nonce = 0;       // of the last applied transaction
  bool faucet_taken = false;
};

struct HistoryEntry {
  Digest txid{};
  int64_t index = 0;
  int64_t height = 0;
  int64_t time_ms = 0;
  std::string envelope;
  Transaction transaction;
  std::vector<Movement> movements;  // what it moved, from whom to whom
};

// One applied transaction as the log holds it: what anybody needs to replay it.
struct LogEntry {
  int64_t index = 0;
  int64_t height = 0;
  int64_t time_ms = 0;
  std::string envelope;
  Digest writes{};             // hash of the rows that it wrote: what the log says came of it
  std::optional<Digest> root;  // of the state, after the last transaction of a block
};
inline constexpr int64_t kLogRowsMax = 1000;        // of one answer,
inline constexpr int64_t kLogBytesMax = 4 << 20;    // or so many bytes of envelopes

struct HistoryQuery {
  std::optional<AccountId> account;      // sender, or anybody whose money it moved
  std::optional<std::string> type;
  std::optional<std::string> subject;    // raw bytes of the repository, escrow or job that it is about
  int64_t since_ms = 0;
  int64_t from_index = 0;
  int64_t before_index = INT64_MAX;
  bool newest = false;                   // the last of them instead of the first, in the same order
  int64_t limit = 1000;                  // at most kHistoryRowsMax; an answer is shorter where its envelopes pass kLogBytesMax
};
inline constexpr int64_t kHistoryRowsMax = 10'000;

struct UnclaimedQuery {
  std::optional<RepositoryId> repository;  // nothing: every one
  std::optional<Holder> after;             // the last of the page before
};
inline constexpr int64_t kUnclaimedRowsMax = 1000;

struct VerifyReport {
  int64_t transactions = 0;
  int64_t height = 0;
  Digest root{};
  std::string checkpoint;                // C2SP checkpoint text, signed by the sequencer when its key is at hand
  std::vector<std::string> problems;     // each names the transaction; empty: all is well
};

struct Supply {
  Amount minted, accounts, escrowed, bonded, unclaimed, pooled;  // minted = the sum of the others, always
};
inline constexpr size_t kBlockTransactionsMax = 1024;

class Ledger {
 public:
  // Creates the store in `folder` for that genesis, or opens it; throws `verification` when it holds another network.
  // `sequencer` signs checkpoints; without it the ledger still works.
  Ledger(const std::filesystem::path& folder, const Genesis& genesis, std::shared_ptr<const Signer> sequencer = nullptr);
  ~Ledger();

  const Genesis& genesis() const;
  const std::string& network() const;  // network_id(genesis())

  // Applies one envelope at block time `time_ms` (never earlier than the last block's: it is raised to that). Durable on
  // return. Applying the same envelope again answers as the first time with `replayed`. Transactions that wait at the same time share a
  // block, and so one write to the disk.
  Applied submit(std::string_view envelope, int64_t time_ms);
  // Several, in this order; each stands for itself.
  std::vector<Applied> submit(const std::vector<std::string>& envelopes, int64_t time_ms);

  // The next blocks, whole, of a log that another node keeps, with its heights and times. What comes of each transaction is compared with what
  // the entries say: the first that differs throws Divergence (ledger/replay.h). Then `approve` sees log and state with them; where it
  // throws, as at a divergence, nothing has happened. Durable on return.
  using Approval = std::function<void(const LogTree& log, const StateAt& state)>;
  void follow(const std::vector<LogEntry>& entries, const Approval& approve);
  // One of this log, signed, that holds; cosigned, perhaps. It is what checkpoint() says where there is no sequencer's key, and as long as
  // nothing has followed it.
  void keep_checkpoint(std::string_view text);
  std::optional<std::string> kept_checkpoint() const;
  // The log's size as soon as it is beyond `size`, or after `wait_ms`.
  int64_t wait_beyond(int64_t size, int64_t wait_ms) const;

  AccountState account(const AccountId& account) const;             // zero for one never seen
  std::optional<EscrowState> escrow(const Digest& id) const;
  std::vector<EscrowState> escrows_of(const AccountId& payer_or_provider) const;  // newest first, at most 1000
  std::vector<Digest> overdue(int64_t time_ms) const;               // escrows that Reap would take, at most 1000
  std::vector<OfferState> offers(int64_t time_ms) const;            // not expired; by price, then account
  std::optional<Attribution> attribution(const Digest& digest) const;
  std::optional<KeyState> key(const PublicKey& key) const;          // nothing: it is at most its own account's first key, in force
  std::vector<std::pair<PublicKey, KeyState>> keys_of(const AccountId& account) const;  // but the first one, oldest first
  std::optional<RepositoryState> repository(const RepositoryId& id) const;
  std::optional<FingerprintState> fingerprints(const RepositoryId& id, const std::string& commit) const;
  std::optional<BondState> bond(const AccountId& account) const;
  std::optional<ClaimState> claim(const RepositoryId& id, const std::string& payee) const;
  ParametersState parameters() const;
  std::optional<Attribution> attribution_of(const std::string& repository, const std::string& commit) const;  // the first registered
  // What `registrar` registered for one tree of a repository, in the order of the digests; at most kPayeesMax of them.
  std::vector<AttributionState> attributions_by(const AccountId& registrar, const std::string& repository, const std::string& tree) const;
  // What waits for somebody to claim it, by repository and e-mail's hash; a page of kUnclaimedRowsMax at most.
  std::vector<std::pair<Holder, Amount>> unclaimed(const UnclaimedQuery& query = {}) const;
  std::vector<HistoryEntry> history(const HistoryQuery& query) const;
  std::optional<Applied> applied(const Digest& txid) const;
  std::optional<HistoryEntry> transaction(const Digest& txid) const;
  // The ids that begin with these hex digits, in order; at most `limit`.
  std::vector<Digest> transactions_from(std::string_view hex_prefix, int64_t limit) const;
  std::vector<Digest> escrows_from(std::string_view hex_prefix, int64_t limit) const;
  Supply supply() const;
  Digest root() const;
  int64_t height() const;        // blocks
  int64_t size() const;          // transactions
  std::string checkpoint() const;   // of now, signed, where the sequencer's key is at hand; else the one that was kept
  LogTree log_tree() const;
  Digest log_root(int64_t size) const;  // of its first `size` transactions; throws `usage` where it has not so many
  // After its first `size` transactions, 0: the genesis'; nothing where no block ended there.
  std::optional<StateAt> state_at(int64_t size) const;
  // The log as C2SP tiles (ledger/tiles.h); nothing where it has not so many entries yet.
  std::optional<std::string> tile(int level, int64_t number, int64_t width) const;
  std::optional<std::string> entries(int64_t number, int64_t width) const;
  std::vector<Digest> consistency(int64_t earlier, int64_t size) const;  // throws `usage` for sizes that it never had
  std::optional<std::string> receipt(const Digest& txid) const;          // ledger/receipt.h; nothing for an unknown transaction
  std::optional<std::string> balance_proof(const AccountId& account) const;  // ledger/balance_proof.h; nothing for one never seen
  std::vector<LogEntry> log(int64_t from_index) const;  // the next of them, as many as fit kLogRowsMax and kLogBytesMax

  // Throws `verification` when the state is not what the last transaction left, or the log lost its end. Cheap beside verify(): a
  // node asks before it serves.
  void check() const;

  // Replays the stored log from genesis into a scratch state and compares everything: signatures, ids, chain of roots, final
  // state, supply. `progress(done, total)` may be empty.
  VerifyReport verify(const std::function<void(int64_t, int64_t)>& progress = {}) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// What verify() finds, and how the log began when it had `earlier` transactions: a log only ever grows.
struct Verification {
  VerifyReport report;
  std::optional<Digest> earlier_log_root;  // nothing: it is shorter
  Digest log_root{};
};
// Verifies the store in `folder` as it lies there, read-only: no node need run, and it may be damaged.
Verification verify_folder(const std::filesystem::path& folder, const Genesis& genesis, int64_t earlier,
                           const Signer* sequencer = nullptr, const std::function<void(int64_t, int64_t)>& progress = {});
bool holds_ledger(const std::filesystem::path& folder);

// JSON as the API and the command line show it. Amounts are integer µAIN, ids in text form, digests in hex.
Json to_json(const AccountState& account);
Json to_json(const HistoryEntry& entry);       // {txid, index, height, time, type, account, nonce, code, body, movements[]{holder, delta}}
Json to_json(const Applied& applied);
Json to_json(const VerifyReport& report);
Json to_json(const LogEntry& entry);
AccountState account_state_from_json(const Json& value);
OfferState offer_state_from_json(const Json& value);
EscrowState escrow_state_from_json(const Json& value);
ParametersState parameters_state_from_json(const Json& value);
KeyState key_state_from_json(const Json& value);
BondState bond_state_from_json(const Json& value);
RepositoryState repository_state_from_json(const Json& value);
FingerprintState fingerprint_state_from_json(const Json& value);
ClaimState claim_state_from_json(const Json& value);
Applied applied_from_json(const Json& value);
LogEntry log_entry_from_json(const Json& value);

}  // namespace ain::ledger
