#include "ledger/store.h"

#include <array>

#include "base/encoding.h"
#include "base/files.h"

namespace ain::ledger {
namespace {

constexpr int kPageCacheKib = 64 << 10;   // SQLite's own 2 MB read most pages again for each block

// Append only: a store of an older version gets the steps it lacks.
// `state` holds every record under its key of the state root; a, b and n are what it is looked up by otherwise (records.h, Lookup).
constexpr std::array kMigrations{R"sql(
CREATE TABLE meta (name TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE block (
  height INTEGER PRIMARY KEY,
  time_ms INTEGER NOT NULL,
  size INTEGER NOT NULL,
  root BLOB NOT NULL,
  log BLOB NOT NULL
) STRICT;
CREATE INDEX block_by_time ON block (time_ms);
CREATE TABLE tx (
  idx INTEGER PRIMARY KEY,
  height INTEGER NOT NULL,
  txid BLOB NOT NULL,
  account INTEGER NOT NULL,
  type TEXT NOT NULL,
  envelope TEXT NOT NULL,
  writes BLOB NOT NULL
) STRICT;
CREATE INDEX tx_by_txid ON tx (substr(txid, 1, 8));
CREATE TABLE tile (level INTEGER NOT NULL, number INTEGER NOT NULL, hashes BLOB NOT NULL, PRIMARY KEY (level, number)) STRICT;
CREATE TABLE movement (idx INTEGER NOT NULL, account INTEGER NOT NULL, delta INTEGER NOT NULL, PRIMARY KEY (idx, account)) STRICT, WITHOUT ROWID;
CREATE INDEX movement_by_account ON movement (account, idx);
CREATE TABLE holding (idx INTEGER NOT NULL, holder BLOB NOT NULL, delta INTEGER NOT NULL, PRIMARY KEY (idx, holder)) STRICT, WITHOUT ROWID;
CREATE TABLE mention (subject BLOB NOT NULL, idx INTEGER NOT NULL, PRIMARY KEY (subject, idx)) STRICT, WITHOUT ROWID;

CREATE TABLE account (
  id INTEGER PRIMARY KEY,
  key BLOB NOT NULL UNIQUE,
  available INTEGER NOT NULL,
  nonce INTEGER NOT NULL,
  faucet_taken INTEGER NOT NULL,
  full_keys INTEGER NOT NULL,
  first_key INTEGER NOT NULL
) STRICT;
CREATE TABLE state (key BLOB PRIMARY KEY, value TEXT NOT NULL, a TEXT, b TEXT, n INTEGER) STRICT, WITHOUT ROWID;
CREATE INDEX offer_by_price ON state (n) WHERE key >= x'6f666665722f' AND key < x'6f6666657230';
CREATE INDEX escrow_by_payer ON state (a) WHERE key >= x'657363726f772f' AND key < x'657363726f7730';
CREATE INDEX escrow_by_provider ON state (b) WHERE key >= x'657363726f772f' AND key < x'657363726f7730';
CREATE INDEX escrow_by_deadline ON state (n) WHERE key >= x'657363726f772f' AND key < x'657363726f7730' AND n > 0;
CREATE INDEX attribution_by_commit ON state (a, b) WHERE key >= x'6174747269627574696f6e2f' AND key < x'6174747269627574696f6e30';
CREATE INDEX key_by_account ON state (a) WHERE key >= x'6b65792f' AND key < x'6b657930';
)sql",
                                 R"sql(
CREATE INDEX tx_by_type ON tx (type);
)sql",
                                 // By chapters of the log (kChapterBits).
                                 R"sql(
DROP INDEX tx_by_txid;
CREATE INDEX tx_by_txid ON tx (idx >> 15, substr(txid, 1, 8));
DROP INDEX movement_by_account;
CREATE INDEX movement_by_account ON movement (idx >> 15, account, idx);
ALTER TABLE mention RENAME TO mention_before;
CREATE TABLE mention (idx INTEGER NOT NULL, subject BLOB NOT NULL, PRIMARY KEY (idx, subject)) STRICT, WITHOUT ROWID;
INSERT INTO mention SELECT idx, subject FROM mention_before ORDER BY idx, subject;
CREATE INDEX mention_by_subject ON mention (idx >> 15, subject, idx);
DROP TABLE mention_before;
)sql"};

}  // namespace

Database open_store(const std::filesystem::path& folder) {
  make_private_folder(folder);
  Database db = Database::open(folder / kStoreFile, Durability::full);
  db.exec(fmt::format("PRAGMA cache_size = -{}", kPageCacheKib));
  db.exec(fmt::format("PRAGMA wal_autocheckpoint = {}", checkpoint_pages));
  db.migrate(kMigrations);
  return db;
}

Database open_store_readonly(const std::filesystem::path& folder) {
  return Database::open_readonly(folder / kStoreFile);
}

void check_version(Database& db, const std::filesystem::path& file) {
  Statement version = db.prepare("PRAGMA user_version");
  version.step();
  if (version.integer(0) > static_cast<int64_t>(kMigrations.size())) {
    fail_with_hint(ErrorKind::failed, "update ain", "'{}' was written by a newer ain (version {}, this one knows {})", file.string(),
                   version.integer(0), kMigrations.size());
  }
  if (version.integer(0) == 0) fail(ErrorKind::verification, "'{}' is no ledger", file.string());
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
  db.prepare("INSERT INTO meta (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value")
      .bind_text(name)
      .bind_blob(value)
      .run();
}

LogWriter::LogWriter(Database& db)
    : block_(db.prepare("INSERT INTO block (height, time_ms, size, root, log) VALUES (?, ?, ?, ?, ?)")),
      tx_(db.prepare("INSERT INTO tx (idx, height, txid, account, type, envelope, writes) VALUES (?, ?, ?, ?, ?, ?, ?)")),
      movement_(db.prepare("INSERT INTO movement (idx, account, delta) VALUES (?, ?, ?)")),
      holding_(db.prepare("INSERT INTO holding (idx, holder, delta) VALUES (?, ?, ?)")),
      mention_(db.prepare("INSERT INTO mention (subject, idx) VALUES (?, ?)")) {}

void LogWriter::insert(const BlockRow& block) {
  block_.reset();
  block_.bind(block.height).bind(block.time_ms).bind(block.size).bind_blob(as_view(block.root)).bind_blob(as_view(block.log)).run();
}

void LogWriter::insert(const TxRow& row, const Effects& effects, State& state) {
  tx_.reset();
  tx_.bind(row.index)
      .bind(row.height)
      .bind_blob(as_view(row.txid))
      .bind(state.stored_id(row.account))
      .bind_text(row.type)
      .bind_text(row.envelope)
      .bind_blob(as_view(row.writes))
      .run();
  for (const Movement& movement : effects.movements) {
    if (movement.holder.kind == Holder::Kind::account) {
      movement_.reset();
      movement_.bind(row.index).bind(state.stored_id(AccountId{*to_array<20>(movement.holder.id)})).bind(movement.delta).run();
    } else {
      holding_.reset();
      holding_.bind(row.index).bind_blob(movement.holder.bytes()).bind(movement.delta).run();
    }
  }
  for (const std::string& subject : effects.subjects) {
    mention_.reset();
    mention_.bind_blob(subject).bind(row.index).run();
  }
}

}  // namespace ain::ledger
