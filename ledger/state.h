// The state of the ledger: typed rows over the store's tables. What a transaction writes stays in memory
// until flush(), so a refusal costs nothing to undo, and every row reaches the store and the state root once.
// Internal to the ledger.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/sqlite.h"
#include "ledger/ledger.h"

namespace ain::ledger {

struct AccountRow {
  AccountId account;
  Amount available;
  int64_t nonce = 0;
  bool faucet_taken = false;
};

// Called with the key and the value of each row as the state root sees it; no value: the row is gone.
using RowSink = std::function<void(const std::string& key, const std::optional<std::string>& value)>;

class State {
 public:
  explicit State(Database& db);

  AccountRow account(const AccountId& id);  // zero for one never seen
  std::optional<OfferState> offer(const AccountId& account, const NodeId& node);
  std::vector<OfferState> offers_of(const AccountId& account);  // as of the last flush, by node
  std::optional<Attribution> attribution(const Digest& digest);
  std::optional<EscrowState> escrow(const Digest& id);
  Amount unclaimed(const std::string& payee);

  void put(const AccountRow& row);
  void put(const OfferState& row);
  void put(const Digest& digest, const AccountId& registrar, const Attribution& row);
  void put(const EscrowState& row);
  void put_unclaimed(const std::string& payee, Amount amount);
  void erase_offer(const AccountId& account, const NodeId& node);

  // What the rows written since the last flush add to accounts, open escrows and unclaimed together. A
  // transaction that neither makes nor destroys money leaves it at zero.
  Amount imbalance() const { return imbalance_; }
  bool dirty() const;
  std::vector<AccountId> touched() const;  // accounts written since the last flush, sorted

  void flush(const RowSink& sink);  // writes to the store, inside the caller's SQL transaction
  void discard();

 private:
  using OfferKey = std::pair<AccountId, NodeId>;

  Statement& query(std::optional<Statement>& statement, std::string_view sql);
  void write_accounts(const RowSink& sink);
  void write_offers(const RowSink& sink);
  void write_attributions(const RowSink& sink);
  void write_escrows(const RowSink& sink);
  void write_unclaimed(const RowSink& sink);

  Database& db_;
  std::map<AccountId, AccountRow> accounts_;
  std::map<OfferKey, std::optional<OfferState>> offers_;
  std::map<Digest, std::pair<AccountId, Attribution>> attributions_;
  std::map<Digest, EscrowState> escrows_;
  std::map<std::string, Amount> unclaimed_;
  Amount imbalance_;

  std::optional<Statement> get_account_, get_offer_, get_offers_of_, get_attribution_, get_escrow_, get_unclaimed_;
  std::optional<Statement> put_account_, put_offer_, erase_offer_, put_attribution_, put_escrow_,
      put_unclaimed_;
};

// Every row of the stored state, as flush() reported it once. Decodes nothing, so a damaged row yields
// another key or value.
void each_state_row(Database& db, const RowSink& sink);

bool holds_money(EscrowPhase phase);  // open or leased: the deposit is in escrow

}  // namespace ain::ledger
