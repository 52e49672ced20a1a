#include "base/sqlite.h"

#include <sqlite3.h>

#include <cerrno>
#include <unordered_map>

#include "base/error.h"
#include "base/files.h"

namespace ain {
namespace {

constexpr int kBusyWaitMs = 30'000;
constexpr size_t kIdleStatementsMax = 64;  // that a database keeps: its own are far fewer

// SQLite often forgets why the system refused it something; who writes a page beside the database hears it.
bool is_disk_full(const std::filesystem::path& path) {
  try {
    const TemporaryFolder folder(".ain-room", path.parent_path());
    write_new_file(folder.path() / "page", std::string(4096, '0'));
    return false;
  } catch (const Error& error) {
    return error.kind() == ErrorKind::exhausted;
  }
}

// `path`: of the database, where `db` may not know it yet.
[[noreturn]] void fail_sqlite(sqlite3* db, std::string_view what, std::filesystem::path path = {}) {
  const int code = db ? sqlite3_errcode(db) : SQLITE_NOMEM, kind = code & 0xff;
  const std::string why = db ? sqlite3_errmsg(db) : "out of memory";
  if (const char* name = path.empty() && db ? sqlite3_db_filename(db, "main") : nullptr) path = name;
  const bool system = kind == SQLITE_IOERR || kind == SQLITE_CANTOPEN;
  const bool no_room = system && (sqlite3_system_errno(db) == ENOSPC || (!path.empty() && is_disk_full(path)));
  const auto refuse = [&](ErrorKind error, std::string message, std::string hint = {}) { throw DatabaseError(error, std::move(message), std::move(hint)); };
  if (kind == SQLITE_FULL || no_room) {
    refuse(ErrorKind::exhausted, fmt::format("{}: {}{}", what, why, no_room ? " (no space left on the disk)" : ""), "free some disk space and try again");
  }
  if (kind == SQLITE_IOERR) refuse(ErrorKind::failed, fmt::format("{}: {}", what, why), "see what the system says of its disk: dmesg | tail");
  if (kind == SQLITE_BUSY) refuse(ErrorKind::timed_out, fmt::format("{}: another program holds the database", what));
  if (code == SQLITE_CORRUPT || code == SQLITE_NOTADB) {
    refuse(ErrorKind::verification, fmt::format("{}: the database is damaged: {}", what, why), "restore it from a backup");
  }
  throw DatabaseError(ErrorKind::failed, fmt::format("{}: {}", what, why));
}

// SQLite's count of the memory that it has taken, which nobody reads, has a lock that all connections share.
void count_no_memory() {
  [[maybe_unused]] static const int done = sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

}  // namespace

// Statements that nobody uses for now, by their text.
struct StatementShelf {
  std::unordered_multimap<std::string, Handle<sqlite3_stmt, sqlite_finalize>> idle;
};

Statement& Statement::operator=(Statement&& other) noexcept {
  std::swap(statement_, other.statement_);
  std::swap(shelf_, other.shelf_);
  std::swap(db_, other.db_);
  std::swap(next_, other.next_);
  return *this;
}

Statement::~Statement() {
  const auto shelf = statement_.get() == nullptr ? nullptr : shelf_.lock();
  if (!shelf || shelf->idle.size() >= kIdleStatementsMax) return;
  reset();
  shelf->idle.emplace(sqlite3_sql(statement_.get()), std::move(statement_));
}

void sqlite_close(sqlite3* db) { sqlite3_close_v2(db); }
void sqlite_finalize(sqlite3_stmt* statement) { sqlite3_finalize(statement); }

Statement& Statement::bind(int64_t value) {
  if (sqlite3_bind_int64(statement_.get(), next_++, value) != SQLITE_OK) fail_sqlite(db_, "cannot bind a value");
  return *this;
}

Statement& Statement::bind_text(std::string_view value) {
  if (sqlite3_bind_text(statement_.get(), next_++, value.data(), static_cast<int>(value.size()), SQLITE_TRANSIENT) !=
      SQLITE_OK) {
    fail_sqlite(db_, "cannot bind a text");
  }
  return *this;
}

Statement& Statement::bind_blob(std::string_view value) {
  // An empty view may have a null pointer, which SQLite would take for NULL.
  const char* data = value.empty() ? "" : value.data();
  if (sqlite3_bind_blob(statement_.get(), next_++, data, static_cast<int>(value.size()), SQLITE_TRANSIENT) != SQLITE_OK) {
    fail_sqlite(db_, "cannot bind a blob");
  }
  return *this;
}

Statement& Statement::bind_null() {
  if (sqlite3_bind_null(statement_.get(), next_++) != SQLITE_OK) fail_sqlite(db_, "cannot bind a null");
  return *this;
}

bool Statement::step() {
  switch (sqlite3_step(statement_.get())) {
    case SQLITE_ROW: return true;
    case SQLITE_DONE: return false;
    default: fail_sqlite(db_, "the database refused a statement");
  }
}

void Statement::run() {
  while (step()) {
  }
  reset();
}

void Statement::reset() {
  sqlite3_reset(statement_.get());
  sqlite3_clear_bindings(statement_.get());
  next_ = 1;
}

int64_t Statement::integer(int column) const { return sqlite3_column_int64(statement_.get(), column); }

std::string Statement::text(int column) const {
  const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement_.get(), column));
  return text ? std::string(text, static_cast<size_t>(sqlite3_column_bytes(statement_.get(), column))) : std::string();
}

