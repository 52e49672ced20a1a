#include "repo/copies/first_seen.h"

#include <algorithm>
#include <array>
#include <set>

#include "base/error.h"
#include "repo/copies/seen_tables.h"
#include "repo/copies/winnow.h"

namespace ain::repo {
namespace {

constexpr std::array<const char*, 1> kSchema = {
    "CREATE TABLE lineage (number INTEGER PRIMARY KEY, name BLOB NOT NULL UNIQUE) STRICT;"
    "CREATE TABLE repository (number INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, lineage INTEGER NOT NULL) STRICT;"
    "CREATE TABLE registration (number INTEGER PRIMARY KEY, repository INTEGER NOT NULL, commit_id BLOB NOT NULL,"
    "  UNIQUE (repository, commit_id)) STRICT;"
    "CREATE TABLE content (number INTEGER PRIMARY KEY, digest BLOB NOT NULL UNIQUE, bytes BLOB NOT NULL) STRICT;"
    "CREATE TABLE place (number INTEGER PRIMARY KEY, registration INTEGER NOT NULL, content INTEGER NOT NULL,"
    "  digest BLOB NOT NULL, bytes BLOB NOT NULL) STRICT;"
    // What a repository has shown before, in whatever file and commit, is not looked at again.
    "CREATE TABLE shown (repository INTEGER NOT NULL, digest BLOB NOT NULL, PRIMARY KEY (repository, digest)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE fingerprint (hash INTEGER NOT NULL, registration INTEGER NOT NULL, repository INTEGER NOT NULL,"
    "  lineage INTEGER NOT NULL, place INTEGER NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (hash, registration)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE commons (hash INTEGER PRIMARY KEY) STRICT, WITHOUT ROWID;"};

Database open_database(const std::filesystem::path& file) {
  // An order that a power cut took back could be given again to somebody else: commits are durable.
  Database db = Database::open(file, Durability::full);
  db.migrate(kSchema);
  db.exec("PRAGMA cache_size = -65536");
  return db;
}

int64_t as_integer(uint64_t hash) { return static_cast<int64_t>(hash); }

// The number of the row whose column `column` is `key`.
std::optional<int64_t> row_number(Database& db, std::string_view table, std::string_view column, std::string_view key) {
  Statement find = db.prepare(fmt::format("SELECT number FROM {} WHERE {} = ?", table, column));
  find.bind_blob(key);
  if (!find.step()) return std::nullopt;
  return find.integer(0);
}

void check(const RegisteredFile& file) {
  AIN_ASSERT(!file.path.empty());
  if (file.owners.size() > kOwnedRangesMax) {
    fail(ErrorKind::failed, "'{}' has {} ranges of owners, more than {} are not registered", file.path, file.owners.size(), kOwnedRangesMax);
  }
  uint64_t end = 0;
  for (const OwnedRange& range : file.owners) {
    AIN_ASSERT(range.at >= end && range.length > 0);
    end = uint64_t{range.at} + range.length;
  }
  AIN_ASSERT(end <= file.tokens.size());
}

// One registration being written.
class Registrar {
 public:
  explicit Registrar(SeenTables& tables, Database& db, const Registration& registration) : tables_(tables), db_(db) {
    repository_ = repository_number(registration);
    Statement put = db_.prepare("INSERT INTO registration (repository, commit_id) VALUES (?, ?)");
    put.bind(repository_).bind_blob(registration.commit).run();
    order_ = db_.last_rowid();
  }

  int64_t order() const { return order_; }

  void add(const RegisteredFile& file) {
    check(file);
    if (++files_ > kRegisteredFilesMax) fail(ErrorKind::failed, "more than {} files are not registered", kRegisteredFilesMax);
    tokens_ += file.tokens.size();
    if (tokens_ > kRegisteredTokensMax) fail(ErrorKind::failed, "more than {} tokens are not registered", kRegisteredTokensMax);
    const std::vector<Fingerprint> fingerprints = distinct(winnow(file.tokens));
    if (fingerprints.empty()) return;
    const std::string bytes = pack_tokens(file.tokens);
    const Digest digest = sha256(bytes);
    put_shown_.bind(repository_).bind_blob(as_view(digest)).run();
    if (db_.changes() == 0) return;
    bool is_new = false;
    for (const Fingerprint& fingerprint : fingerprints) is_new = add(fingerprint) || is_new;
    if (is_new) add_place(file, bytes, digest);
  }

