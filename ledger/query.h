// Questions to a store, over whatever connection is given. Internal to the ledger.
#pragma once

#include "base/sqlite.h"
#include "ledger/ledger.h"
#include "ledger/log.h"

namespace ain::ledger {

// The last block, or height 0 in an empty log.
struct Tip {
  int64_t height = 0;
  int64_t time_ms = 0;
  int64_t size = 0;      // transactions
  Digest root{};
};
Tip query_tip(Database& db);
std::optional<StateAt> query_state_at(Database& db, int64_t size);  // size > 0; nothing where no block ended there
LogTree query_log(Database& db);  // throws `verification` when the store lost it

// The record under a key, if there is one.
template <typename T>
std::optional<T> query_row(Database& db, const std::string& key) {
  Statement row = db.prepare("SELECT value FROM state WHERE key = ?");
  if (!row.bind_blob(key).step()) return std::nullopt;
  return std::get<T>(row_from_text(key, row.text(0)));
}

AccountState query_account(Database& db, const AccountId& id);
std::vector<EscrowState> query_escrows_of(Database& db, const AccountId& id);
std::vector<Digest> query_overdue(Database& db, int64_t time_ms);
std::vector<OfferState> query_offers(Database& db, int64_t time_ms);
// The first that was registered of a commit.
std::optional<Attribution> query_attribution_of(Database& db, const std::string& repository, const std::string& commit);
std::vector<AttributionState> query_attributions_by(Database& db, const AccountId& registrar, const std::string& repository,
                                               const std::string& tree);
std::vector<std::pair<PublicKey, KeyState>> query_keys_of(Database& db, const AccountId& account);
std::vector<std::pair<Holder, Amount>> query_unclaimed(Database& db, const UnclaimedQuery& query);
std::vector<LogEntry> query_log_entries(Database& db, int64_t from_index, int64_t limit = kLogRowsMax);
// What is asked of each chapter, or of the whole log where there is no account or subject: whatever the filter, it scans none.
std::string history_sql(const HistoryQuery& query);
std::string index_sql();
std::string transactions_from_sql();
std::vector<HistoryEntry> query_history(Database& db, const HistoryQuery& query);
std::optional<Applied> query_applied(Database& db, const Digest& txid);
std::optional<Applied> query_applied_lately(Database& db, const Digest& txid);  // in the newest chapter
std::optional<HistoryEntry> query_transaction(Database& db, const Digest& txid);
std::vector<Digest> query_transactions_from(Database& db, std::string_view hex_prefix, int64_t limit);
std::vector<Digest> query_escrows_from(Database& db, std::string_view hex_prefix, int64_t limit);
Supply query_supply(Database& db, Amount minted);

}  // namespace ain::ledger