std::string Statement::blob(int column) const {
  const auto* bytes = static_cast<const char*>(sqlite3_column_blob(statement_.get(), column));
  return bytes ? std::string(bytes, static_cast<size_t>(sqlite3_column_bytes(statement_.get(), column))) : std::string();
}

bool Statement::is_null(int column) const { return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL; }

Database Database::open(const std::filesystem::path& path, Durability durability) {
  count_no_memory();
  Database db;
  db.shelf_ = std::make_shared<StatementShelf>();
  db.path_ = path.string();
  const std::string what = fmt::format("cannot open '{}'", db.path_);
  if (sqlite3_open_v2(path.c_str(), out(db.db_),
                      SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE,
                      nullptr) != SQLITE_OK) {
    fail_sqlite(db.db_.get(), what, path);
  }
  sqlite3_busy_timeout(db.db_.get(), kBusyWaitMs);
  try {
    db.exec("PRAGMA journal_mode = WAL");
    db.exec(durability == Durability::full ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL");
    db.exec("PRAGMA foreign_keys = ON");
    db.exec("PRAGMA trusted_schema = OFF");
  } catch (Error& error) {
    throw error.add_context(what);
  }
  return db;
}

Database Database::open_readonly(const std::filesystem::path& path) {
  count_no_memory();
  Database db;
  db.shelf_ = std::make_shared<StatementShelf>();
  db.path_ = path.string();
  if (sqlite3_open_v2(path.c_str(), out(db.db_), SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, nullptr) != SQLITE_OK) {
    fail_sqlite(db.db_.get(), fmt::format("cannot open '{}'", db.path_));
  }
  sqlite3_busy_timeout(db.db_.get(), kBusyWaitMs);
  return db;
}

void Database::migrate(std::span<const char* const> steps) {
  const auto version = [&] {
    Statement statement = prepare("PRAGMA user_version");
    statement.step();
    return statement.integer(0);
  };
  const auto newest = static_cast<int64_t>(steps.size());
  if (version() == newest) return;  // without taking the write lock
  SqlTransaction transaction(*this);
  const int64_t found = version();
  if (found > newest) {
    fail_with_hint(ErrorKind::failed, "update ain", "'{}' was written by a newer ain (version {}, this one knows {})", path_,
                   found, newest);
  }
  for (int64_t step = found; step < newest; ++step) exec(steps[static_cast<size_t>(step)]);
  exec(fmt::format("PRAGMA user_version = {}", newest));
  transaction.commit();
}

Statement Database::prepare(std::string_view sql) {
  Statement statement;
  statement.db_ = db_.get();
  statement.shelf_ = shelf_;
  if (const auto idle = shelf_->idle.find(std::string(sql)); idle != shelf_->idle.end()) {
    statement.statement_ = std::move(idle->second);
    shelf_->idle.erase(idle);
    return statement;
  }
  if (sqlite3_prepare_v3(db_.get(), sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT, out(statement.statement_), nullptr) !=
      SQLITE_OK) {
    fail_sqlite(db_.get(), "cannot prepare a statement");
  }
  return statement;
}

void Database::exec(std::string_view sql) {
  if (sqlite3_exec(db_.get(), std::string(sql).c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) {
    fail_sqlite(db_.get(), fmt::format("the database '{}' refused a statement", path_));
  }
}

int64_t Database::changes() const { return sqlite3_changes64(db_.get()); }
int64_t Database::last_rowid() const { return sqlite3_last_insert_rowid(db_.get()); }

SqlTransaction::SqlTransaction(Database& db) : db_(db) { db_.exec("BEGIN IMMEDIATE"); }

SqlTransaction::~SqlTransaction() {
  // A rollback after SQLite has already rolled back (disk full) is refused, which is as good.
  if (open_) sqlite3_exec(db_.db_.get(), "ROLLBACK", nullptr, nullptr, nullptr);
}

void SqlTransaction::commit() {
  db_.exec("COMMIT");
  open_ = false;
}

}  // namespace ain
