#include "ledger/store.h"

#include "base/files.h"

namespace ain::ledger {
namespace {

// Append only: a store of an older version gets the steps it lacks.
constexpr std::array kMigrations{R"sql(
CREATE TABLE meta (name TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE tx (
  height INTEGER PRIMARY KEY,
  txid BLOB NOT NULL,
  time_ms INTEGER NOT NULL,
  account BLOB NOT NULL,
  type TEXT NOT NULL,
  envelope TEXT NOT NULL,
  root BLOB NOT NULL,
  leaf BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX tx_by_txid ON tx (txid);
CREATE INDEX tx_by_time ON tx (time_ms);
CREATE TABLE touch (account BLOB NOT NULL, height INTEGER NOT NULL, PRIMARY KEY (account, height)) STRICT, WITHOUT ROWID;

CREATE TABLE account (
  id BLOB PRIMARY KEY,
  available INTEGER NOT NULL,
  nonce INTEGER NOT NULL,
  faucet_taken INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE offer (
  account BLOB NOT NULL,
  node BLOB NOT NULL,
  price INTEGER NOT NULL,
  expires_ms INTEGER NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (account, node)
) STRICT, WITHOUT ROWID;
CREATE INDEX offer_by_price ON offer (price, account, node);
CREATE TABLE attribution (
  digest BLOB PRIMARY KEY,
  registrar BLOB NOT NULL,
  repository TEXT NOT NULL,
  tree TEXT NOT NULL,
  value TEXT NOT NULL
) STRICT;
CREATE INDEX attribution_by_tree ON attribution (repository, tree, registrar);
CREATE TABLE escrow (
  id BLOB PRIMARY KEY,
  opened_height INTEGER NOT NULL,
  payer BLOB NOT NULL,
  provider BLOB NOT NULL,
  phase INTEGER NOT NULL,
  deadline_ms INTEGER NOT NULL,
  deposit INTEGER NOT NULL,
  value TEXT NOT NULL
) STRICT;
CREATE INDEX escrow_by_payer ON escrow (payer, opened_height);
CREATE INDEX escrow_by_provider ON escrow (provider, opened_height);
CREATE INDEX escrow_by_deadline ON escrow (deadline_ms) WHERE phase < 2;
CREATE TABLE unclaimed (payee TEXT PRIMARY KEY, amount INTEGER NOT NULL) STRICT, WITHOUT ROWID;
)sql"};

}  // namespace

Database open_store(const std::filesystem::path& folder) {
  make_private_folder(folder);
  Database db = Database::open(folder / kStoreFile, Durability::full);
  db.migrate(kMigrations);
  return db;
}

Database open_store_readonly(const std::filesystem::path& folder) {
  return Database::open_readonly(folder / kStoreFile);
}

Database open_scratch_store() {
  Database db = Database::open(":memory:", Durability::normal);
  db.migrate(kMigrations);
  return db;
}

std::optional<std::string> get_meta(Database& db, std::string_view name) {
  Statement row = db.prepare("SELECT value FROM meta WHERE name = ?");
  if (!row.bind_text(name).step()) return std::nullopt;
  return row.blob(0);
}

void put_meta(Database& db, std::string_view name, std::string_view value) {
  db.prepare(
        "INSERT INTO meta (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = "
        "excluded.value")
      .bind_text(name)
      .bind_blob(value)
      .run();
}

LogWriter::LogWriter(Database& db)
    : insert_(db.prepare("INSERT INTO tx (height, txid, time_ms, account, type, envelope, root, leaf) "
                         "VALUES (?, ?, ?, ?, ?, ?, ?, ?)")),
      touch_(db.prepare("INSERT INTO touch (account, height) VALUES (?, ?)")) {}

void LogWriter::insert(const TxRow& row) {
  insert_.reset();
  insert_.bind(row.height)
      .bind_blob(as_view(row.txid))
      .bind(row.time_ms)
      .bind_blob(as_view(row.account.bytes))
      .bind_text(row.type)
      .bind_text(row.envelope)
      .bind_blob(as_view(row.root))
      .bind_blob(as_view(row.leaf))
      .run();
}

void LogWriter::touch(const AccountId& account, int64_t height) {
  touch_.reset();
  touch_.bind_blob(as_view(account.bytes)).bind(height).run();
}

}  // namespace ain::ledger
