// Damage of every kind must be found by verify(), named, and survived.
#include <filesystem>
#include <random>

#include "base/encoding.h"
#include "base/error.h"
#include "base/sqlite.h"
#include "ledger/store.h"
#include "tests/ledger/verify_world.h"

namespace ain::ledger {
namespace {

class Verify : public VerifyWorld {};

TEST_F(Verify, SaysWhatItChecked) {
  std::vector<std::pair<int64_t, int64_t>> steps;
  const VerifyReport report = world_.ledger->verify([&](int64_t done, int64_t total) { steps.emplace_back(done, total); });
  EXPECT_EQ(report.transactions, static_cast<int64_t>(txids_.size()));
  EXPECT_EQ(report.height, world_.ledger->height());
  EXPECT_LT(report.height, report.transactions);  // a block of several is among them
  EXPECT_EQ(report.root, world_.ledger->root());
  EXPECT_EQ(report.checkpoint, world_.ledger->checkpoint());
  ASSERT_EQ(steps.size(), txids_.size());
  EXPECT_EQ(steps.back(), std::pair(report.transactions, report.transactions));
}

// Every byte of one transaction's row (of its long envelope every third); of the others a sample, as each try is a whole verification.
TEST_F(Verify, FindsEveryFlippedByteOfATransactionRow) {
  Database db = database();
  std::mt19937_64 random(2);
  for (int64_t index = 0; index < static_cast<int64_t>(txids_.size()); ++index) {
    for (const std::string column : {"txid", "type", "envelope", "writes"}) {
      Statement get = db.prepare(fmt::format("SELECT {} FROM tx WHERE idx = ?", column));
      get.bind(index).step();
      const std::string cell = get.blob(0);
      get.reset();
      const size_t stride = index != 5 ? cell.size() / 2 + 1 : column == "envelope" ? 3 : 1;
      for (size_t i = 0; i < cell.size(); i += stride) {
        std::string flipped = cell;
        flipped[i] = static_cast<char>(flipped[i] ^ (1 << random() % 8));
        expect_named(db, index, column, cell, flipped);
        if (HasFatalFailure()) return;
      }
    }
  }
  EXPECT_TRUE(verify().empty());
}

// Integers of the log's rows, bit by bit: where a transaction stands, whose it is, when, and how far its block goes.
TEST_F(Verify, FindsEveryFlippedBitOfTheLogsIntegers) {
  Database db = database();
  const std::vector<std::pair<std::string, std::string>> columns{
      {"tx", "idx"}, {"tx", "height"}, {"tx", "account"}, {"block", "height"}, {"block", "time_ms"}, {"block", "size"}};
  int turn = 0;
  for (const auto& [table, column] : columns) {
    for (int bit = 0; bit < 63; ++bit) {
      const std::string pick = fmt::format("SELECT rowid, {} FROM {} ORDER BY 1 LIMIT 1 OFFSET {} % (SELECT count(*) FROM {})", column, table, turn++, table);
      Statement get = db.prepare(pick);
      get.step();
      const int64_t rowid = get.integer(0), was = get.integer(1), now = was ^ (int64_t{1} << bit);
      get.reset();
      // What is the row's number itself moves the row.
      const bool number = column == "idx" || (table == "block" && column == "height");
      try {
        db.exec(fmt::format("UPDATE {} SET {} = {} WHERE rowid = {}", table, column, now, rowid));
      } catch (const Error&) {
        continue;  // that place is taken
      }
      ASSERT_TRUE(names(verify(), "transaction ")) << table << "." << column << " bit " << bit;
      db.exec(fmt::format("UPDATE {} SET {} = {} WHERE rowid = {}", table, column, was, number ? now : rowid));
    }
  }
  EXPECT_TRUE(verify().empty());
}

TEST_F(Verify, FindsAChangedRootOfABlock) {
  Database db = database();
  for (const std::string column : {"root", "log"}) {
    for (int64_t height = 1; height <= world_.ledger->height(); ++height) {
      Statement get = db.prepare(fmt::format("SELECT {}, size FROM block WHERE height = ?", column));
      get.bind(height).step();
      const std::string root = get.blob(0), last = txids_.at(static_cast<size_t>(get.integer(1)) - 1);
      get.reset();
      std::string flipped = root;
      flipped[static_cast<size_t>(height) % 32] ^= 1;
      const std::string update = fmt::format("UPDATE block SET {} = ? WHERE height = ?", column);
      db.prepare(update).bind_blob(flipped).bind(height).run();
      ASSERT_TRUE(names(verify(), last)) << column << " of " << height;
      db.prepare(update).bind_blob(root).bind(height).run();
    }
  }
  db.exec("INSERT INTO block (height, time_ms, size, root, log) VALUES (999, 0, 0, zeroblob(32), zeroblob(32))");
  EXPECT_TRUE(names(verify(), "block 999"));
}

TEST_F(Verify, FindsMissingTransactions) {
  database().exec("DELETE FROM tx WHERE idx = 4");
  EXPECT_TRUE(names(verify(), "transaction 4 (txid unknown): not in the store"));
  database().exec("DELETE FROM tx WHERE idx >= 20");
  EXPECT_TRUE(names(verify(), fmt::format("transaction {} ({})", txids_.size() - 1, txids_.back())));
  database().exec("DELETE FROM tx");
  EXPECT_FALSE(verify().empty());
}

// What verify_folder() finds without the node, and check() before it serves.
TEST_F(Verify, NamesTheLastTransactionHoweverItIsDamaged) {
  const auto folder = world_.folder.path() / "ledger";
  const std::string last = txids_.back();
  const size_t index = txids_.size() - 1;
  world_.ledger.reset();
  const std::string good = read_file(file());
  const std::vector<std::pair<std::string, std::string>> damages{
      {"UPDATE block SET root = zeroblob(32) WHERE size = " + std::to_string(index + 1), last},
      {"DELETE FROM tx WHERE idx = " + std::to_string(index), last},
      {"UPDATE account SET available = available + 1 WHERE id = 1", "transaction "}};
  for (const auto& [damage, named] : damages) {
    database().exec(damage);
    EXPECT_TRUE(names(verify_folder(folder, world_.rules, 0).report.problems, named)) << damage;
    world_.open();
    if (!damage.starts_with("DELETE")) {
      EXPECT_THROW(world_.ledger->check(), Error) << damage;
    }
    world_.ledger.reset();
    restore(good);
  }
  EXPECT_TRUE(verify_folder(folder, world_.rules, 0).report.problems.empty());
  write_file_atomic(file(), "no database at all");
  EXPECT_FALSE(verify_folder(folder, world_.rules, 0).report.problems.empty());
}

TEST_F(Verify, TellsHowTheLogBegan) {
  const auto folder = world_.folder.path() / "ledger";
  const int64_t size = world_.ledger->size();
  const Verification all = verify_folder(folder, world_.rules, size);
  EXPECT_EQ(all.earlier_log_root, all.log_root);
  EXPECT_TRUE(verify_folder(folder, world_.rules, 0).earlier_log_root);
  EXPECT_TRUE(verify_folder(folder, world_.rules, size - 1).earlier_log_root);
  EXPECT_NE(verify_folder(folder, world_.rules, size - 1).earlier_log_root, all.log_root);
  EXPECT_FALSE(verify_folder(folder, world_.rules, size + 1).earlier_log_root);
}

// Every column of every row of the tables that a replay makes anew: integers by one, texts and blobs by a byte; and each row gone.
TEST_F(Verify, FindsEveryChangedStateRow) {
  Database db = database();
  const std::vector<std::pair<std::string, std::vector<std::string>>> tables{
      {"account", {"id", "key", "available", "nonce", "faucet_taken", "full_keys", "first_key"}},
      {"state", {"key", "value", "a", "b", "n"}},
      {"movement", {"idx", "account", "delta"}},
      {"holding", {"idx", "holder", "delta"}},
      {"mention", {"subject", "idx"}}};
  for (const auto& [table, columns] : tables) {
    db.exec(fmt::format("CREATE TEMP TABLE saved AS SELECT * FROM main.{}", table));
    Statement count = db.prepare("SELECT count(*) FROM saved");
    count.step();
    const int64_t rows = count.integer(0);
    count.reset();
    ASSERT_GT(rows, 0) << table;
    for (int64_t row = 1; row <= rows; ++row) {
      for (const std::string& column : columns) {
        db.exec(fmt::format(
            "CREATE TEMP TABLE changed AS SELECT * FROM saved WHERE rowid = {1};"
            "UPDATE changed SET {0} = CASE typeof({0}) WHEN 'integer' THEN {0} + 1 WHEN 'null' THEN 1 "
            "WHEN 'text' THEN {0} || ' ' ELSE CAST(substr({0}, 1, length({0}) - 1) || x'7e' AS BLOB) END;"
            "DELETE FROM main.{2}; INSERT OR REPLACE INTO main.{2} SELECT * FROM saved WHERE rowid <> {1};"
            "INSERT OR REPLACE INTO main.{2} SELECT * FROM changed; DROP TABLE changed;",
            column, row, table));
        ASSERT_TRUE(names(verify(), "transaction ") || names(verify(), "genesis")) << table << "." << column << " row " << row;
      }
      db.exec(fmt::format("DELETE FROM main.{0}; INSERT INTO main.{0} SELECT * FROM saved WHERE rowid <> {1}", table, row));
      ASSERT_FALSE(verify().empty()) << table << " without row " << row;
    }
    db.exec(fmt::format("DELETE FROM main.{0}; INSERT INTO main.{0} SELECT * FROM saved; DROP TABLE saved", table));
    ASSERT_TRUE(verify().empty()) << table;
  }
}

TEST_F(Verify, NamesTheTransactionThatLastWroteAChangedRow) {
  const Digest last = world_.must(world_.treasury, Transfer{world_.author.account, micro(7), ""}).txid;
  database().exec(fmt::format("UPDATE account SET available = available + 1 WHERE key = x'{}'", to_hex(as_view(world_.author.account.bytes))));
  const auto problems = verify();
  EXPECT_TRUE(names(problems, to_hex(last)));
  EXPECT_TRUE(names(problems, "the supply is"));
}

TEST_F(Verify, FindsAChangedGenesisAndLogTree) {
  Database db = database();
  const std::string log = *get_meta(db, "log");
  for (size_t i = 0; i < log.size(); ++i) {
    std::string flipped = log;
    flipped[i] = static_cast<char>(flipped[i] ^ 1);
    put_meta(db, "log", flipped);
    ASSERT_FALSE(verify().empty()) << i;
  }
  db.exec("DELETE FROM meta WHERE name = 'log'");
  EXPECT_FALSE(verify().empty());
  put_meta(db, "log", log);
  const std::string last = *get_meta(db, "last");
  put_meta(db, "last", std::string(32, 'x'));
  EXPECT_TRUE(names(verify(), txids_.back()));
  put_meta(db, "last", "x");
  EXPECT_FALSE(verify().empty());
  put_meta(db, "last", last);
  put_meta(db, "genesis", "{}");
  EXPECT_TRUE(names(verify(), "genesis"));
}

}  // namespace
}  // namespace ain::ledger
