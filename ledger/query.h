// Questions to a store, each one SQL statement over whatever connection is given. Internal to the ledger.
#pragma once

#include "base/sqlite.h"
#include "ledger/ledger.h"
#include "ledger/log.h"

namespace ain::ledger {

// The last transaction's place, or height 0 in an empty log.
struct Tip {
  int64_t height = 0;
  int64_t time_ms = 0;
  Digest root{};
};
Tip query_tip(Database& db);
LogTree query_log(Database& db);  // throws `verification` when the store lost it

AccountState query_account(Database& db, const AccountId& id);
std::optional<EscrowState> query_escrow(Database& db, const Digest& id);
std::vector<EscrowState> query_escrows_of(Database& db, const AccountId& id);
std::vector<Digest> query_overdue(Database& db, int64_t time_ms);
std::vector<OfferState> query_offers(Database& db, int64_t time_ms);
std::optional<Attribution> query_attribution(Database& db, const Digest& digest);
// The first that was registered of a commit.
std::optional<Attribution> query_attribution_of(Database& db, const std::string& repository, const std::string& commit);
std::vector<Attribution> query_attributions_by(Database& db, const AccountId& registrar, const std::string& repository,
                                               const std::string& tree);
std::vector<Payout> query_unclaimed(Database& db);
std::vector<LogEntry> query_log_entries(Database& db, int64_t after_height);
std::vector<HistoryEntry> query_history(Database& db, const HistoryQuery& query);
std::optional<Applied> query_applied(Database& db, const Digest& txid);
std::optional<HistoryEntry> query_transaction(Database& db, const Digest& txid);
std::vector<Digest> query_transactions_from(Database& db, std::string_view hex_prefix, int64_t limit);
std::vector<Digest> query_escrows_from(Database& db, std::string_view hex_prefix, int64_t limit);
Supply query_supply(Database& db, Amount minted);

}  // namespace ain::ledger
