// SQLite, wrapped: WAL, STRICT tables, migrations by user_version. One Database a thread, or a lock around it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/handle.h"

struct sqlite3;
struct sqlite3_stmt;

namespace ain {

enum class Durability { full, normal };  // full: a commit survives power loss

void sqlite_close(sqlite3* db);
void sqlite_finalize(sqlite3_stmt* statement);

class Database;
struct StatementShelf;

// A prepared statement. Parameters are bound left to right; rows are read left to right by column number.
//   auto rows = db.prepare("SELECT balance FROM account WHERE id = ?");
//   rows.bind(id); if (rows.step()) rows.integer(0);
class Statement {
 public:
  Statement() = default;
  Statement(Statement&& other) noexcept = default;
  Statement& operator=(Statement&& other) noexcept;
  ~Statement();  // goes back to its database, which hands it out again

  Statement& bind(int64_t value);
  Statement& bind(int value) { return bind(static_cast<int64_t>(value)); }
  Statement& bind_text(std::string_view value);
  Statement& bind_blob(std::string_view value);
  Statement& bind_null();

  bool step();  // true: a row is there
  void run();   // steps to the end and resets, ready to be bound again
  void reset();

  int64_t integer(int column) const;
  std::string text(int column) const;
  std::string blob(int column) const;
  bool is_null(int column) const;

 private:
  friend class Database;
  Handle<sqlite3_stmt, sqlite_finalize> statement_;
  std::weak_ptr<StatementShelf> shelf_;  // of the database, as long as it is there
  sqlite3* db_ = nullptr;
  int next_ = 1;
};

// What SQLite has refused. Damage is `verification`; every other kind is nobody's fault who asked: a disk, another program.
class DatabaseError : public Error {
 public:
  using Error::Error;
};

class Database {
 public:
  // Opens or creates. Throws `verification` for a damaged file, `failed` for one of a newer version, `exhausted` for a full disk, and, as all
  // below does, `timed_out` when another program holds it for long.
  static Database open(const std::filesystem::path& path, Durability durability);
  static Database open_readonly(const std::filesystem::path& path);

  // Brings the schema to steps.size(): each step is SQL, run once, in its own transaction with the version.
  void migrate(std::span<const char* const> steps);
  Statement prepare(std::string_view sql);  // the same text again costs next to nothing
  void exec(std::string_view sql);
  int64_t changes() const;
  int64_t last_rowid() const;

 private:
  friend class SqlTransaction;
  Handle<sqlite3, sqlite_close> db_;
  std::shared_ptr<StatementShelf> shelf_;  // goes first
  std::string path_;
};

// BEGIN IMMEDIATE … COMMIT; rolls back when it is left without commit().
class SqlTransaction {
 public:
  explicit SqlTransaction(Database& db);
  ~SqlTransaction();
  SqlTransaction(const SqlTransaction&) = delete;
  SqlTransaction& operator=(const SqlTransaction&) = delete;
  void commit();

 private:
  Database& db_;
  bool open_ = true;
};

}  // namespace ain