 private:
  // The first place of each hash, by hash: the index is filled in its own order.
  static std::vector<Fingerprint> distinct(std::vector<Fingerprint> fingerprints) {
    std::sort(fingerprints.begin(), fingerprints.end(),
              [](const Fingerprint& x, const Fingerprint& y) { return std::tie(x.hash, x.at) < std::tie(y.hash, y.at); });
    const auto same_hash = [](const Fingerprint& x, const Fingerprint& y) { return x.hash == y.hash; };
    fingerprints.erase(std::unique(fingerprints.begin(), fingerprints.end(), same_hash), fingerprints.end());
    return fingerprints;
  }

  int64_t repository_number(const Registration& registration) {
    Statement find = db_.prepare("SELECT number, lineage FROM repository WHERE id = ?");
    find.bind_blob(registration.repository);
    if (find.step()) {
      lineage_ = find.integer(1);
      return find.integer(0);
    }
    lineage_ = lineage_number(registration.lineage);
    Statement put = db_.prepare("INSERT INTO repository (id, lineage) VALUES (?, ?)");
    put.bind_blob(registration.repository).bind(lineage_).run();
    return db_.last_rowid();
  }

  int64_t lineage_number(const std::string& name) {
    if (const auto known = row_number(db_, "lineage", "name", name)) return *known;
    Statement put = db_.prepare("INSERT INTO lineage (name) VALUES (?)");
    put.bind_blob(name).run();
    return db_.last_rowid();
  }

  // Whether the repository is now among those that had it.
  bool add(const Fingerprint& fingerprint) {
    const std::vector<SeenAt> seen = tables_.seen_at(fingerprint.hash, order_);
    const auto count = [&](auto is_it) { return std::count_if(seen.begin(), seen.end(), is_it); };
    if (count([&](const SeenAt& one) { return one.repository == repository_; }) > 0) return false;
    if (count([&](const SeenAt& one) { return one.lineage == lineage_; }) >= kPlacesPerLineageMax) return false;
    if (is_commons(seen) || tables_.is_marked(fingerprint.hash)) return false;
    Statement& put = tables_.put_fingerprint;
    put.bind(as_integer(fingerprint.hash)).bind(order_).bind(repository_).bind(lineage_).bind(next_place_).bind(int64_t{fingerprint.at});
    put.run();
    return true;
  }

  void add_place(const RegisteredFile& file, const std::string& bytes, const Digest& digest) {
    Statement put_content = db_.prepare("INSERT OR IGNORE INTO content (digest, bytes) VALUES (?, ?)");
    put_content.bind_blob(as_view(digest)).bind_blob(bytes).run();
    const std::string record = pack_place(file.path, file.owners);
    Statement put_place = db_.prepare("INSERT INTO place VALUES (?, ?, ?, ?, ?)");
    put_place.bind(next_place_++).bind(order_).bind(*row_number(db_, "content", "digest", as_view(digest)));
    put_place.bind_blob(as_view(sha256(record))).bind_blob(record).run();
  }

  int64_t first_free_place() {
    Statement last = db_.prepare("SELECT max(number) FROM place");
    last.step();
    return last.integer(0) + 1;
  }

