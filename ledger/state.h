// The state of the ledger in memory over what the store holds. It has two layers: what one transaction writes, which discard() forgets or
// accept() keeps, and what the accepted ones of a block wrote together, which flush() takes to the store. So a refusal costs nothing to
// undo, and a row that many transactions of a block touch is written once. Internal to the ledger.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/sqlite.h"
#include "ledger/records.h"

namespace ain::ledger {

struct AccountRow {
  AccountId account;
  Amount available;
  int64_t nonce = 0;
  bool faucet_taken = false;
  int64_t full_keys = 1;      // in force that may do everything; the first key counts until it leaves force
  bool first_key = true;      // the first key is in force
};

// Called with the key and the value of each row as the state root sees it; no value: the row is gone.
using RowSink = std::function<void(const std::string& key, const std::optional<std::string>& value)>;

class State {
 public:
  explicit State(Database& db);

  AccountRow account(const AccountId& id);  // zero for one never seen
  void put(const AccountRow& row);          // its money only ever changes by move()

  template <typename T>
  std::optional<T> get(const std::string& key) {
    const std::optional<Row>& row = find(key);
    return row ? std::optional<T>(std::get<T>(*row)) : std::nullopt;
  }
  void put(const std::string& key, Row row) { transaction_.rows[key] = std::move(row); }
  void erase(const std::string& key) { transaction_.rows[key] = std::nullopt; }
  int64_t stored_id(const AccountId& id);   // the store's integer for an account that was flushed once
  std::vector<OfferState> offers_of(const AccountId& account);  // by node

  Amount balance(const Holder& holder);
  // False, and nothing happens, when `from` holds less. This is the only way money moves, so none is ever made or lost.
  bool move(const Holder& from, const Holder& to, Amount amount);
  void mint(const Holder& to, Amount amount);                   // genesis alone

  bool dirty() const;                                           // the transaction has written
  // What the transaction moved, by holder; without those that it left as they were, but with its sender.
  std::vector<Movement> movements(const AccountId& sender) const;
  std::vector<std::string> keys() const;                        // of the rows that the transaction wrote
  // SHA-256 over the rows that the transaction wrote, as the state root has them: what the log says came of it.
  Digest writes() const;

  void accept();
  void discard();
  void flush(const RowSink& sink);  // writes to the store, inside the caller's SQL transaction
  void forget();                    // the block and everything read so far: after a commit that failed

 private:
  using Rows = std::map<std::string, std::optional<Row>>;
  struct Layer {
    std::map<AccountId, AccountRow> accounts;
    Rows rows;
  };
  struct Known {
    AccountRow row;
    int64_t id = 0;             // the store's integer for the account; 0: it has none yet
    bool changed = false;       // since the last flush
  };
  static constexpr size_t kAccountsKeptMax = 1 << 20;

  const std::optional<Row>& find(const std::string& key);
  Known& known(const AccountId& id);
  void change(const Holder& holder, int64_t delta);

  Database& db_;
  Layer transaction_;
  Rows block_;
  std::map<Holder, int64_t> moved_;
  struct HashId {
    size_t operator()(const AccountId& id) const { return std::hash<std::string_view>()(as_view(id.bytes)); }
  };
  std::unordered_map<AccountId, Known, HashId> accounts_;       // as the block left them; only looked up, so that no order of theirs is seen
  std::vector<AccountId> changed_;                              // those that the block wrote
  Rows read_;                                                   // read for the current block
  std::optional<Statement> get_account_, put_account_, get_row_, put_row_, erase_row_, offers_of_;
};

// Every row of the stored state, as flush() reported it once. Decodes nothing, so a damaged row yields another key or value.
void each_state_row(Database& db, const RowSink& sink);

// An account's row as the state root has it; nothing for one never seen.
std::optional<std::pair<std::string, std::string>> account_state_row(Database& db, const AccountId& account);
// What such a row says; nothing where it is none.
std::optional<AccountRow> account_of_row(std::string_view key, std::string_view value);

// The sum of what all holders have.
Amount total_money(Database& db);

}  // namespace ain::ledger
