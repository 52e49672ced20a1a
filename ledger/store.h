// The tables of a ledger's store: `meta`, the log (`tx`, `touch`) and the state (`account`, `offer`,
// `attribution`, `escrow`, `unclaimed`). docs/ledger.md describes each column. Internal to the ledger.
#pragma once

#include <array>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "base/hash.h"
#include "base/ids.h"
#include "base/sqlite.h"

namespace ain::ledger {

// A state table with all its columns and its order, for dumping and comparing; the primary key's columns come
// first.
struct StateTable {
  const char* name;
  const char* columns;
  int column_count;
  int key_count;
};
inline constexpr std::array<StateTable, 5> kStateTables{{
    {"account", "id, available, nonce, faucet_taken", 4, 1},
    {"attribution", "digest, registrar, repository, tree, value", 5, 1},
    {"escrow", "id, opened_height, payer, provider, phase, deadline_ms, deposit, value", 8, 1},
    {"offer", "account, node, price, expires_ms, value", 5, 2},
    {"unclaimed", "payee, amount", 2, 1},
}};

inline constexpr const char* kStoreFile = "ledger.db";

Database open_store(const std::filesystem::path& folder);  // creates and migrates
Database open_store_readonly(const std::filesystem::path& folder);
Database open_scratch_store();  // in memory, empty

std::optional<std::string> get_meta(Database& db, std::string_view name);
void put_meta(Database& db, std::string_view name, std::string_view value);

// A row of the log: what was applied, when, and the state root and log leaf that followed.
struct TxRow {
  int64_t height = 0;
  Digest txid{};
  int64_t time_ms = 0;
  AccountId account;
  std::string type;
  std::string envelope;
  Digest root{};
  Digest leaf{};
};

// Appends to the log inside the caller's SQL transaction.
class LogWriter {
 public:
  explicit LogWriter(Database& db);
  void insert(const TxRow& row);
  void touch(const AccountId& account, int64_t height);  // the account's history shows that transaction

 private:
  Statement insert_, touch_;
};

}  // namespace ain::ledger