  SeenTables& tables_;
  Database& db_;
  int64_t repository_ = 0;
  int64_t lineage_ = 0;
  int64_t order_ = 0;
  int64_t next_place_ = first_free_place();
  size_t files_ = 0;
  size_t tokens_ = 0;
  Statement put_shown_ = db_.prepare("INSERT OR IGNORE INTO shown VALUES (?, ?)");
};

}  // namespace

SeenTables::SeenTables(const std::filesystem::path& path)
    : file(path),
      db(open_database(path)),
      find_fingerprint(db.prepare("SELECT registration, repository, lineage, place, at FROM fingerprint "
                                  "WHERE hash = ? AND registration <= ? ORDER BY registration")),
      put_fingerprint(db.prepare("INSERT INTO fingerprint VALUES (?, ?, ?, ?, ?, ?)")),
      find_mark(db.prepare("SELECT 1 FROM commons WHERE hash = ?")),
      find_place(db.prepare("SELECT repository.id, registration.commit_id, content.digest, content.bytes, place.digest, place.bytes "
                            "FROM place JOIN content ON content.number = place.content "
                            "JOIN registration ON registration.number = place.registration "
                            "JOIN repository ON repository.number = registration.repository WHERE place.number = ?")) {}

std::vector<SeenAt> SeenTables::seen_at(uint64_t hash, int64_t as_of) {
  std::vector<SeenAt> seen;
  find_fingerprint.bind(as_integer(hash)).bind(as_of);
  while (find_fingerprint.step()) {
    const auto number = [&](int column) { return find_fingerprint.integer(column); };
    seen.push_back({number(0), number(1), number(2), number(3), static_cast<uint32_t>(number(4))});
  }
  find_fingerprint.reset();
  return seen;
}

bool SeenTables::is_marked(uint64_t hash) {
  const bool found = find_mark.bind(as_integer(hash)).step();
  find_mark.reset();
  return found;
}

std::optional<int64_t> SeenTables::repository_number(const std::string& id) { return row_number(db, "repository", "id", id); }

SeenPlace SeenTables::place(int64_t number) {
  const auto damaged = [&] {
    fail_with_hint(ErrorKind::verification, "restore it from a backup", "'{}': the database is damaged: place {}", file.string(), number);
  };
  if (!find_place.bind(number).step()) damaged();
  const auto checked = [&](int digest_column) {
    std::string bytes = find_place.blob(digest_column + 1);
    if (as_view(sha256(bytes)) != find_place.blob(digest_column)) damaged();
    return bytes;
  };
  SeenPlace place{find_place.blob(0), find_place.blob(1), unpack_place(checked(4)), unpack_tokens(checked(2))};
  find_place.reset();
  return place;
}

bool is_commons(std::span<const SeenAt> seen) {
  std::set<int64_t> lineages;
  for (const SeenAt& one : seen) lineages.insert(one.lineage);
  return static_cast<int64_t>(lineages.size()) >= kCommonsLineages;
}

FirstSeen::FirstSeen(const std::filesystem::path& file) : tables_(std::make_unique<SeenTables>(file)) {}
FirstSeen::~FirstSeen() = default;
FirstSeen::FirstSeen(FirstSeen&&) noexcept = default;
FirstSeen& FirstSeen::operator=(FirstSeen&&) noexcept = default;

int64_t FirstSeen::add(const Registration& registration, const std::function<bool(RegisteredFile&)>& next) {
  SqlTransaction transaction(tables_->db);
  if (const auto repository = tables_->repository_number(registration.repository)) {
    Statement known = tables_->db.prepare("SELECT number FROM registration WHERE repository = ? AND commit_id = ?");
    if (known.bind(*repository).bind_blob(registration.commit).step()) return known.integer(0);
  }
  Registrar registrar(*tables_, tables_->db, registration);
  for (RegisteredFile file; next(file); file = {}) registrar.add(file);
  transaction.commit();
  return registrar.order();
}

void FirstSeen::mark_commons(std::span<const uint64_t> tokens) {
  SqlTransaction transaction(tables_->db);
  Statement put = tables_->db.prepare("INSERT OR IGNORE INTO commons VALUES (?)");
  for (const Fingerprint& fingerprint : winnow(tokens)) put.bind(as_integer(fingerprint.hash)).run();
  transaction.commit();
}

int64_t FirstSeen::order() const {
  Statement newest = tables_->db.prepare("SELECT max(number) FROM registration");
  newest.step();
  return newest.integer(0);
}

}  // namespace ain::repo
