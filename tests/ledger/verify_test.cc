// Damage of every kind must be found by verify(), named, and survived.
#include <filesystem>
#include <random>

#include "base/encoding.h"
#include "base/error.h"
#include "base/sqlite.h"
#include "ledger/store.h"
#include "tests/ledger/world.h"

namespace ain::ledger {
namespace {

class Verify : public testing::Test {
 protected:
  Verify() {
    Attribution attribution =
        world_.attribution({{world_.author.account.text(), 2}, {unclaimed_payee("nobody@example.org"), 1}});
    for (int64_t run_us : {10'000'000, 20'000'000}) {
      Digest id = world_.open_escrow(attribution, true);
      world_.time_ms += 10;
      world_.must(world_.provider, Settle{id, world_.note(id, run_us), world_.voucher(id, 360'000)});
    }
    Offer offer{node_number('N'), "unix:/run/ain", 100, 8, 1 << 30, {}, kHourMs, kHourMs};
    world_.must(world_.provider, offer);
    offer.node = node_number('M');
    world_.must(world_.provider, offer);
    world_.must(world_.provider, OfferWithdraw{offer.node});
    world_.must(world_.other, Faucet{});
    world_.must(world_.payer, Release{world_.open_escrow(attribution, false), "why not"});
    Digest late = world_.open_escrow(attribution, false);
    world_.time_ms += kHourMs;
    world_.must(world_.stranger, Reap{late});
    world_.open_escrow(attribution, true);
    for (const HistoryEntry& entry : world_.ledger->history({})) txids_.push_back(to_hex(entry.txid));
    EXPECT_TRUE(verify().empty());
  }

  std::filesystem::path file() const { return world_.folder.path() / "ledger" / kStoreFile; }
  Database database() const { return Database::open(file(), Durability::normal); }
  std::vector<std::string> verify() { return world_.ledger->verify().problems; }
  static bool names(const std::vector<std::string>& problems, const std::string& what) {
    for (const std::string& problem : problems) {
      if (problem.find(what) != std::string::npos) return true;
    }
    return false;
  }
  // Replaces one cell and expects the transaction of that height to be named; then puts it back.
  void expect_named(Database& db, int64_t height, const std::string& column, const std::string& was,
                    const std::string& now) {
    auto set = [&](const std::string& value) {
      Statement update = db.prepare(fmt::format("UPDATE tx SET {} = ? WHERE height = ?", column));
      if (column == "type" || column == "envelope") {
        update.bind_text(value);
      } else {
        update.bind_blob(value);
      }
      update.bind(height).run();
    };
    set(now);
    auto problems = verify();
    ASSERT_TRUE(names(problems, txids_[static_cast<size_t>(height - 1)])) << column << " of " << height;
    for (size_t other = 1; other <= txids_.size(); ++other) {
      if (static_cast<int64_t>(other) == height) continue;
      ASSERT_FALSE(names(problems, fmt::format("transaction {} (", other)))
          << "blames " << other << " for " << height;
    }
    set(was);
  }

  World world_;
  std::vector<std::string> txids_;  // by height - 1, in hex
};

TEST_F(Verify, SaysWhatItChecked) {
  std::vector<std::pair<int64_t, int64_t>> steps;
  VerifyReport report =
      world_.ledger->verify([&](int64_t done, int64_t total) { steps.emplace_back(done, total); });
  EXPECT_EQ(report.transactions, static_cast<int64_t>(txids_.size()));
  EXPECT_EQ(report.height, world_.ledger->height());
  EXPECT_EQ(report.root, world_.ledger->root());
  EXPECT_EQ(report.checkpoint, world_.ledger->checkpoint());
  ASSERT_EQ(steps.size(), txids_.size());
  EXPECT_EQ(steps.back(), std::pair(report.transactions, report.transactions));
}

TEST_F(Verify, FindsEveryFlippedByteOfATransactionRow) {
  Database db = database();
  std::mt19937_64 random(2);
  for (int64_t height = 1; height <= static_cast<int64_t>(txids_.size()); ++height) {
    for (const std::string column : {"txid", "account", "type", "envelope", "root", "leaf"}) {
      Statement get = db.prepare(fmt::format("SELECT {} FROM tx WHERE height = ?", column));
      get.bind(height).step();
      const std::string cell = get.blob(0);
      get.reset();
      // Every byte of one transaction's row (of its long envelope every third); of the others a sample, as
      // each try is a whole verification.
      size_t stride = height != 5 ? cell.size() / 2 + 1 : column == "envelope" ? 3 : 1;
      for (size_t i = 0; i < cell.size(); i += stride) {
        std::string flipped = cell;
        flipped[i] = static_cast<char>(flipped[i] ^ (1 << random() % 8));
        expect_named(db, height, column, cell, flipped);
        if (HasFatalFailure()) return;
      }
    }
  }
  EXPECT_TRUE(verify().empty());
}

TEST_F(Verify, FindsEveryFlippedBitOfHeightAndTime) {
  Database db = database();
  for (const std::string column : {"height", "time_ms"}) {
    for (int bit = 0; bit < 63; ++bit) {
      const int64_t height = 1 + bit % static_cast<int64_t>(txids_.size());
      const std::string& txid = txids_[static_cast<size_t>(height - 1)];
      const std::string where = fmt::format("WHERE txid = x'{}'", txid);
      Statement get = db.prepare(fmt::format("SELECT {} FROM tx {}", column, where));
      get.step();
      int64_t was = get.integer(0);
      get.reset();
      try {
        db.exec(fmt::format("UPDATE tx SET {} = {} {}", column, was ^ (int64_t{1} << bit), where));
      } catch (const Error&) {
        continue;  // that height is taken
      }
      ASSERT_TRUE(names(verify(), txid)) << column << " bit " << bit;
      db.exec(fmt::format("UPDATE tx SET {} = {} {}", column, was, where));
    }
    db.exec("UPDATE tx SET height = -3 WHERE height = 3");
    ASSERT_TRUE(names(verify(), txids_[2]));
    db.exec("UPDATE tx SET height = 3 WHERE height = -3");
  }
  EXPECT_TRUE(verify().empty());
}

TEST_F(Verify, FindsMissingTransactions) {
  database().exec("DELETE FROM tx WHERE height = 4");
  EXPECT_TRUE(names(verify(), "transaction 4 (txid unknown): not in the store"));
  database().exec("DELETE FROM tx WHERE height > 4");
  EXPECT_TRUE(names(verify(), fmt::format("transaction {} (", txids_.size())));
  database().exec("DELETE FROM tx");
  EXPECT_FALSE(verify().empty());
}

// What verify_folder() finds without the node, and check() before it serves.
TEST_F(Verify, NamesTheLastTransactionHoweverItIsDamaged) {
  const auto folder = world_.folder.path() / "ledger";
  const std::string last = txids_.back();
  const std::string height = std::to_string(txids_.size());
  world_.ledger.reset();
  const std::string good = read_file(file());
  for (const std::string& damage : {"UPDATE tx SET root = zeroblob(32) WHERE height = " + height,
                                    "DELETE FROM tx WHERE height = " + height,
                                    std::string("UPDATE unclaimed SET amount = amount + 1")}) {
    database().exec(damage);
    const std::string named = damage.starts_with("UPDATE unclaimed") ? "transaction " : fmt::format("transaction {} ({})", height, last);
    EXPECT_TRUE(names(verify_folder(folder, World::genesis(), 0).report.problems, named)) << damage;
    world_.open();
    EXPECT_THROW(world_.ledger->check(), Error) << damage;
    world_.ledger.reset();
    for (const char* suffix : {"-wal", "-shm"}) std::filesystem::remove(file().string() + suffix);
    write_file_atomic(file(), good);
  }
  EXPECT_TRUE(verify_folder(folder, World::genesis(), 0).report.problems.empty());
  write_file_atomic(file(), "no database at all");
  EXPECT_FALSE(verify_folder(folder, World::genesis(), 0).report.problems.empty());
}

TEST_F(Verify, FindsEveryChangedStateRow) {
  Database db = database();
  std::vector<StateTable> tables(kStateTables.begin(), kStateTables.end());
  tables.push_back({"touch", "account, height", 2, 2});
  for (const StateTable& table : tables) {
    db.exec(fmt::format("CREATE TEMP TABLE saved AS SELECT * FROM main.{}", table.name));
    Statement count = db.prepare("SELECT count(*) FROM saved");
    count.step();
    const int64_t rows = count.integer(0);
    count.reset();
    ASSERT_GT(rows, 0) << table.name;
    for (int64_t row = 0; row < rows; ++row) {
      const std::string pick = fmt::format("SELECT * FROM saved LIMIT 1 OFFSET {}", row);
      std::string names_list = table.columns;
      size_t at = 0;
      while (at < names_list.size()) {
        size_t comma = std::min(names_list.find(", ", at), names_list.size());
        const std::string column = names_list.substr(at, comma - at);
        at = comma + 2;
        // A changed copy of that row takes its place: integers by one, texts and blobs by a byte.
        db.exec(fmt::format(
            "CREATE TEMP TABLE changed AS {0};"
            "UPDATE changed SET {1} = CASE typeof({1}) WHEN 'integer' THEN {1} + 1 "
            "WHEN 'text' THEN {1} || ' ' ELSE CAST(substr({1}, 1, length({1}) - 1) || x'7e' AS BLOB) END;"
            "DELETE FROM main.{2}; INSERT OR REPLACE INTO main.{2} SELECT * FROM saved WHERE rowid <> {3};"
            "INSERT OR REPLACE INTO main.{2} SELECT * FROM changed; DROP TABLE changed;",
            pick, column, table.name, row + 1));
        ASSERT_FALSE(verify().empty()) << table.name << "." << column << " row " << row;
      }
      db.exec(fmt::format("DELETE FROM main.{0}; INSERT INTO main.{0} SELECT * FROM saved WHERE rowid <> {1}",
                          table.name, row + 1));
      ASSERT_FALSE(verify().empty()) << table.name << " without row " << row;
    }
    db.exec(fmt::format("DELETE FROM main.{0}; INSERT INTO main.{0} SELECT * FROM saved; DROP TABLE saved",
                        table.name));
    ASSERT_TRUE(verify().empty()) << table.name;
  }
}

TEST_F(Verify, NamesTheTransactionThatLastWroteAChangedRow) {
  Digest last = world_.must(world_.treasury, Transfer{world_.author.account, Amount::micro(7), ""}).txid;
  database().exec(fmt::format("UPDATE account SET available = available + 1 WHERE id = x'{}'",
                              to_hex(world_.author.account.bytes)));
  auto problems = verify();
  EXPECT_TRUE(names(problems, to_hex(last)));
  EXPECT_TRUE(names(problems, "the supply is"));
}

TEST_F(Verify, FindsAChangedGenesisAndLogTree) {
  Database db = database();
  std::string log = *get_meta(db, "log");
  for (size_t i = 0; i < log.size(); ++i) {
    std::string flipped = log;
    flipped[i] = static_cast<char>(flipped[i] ^ 1);
    put_meta(db, "log", flipped);
    ASSERT_FALSE(verify().empty()) << i;
  }
  db.exec("DELETE FROM meta WHERE name = 'log'");
  EXPECT_FALSE(verify().empty());
  put_meta(db, "log", log);
  put_meta(db, "genesis", "{}");
  EXPECT_TRUE(names(verify(), "genesis"));
}

// The bytes of the file itself, as a failing disk changes them.
TEST_F(Verify, SurvivesAnyFlippedByteOfTheFileAndFindsThoseThatCount) {
  std::string envelope = world_.ledger->history({.limit = 1})[0].envelope;
  world_.ledger.reset();
  const std::string good = read_file(file());
  const size_t start = good.find(envelope);
  ASSERT_NE(start, std::string::npos);
  auto dump = [&] {
    std::string all;
    try {
      Database db = database();
      std::vector<StateTable> tables(kStateTables.begin(), kStateTables.end());
      tables.push_back({"tx", "height, txid, time_ms, account, type, envelope, root, leaf", 8, 1});
      tables.push_back({"touch", "account, height", 2, 2});
      for (const StateTable& table : tables) {
        Statement row = db.prepare(fmt::format("SELECT {} FROM {} ORDER BY 1, 2", table.columns, table.name));
        while (row.step()) {
          for (int i = 0; i < table.column_count; ++i) all += row.blob(i) + "|";
        }
      }
    } catch (const Error&) {
      return std::string("unreadable");
    }
    return all;
  };
  auto verify_with = [&](const std::string& bytes) -> std::vector<std::string> {
    for (const char* suffix : {"-wal", "-shm"}) std::filesystem::remove(file().string() + suffix);
    write_file_atomic(file(), bytes);
    try {
      return Ledger(world_.folder.path() / "ledger", World::genesis()).verify().problems;
    } catch (const Error& error) {
      return {error.message()};
    }
  };
  ASSERT_TRUE(verify_with(good).empty());
  const std::string before = dump();
  std::mt19937_64 random(3);
  for (int i = 0; i < 150; ++i) {
    std::string bytes = good;
    size_t at = random() % bytes.size();
    bytes[at] = static_cast<char>(bytes[at] ^ (1 << random() % 8));
    bool found = !verify_with(bytes).empty();
    ASSERT_TRUE(found || dump() == before) << "byte " << at;
  }
  for (size_t i = 0; i < envelope.size(); i += 7) {
    std::string bytes = good;
    bytes[start + i] = static_cast<char>(bytes[start + i] ^ (1 << random() % 8));
    ASSERT_TRUE(names(verify_with(bytes), txids_[0])) << "envelope byte " << i;
  }
  for (size_t length : {size_t{100}, good.size() / 2, good.size() - 4096}) {
    ASSERT_FALSE(verify_with(good.substr(0, length)).empty()) << "cut to " << length;
  }
}

TEST_F(Verify, GarbageInEveryCellIsAProblemNotACrash) {
  std::mt19937_64 random(4);
  world_.ledger.reset();
  const std::string good = read_file(file());
  for (int round = 0; round < 60; ++round) {
    for (const char* suffix : {"-wal", "-shm"}) std::filesystem::remove(file().string() + suffix);
    write_file_atomic(file(), good);
    world_.open();
    Database db = database();
    const std::vector<std::pair<std::string, std::string>> cells{
        {"tx", "txid"},      {"tx", "envelope"},       {"tx", "root"},           {"tx", "account"},
        {"tx", "time_ms"},   {"account", "id"},        {"account", "available"}, {"account", "nonce"},
        {"escrow", "value"}, {"escrow", "payer"},      {"escrow", "deposit"},    {"offer", "value"},
        {"offer", "node"},   {"attribution", "value"}, {"unclaimed", "amount"},  {"unclaimed", "payee"},
        {"meta", "value"}};
    const auto& [table, column] = cells[random() % cells.size()];
    Statement type = db.prepare(fmt::format("SELECT typeof({}) FROM {} LIMIT 1", column, table));
    type.step();
    const std::string kind = type.text(0);
    type.reset();
    std::string garbage(random() % 200, '\0');
    for (char& c : garbage) c = static_cast<char>(random());
    std::string value = kind == "integer" ? std::to_string(static_cast<int64_t>(random()))
                        : kind == "text"  ? fmt::format("CAST(x'{}' AS TEXT)", to_hex(garbage))
                                          : fmt::format("x'{}'", to_hex(garbage));
    db.exec(
        fmt::format("UPDATE {0} SET {1} = {2} WHERE {1} = (SELECT {1} FROM {0} LIMIT 1 OFFSET {3} % (SELECT "
                    "count(*) FROM {0}))",
                    table, column, value, random() % 2));
    ASSERT_FALSE(verify().empty()) << table << "." << column << " = " << value;
    // The other questions may fail, but only as failures do.
    auto tolerates = [&](auto ask) {
      try {
        ask();
      } catch (const Error&) {
      }
    };
    tolerates([&] { world_.ledger->history({}); });
    tolerates([&] { world_.ledger->supply(); });
    tolerates([&] { world_.ledger->offers(0); });
    tolerates([&] { world_.ledger->unclaimed(); });
    tolerates([&] { world_.ledger->escrows_of(world_.payer.account); });
    tolerates([&] { world_.ledger->checkpoint(); });
    tolerates([&] { world_.ledger->account(world_.payer.account); });
    tolerates([&] { world_.submit(world_.treasury, Transfer{world_.other.account, Amount::micro(1), ""}); });
    world_.ledger.reset();
  }
}

}  // namespace
}  // namespace ain::ledger
