// The tables of a ledger's store: `meta`, the log (`block`, `tx`, `tile`, `movement`, `holding`, `mention`) and the state (`account`, `state`).
// docs/ledger.md describes each column. Internal to the ledger.
#pragma once

#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/hash.h"
#include "base/ids.h"
#include "base/sqlite.h"
#include "ledger/records.h"
#include "ledger/state.h"

namespace ain::ledger {

inline constexpr const char* kStoreFile = "ledger.db";
// Pages that wait in the write-ahead log until they are written back, 256 MB: one that changes in many blocks is written back once. Tests that
// must see it happen take fewer.
inline int checkpoint_pages = 65536;
// What is looked up by an account, a subject or an id is indexed by chapters of the log, 2^15 transactions each: of an index by chapters the
// newest one alone grows, and stays at hand, where each row of an index of the whole log would write a page of its own. So a question asks one
// chapter after the other (docs/ledger.md).
inline constexpr int kChapterBits = 15;
inline constexpr const char* kChapter = "idx >> 15";  // in these very words, as the indexes have it

Database open_store(const std::filesystem::path& folder);  // creates and migrates
Database open_store_readonly(const std::filesystem::path& folder);
// Throws `failed` for a store that a newer version has written, `verification` for a file that is none; `file` is what to call it.
void check_version(Database& db, const std::filesystem::path& file);
Database open_scratch_store();  // in memory, empty

std::optional<std::string> get_meta(Database& db, std::string_view name);
void put_meta(Database& db, std::string_view name, std::string_view value);

// Several transactions that became durable together, and the state after them.
struct BlockRow {
  int64_t height = 0;
  int64_t time_ms = 0;
  int64_t size = 0;        // of the log with it
  Digest root{};
  Digest log{};            // root of the log with it: so that a changed time is found where it is
};
// One transaction of the log. Its index counts from 0 over the whole log.
struct TxRow {
  int64_t index = 0;
  int64_t height = 0;      // of its block
  Digest txid{};
  AccountId account;       // who sent it
  std::string type;
  std::string envelope;
  Digest writes{};         // State::writes()
};

// What a transaction did, for those who ask later.
struct Effects {
  std::vector<Movement> movements;
  std::vector<std::string> subjects;  // ids of the repositories, escrows and jobs that it is about; sorted, each once
};

// Writes a block inside the caller's SQL transaction, after its state has been flushed: accounts have their integers then.
class LogWriter {
 public:
  explicit LogWriter(Database& db);
  void insert(const BlockRow& block);
  void insert(const TxRow& row, const Effects& effects, State& state);

 private:
  Statement block_, tx_, movement_, holding_, mention_;
};

}  // namespace ain::ledger
