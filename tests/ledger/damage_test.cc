// Damage below the level of rows: flipped bytes of the store's file, garbage in its cells. Never a crash, and never taken for good.
#include <random>

#include "base/error.h"
#include "ledger/log.h"
#include "tests/ledger/verify_world.h"

namespace ain::ledger {
namespace {

class Damage : public VerifyWorld {};

// The bytes of the file itself, as a failing disk changes them.
TEST_F(Damage, SurvivesAnyFlippedByteOfTheFileAndFindsThoseThatCount) {
  std::string envelope = world_.ledger->history({.limit = 1})[0].envelope;
  world_.ledger.reset();
  const std::string good = read_file(file());
  const size_t start = good.find(envelope);
  ASSERT_NE(start, std::string::npos);
  const auto dump = [&] {
    std::string all;
    try {
      Database db = database();
      for (const auto& [table, columns] : std::vector<std::pair<const char*, int>>{
               {"block", 5}, {"tx", 7}, {"movement", 3}, {"holding", 3}, {"mention", 2}, {"account", 7}, {"state", 5}}) {
        Statement row = db.prepare(fmt::format("SELECT * FROM {} ORDER BY 1, 2", table));
        while (row.step()) {
          for (int i = 0; i < columns; ++i) all += row.blob(i) + "|";
        }
      }
    } catch (const Error&) {
      return std::string("unreadable");
    }
    return all;
  };
  const auto verify_with = [&](const std::string& bytes) -> std::vector<std::string> {
    restore(bytes);
    try {
      return Ledger(world_.folder.path() / "ledger", world_.rules).verify().problems;
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

TEST_F(Damage, GarbageInEveryCellIsAProblemNotACrash) {
  std::mt19937_64 random(4);
  world_.ledger.reset();
  const std::string good = read_file(file());
  for (int round = 0; round < 60; ++round) {
    restore(good);
    world_.open();
    Database db = database();
    const std::vector<std::pair<std::string, std::string>> cells{
        {"tx", "txid"},      {"tx", "envelope"},   {"tx", "writes"},         {"tx", "account"},    {"block", "time_ms"},
        {"block", "size"},   {"block", "root"},    {"account", "key"},       {"account", "id"},    {"account", "available"},
        {"account", "nonce"}, {"state", "key"},    {"state", "value"},       {"state", "a"},       {"state", "n"},
        {"movement", "delta"}, {"holding", "holder"}, {"mention", "subject"}, {"meta", "value"}};
    const auto& [table, column] = cells[random() % cells.size()];
    Statement type = db.prepare(fmt::format("SELECT typeof({0}) FROM {1} WHERE {0} IS NOT NULL LIMIT 1", column, table));
    type.step();
    const std::string kind = type.text(0);
    type.reset();
    std::string garbage(random() % 200, '\0');
    for (char& c : garbage) c = static_cast<char>(random());
    std::string value = kind == "integer" ? std::to_string(static_cast<int64_t>(random()))
                        : kind == "text"  ? fmt::format("CAST(x'{}' AS TEXT)", to_hex(garbage))
                                          : fmt::format("x'{}'", to_hex(garbage));
    db.exec(
        fmt::format("UPDATE {0} SET {1} = {2} WHERE {1} = (SELECT {1} FROM {0} WHERE {1} IS NOT NULL LIMIT 1 OFFSET {3} % (SELECT "
                    "count({1}) FROM {0}))",
                    table, column, value, random()));
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
    tolerates([&] { world_.ledger->log(0); });
    tolerates([&] { world_.ledger->keys_of(world_.payer.account); });
    tolerates([&] { world_.ledger->parameters(); });
    tolerates([&] { world_.ledger->bond(world_.provider.account); });
    tolerates([&] { world_.submit(world_.treasury, Transfer{world_.other.account, Amount::micro(1), ""}); });
    world_.ledger.reset();
  }
}

}  // namespace
}  // namespace ain::ledger
