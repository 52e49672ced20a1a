// The ledger as everybody but its keeper sees it: over HTTP, or in the same process for the node that keeps it.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "exec/attribution.h"
#include "ledger/ledger.h"
#include "remote/http/client.h"
#include "remote/publications.h"
#include "remote/published_index.h"

namespace ain::remote {

// Of several envelopes in one request, one a line; a single one comes as JSON.
inline constexpr const char* kEnvelopesType = "application/jose";

inline constexpr int64_t kWaitMaxMs = 30'000;  // of one long poll

using KeyStates = std::vector<std::pair<PublicKey, ledger::KeyState>>;
using Unclaimed = std::vector<std::pair<ledger::Holder, Amount>>;

class LedgerClient {
 public:
  virtual ~LedgerClient() = default;
  // A refusal is an answer, not an error. Throws `unreachable` when nobody answers.
  virtual ledger::Applied submit(const std::string& envelope) = 0;
  // Several in one request, in this order; each stands for itself. At most kBlockTransactionsMax.
  virtual std::vector<ledger::Applied> submit(const std::vector<std::string>& envelopes) = 0;
  virtual ledger::AccountState account(const AccountId& account) = 0;
  virtual std::optional<ledger::EscrowState> escrow(const Digest& id) = 0;
  virtual std::vector<ledger::EscrowState> escrows_of(const AccountId& account) = 0;
  virtual std::vector<ledger::OfferState> offers() = 0;
  virtual ledger::ParametersState parameters() = 0;
  virtual std::optional<ledger::KeyState> key(const PublicKey& key) = 0;       // as Ledger::key
  virtual KeyStates keys_of(const AccountId& account) = 0;                     // but the first one, oldest first
  virtual ledger::BondState bond(const AccountId& account) = 0;
  virtual std::optional<ledger::RepositoryState> repository(const RepositoryId& id) = 0;
  virtual std::optional<ledger::FingerprintState> fingerprints(const RepositoryId& id, const std::string& commit) = 0;
  // What is published, as PublishedIndex has it; moments are sizes of the log.
  virtual int64_t published_newest(int64_t until) = 0;
  virtual std::optional<repo::Holders> holders(const HoldersQuery& query) = 0;
  virtual std::vector<std::string> leaves(std::span<const Digest> digests) = 0;  // at most repo::kAskedLeavesMax; throws `failed` for one unknown
  virtual std::vector<int64_t> published_places(const RepositoryId& id, const std::string& commit) = 0;
  virtual std::optional<ledger::ClaimState> claim(const RepositoryId& id, const std::string& payee) = 0;
  virtual Unclaimed unclaimed(const ledger::UnclaimedQuery& query) = 0;        // a page of it; empty at its end
  virtual std::optional<Attribution> attribution(const Digest& digest) = 0;
  // The first that was registered of a commit.
  virtual std::optional<Attribution> attribution_of(const std::string& repository, const std::string& commit) = 0;
  virtual std::vector<ledger::AttributionState> attributions_by(const AccountId& registrar, const std::string& repository,
                                                   const std::string& tree) = 0;
  virtual Json history(const ledger::HistoryQuery& query) = 0;                 // a list of entries
  virtual Json await(const ledger::HistoryQuery& query, int64_t wait_ms) = 0;  // the same, once there are some, or after `wait_ms` without
  virtual std::optional<Json> transaction(const Digest& txid) = 0;             // entry with envelope
  // The ids, in hex, that begin with these hex digits, in order: the first kIdMatchesShownMax + 1 of them.
  virtual std::vector<std::string> transactions_from(const std::string& hex_prefix) = 0;
  virtual std::vector<std::string> escrows_from(const std::string& hex_prefix) = 0;
  virtual std::vector<ledger::LogEntry> log(int64_t from_index) = 0;           // a page of it; empty at its end
  virtual std::string checkpoint() = 0;
  virtual std::optional<std::string> cosigned() = 0;                           // the newest checkpoint with a witness's word
  virtual void hand_in(const std::string& checkpoint) = 0;                     // one that this witness has cosigned; throws `refused`
  // Proof that the log of `size` transactions begins with that of `earlier` (RFC 6962, 2.1.2).
  virtual std::vector<Digest> consistency(int64_t earlier, int64_t size) = 0;
  virtual std::optional<std::string> receipt(const Digest& txid) = 0;          // text of a tlog-proof (ledger/receipt.h)
  virtual std::optional<std::string> balance_proof(const AccountId& account) = 0;  // ledger/balance_proof.h
};

// Whether the key may sign for the account on the ledger now, for everything or for runs.
bool speaks_for(LedgerClient& ledger, const PublicKey& key, const AccountId& account);

// A provider's bond, from two answers, between which something may have moved.
struct Bond {
  Amount bonded, locked;            // in all; by leases
  std::vector<ledger::Unbonding> unbonding;
  Amount standing() const;          // what is not on its way out
  Amount free() const;              // nor locked
};
Bond bond_of(LedgerClient& ledger, const AccountId& account);

// What exec/attribution asks of the ledger, as of when its log was so long: now, by default. The client must outlive it.
exec::OnLedger seen_on(LedgerClient& ledger, int64_t until = ledger::kTimeMaxMs);
// How long the log was before the blocks of that time.
int64_t log_size_before(LedgerClient& ledger, int64_t time_ms);

// `cancelled` is asked about once a second while it waits; true ends the request with Error `stopped`.
std::unique_ptr<LedgerClient> http_ledger(Endpoint node, std::function<bool()> cancelled = {});
std::unique_ptr<LedgerClient> own_ledger(ledger::Ledger& ledger, PublishedIndex* published = nullptr);  // without: nothing is published

// Signs and sends the transactions of one account, one after the other, so that its nonces never race in this process; a nonce that
// another process took is asked for again. Thread-safe.
class AccountSender {
 public:
  AccountSender(LedgerClient& ledger, std::string network, const AccountId& account, const Signer& signer);
  // `renew` gives the key that speaks for the account now: asked when the ledger says that the one at hand has left force.
  AccountSender(LedgerClient& ledger, std::string network, const AccountId& account, std::function<const Signer&()> renew);

  // `before` gets the envelope before it is sent, to be written down: its txid is known, so a crash can find out later what came of
  // it. Throws Error of refusal_kind() when the ledger refuses.
  ledger::Applied send(const ledger::Body& body, const std::function<void(const std::string&)>& before = {});
  // The same, returning a refusal instead of throwing.
  ledger::Applied try_send(const ledger::Body& body, const std::function<void(const std::string&)>& before = {});
  // Several in one transaction: all of them happen, or none.
  ledger::Applied try_send(const ledger::Batch& batch);

  const AccountId& account() const { return account_; }
  const Signer& signer() const { return *signer_; }

 private:
  // The envelope with that nonce and end, by that key.
  using Sign = std::function<std::string(int64_t nonce, int64_t valid_until_ms, const Signer& signer)>;
  ledger::Applied try_send(const Sign& sign, const std::function<void(const std::string&)>& before);

  LedgerClient& ledger_;
  std::string network_;
  AccountId account_;
  std::function<const Signer&()> renew_;
  std::atomic<const Signer*> signer_;
  std::mutex mutex_;
};

[[noreturn]] void fail_refused(const ledger::Applied& applied);

}  // namespace ain::remote
