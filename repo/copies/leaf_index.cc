#include "repo/copies/leaf_index.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "base/encoding.h"
#include "repo/copies/winnow.h"

namespace ain::repo {
namespace {

constexpr std::array<const char*, 1> kSchema = {
    "CREATE TABLE reached (size INTEGER NOT NULL, last BLOB NOT NULL) STRICT;"
    "CREATE TABLE name (number INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE) STRICT;"
    "CREATE TABLE leaf (number INTEGER PRIMARY KEY, repository INTEGER NOT NULL, lineage INTEGER NOT NULL, commit_id TEXT NOT NULL,"
    "  place INTEGER NOT NULL, since_ms INTEGER NOT NULL, published INTEGER NOT NULL, digest BLOB NOT NULL, bytes BLOB NOT NULL) STRICT;"
    "CREATE INDEX leaf_by_published ON leaf (published);"
    "CREATE INDEX leaf_by_commit ON leaf (repository, commit_id, place);"
    "CREATE INDEX leaf_by_digest ON leaf (substr(digest, 1, 8));"
    "CREATE TABLE fingerprint (hash INTEGER NOT NULL, since_ms INTEGER NOT NULL, leaf INTEGER NOT NULL, repository INTEGER NOT NULL,"
    "  lineage INTEGER NOT NULL, published INTEGER NOT NULL, PRIMARY KEY (hash, since_ms, leaf)) STRICT, WITHOUT ROWID;"};

Database open_database(const std::filesystem::path& file) {
  Database db = Database::open(file, Durability::normal);
  db.migrate(kSchema);
  return db;
}

int64_t as_integer(uint64_t hash) { return static_cast<int64_t>(hash); }

// Which places of one fingerprint count, told in the order of their registrations.
class Counting {
 public:
  bool is_full() const { return lineages_.size() >= kCommonsLineages; }
  bool counts(int64_t repository, int64_t lineage) const {
    const auto known = lineages_.find(lineage);
    return !is_full() && !repositories_.contains(repository) && (known == lineages_.end() || known->second < kPlacesPerLineageMax);
  }
  void add(int64_t repository, int64_t lineage) {
    repositories_.insert(repository);
    ++lineages_[lineage];
  }

 private:
  std::set<int64_t> repositories_;
  std::map<int64_t, size_t> lineages_;
};

}  // namespace

LeafIndex::LeafIndex(const std::filesystem::path& file) : db_(open_database(file)) {}

class LeafIndex::Adder {
 public:
  explicit Adder(Database& db) : db_(db) {}

  void add(const Entry& entry) {
    const Publication& of = entry.publication;
    const int64_t repository = number_of(of.repository), lineage = number_of(of.lineage);
    put_leaf_.bind(repository).bind(lineage).bind_text(of.commit).bind(entry.place).bind(of.since_ms).bind(of.published);
    put_leaf_.bind_blob(as_view(of.digest)).bind_blob(entry.leaf).run();
    const int64_t number = db_.last_rowid();
    const auto leaf = unpack_leaf(entry.leaf);
    if (!leaf) return;
    for (const uint64_t hash : fingerprint_hashes(leaf->tokens)) {
      if (!says_new(hash, of.since_ms, repository, lineage)) continue;
      put_.bind(as_integer(hash)).bind(of.since_ms).bind(number).bind(repository).bind(lineage).bind(of.published).run();
    }
  }

 private:
  int64_t number_of(const std::string& name) {
    put_name_.bind_text(name).run();
    find_name_.bind_text(name).step();
    const int64_t number = find_name_.integer(0);
    find_name_.reset();
    return number;
  }

  // Not where those that were registered earlier, and published before, leave no room for it: then it would count at no moment.
  bool says_new(uint64_t hash, int64_t since_ms, int64_t repository, int64_t lineage) {
    Counting counting;
    earlier_.bind(as_integer(hash)).bind(since_ms).bind(kRowsPerFingerprintMax);
    int64_t rows = 0;
    for (; earlier_.step() && !counting.is_full(); ++rows) {
      if (counting.counts(earlier_.integer(0), earlier_.integer(1))) counting.add(earlier_.integer(0), earlier_.integer(1));
    }
    earlier_.reset();
    return rows < kRowsPerFingerprintMax && counting.counts(repository, lineage);
  }

  Database& db_;
  Statement put_name_ = db_.prepare("INSERT OR IGNORE INTO name (text) VALUES (?)");
  Statement find_name_ = db_.prepare("SELECT number FROM name WHERE text = ?");
  Statement put_leaf_ = db_.prepare(
      "INSERT INTO leaf (repository, lineage, commit_id, place, since_ms, published, digest, bytes) VALUES (?, ?, ?, ?, ?, ?, ?, ?)");
  Statement earlier_ =
      db_.prepare("SELECT repository, lineage FROM fingerprint WHERE hash = ? AND since_ms <= ? ORDER BY since_ms, leaf LIMIT ?");
  Statement put_ = db_.prepare("INSERT INTO fingerprint VALUES (?, ?, ?, ?, ?, ?)");
};

void LeafIndex::add(const std::vector<Entry>& entries, const Reached& reached) {
  SqlTransaction transaction(db_);
  Adder adder(db_);
  for (const Entry& entry : entries) adder.add(entry);
  db_.exec("DELETE FROM reached");
  db_.prepare("INSERT INTO reached VALUES (?, ?)").bind(reached.size).bind_blob(as_view(reached.last)).run();
  transaction.commit();
}

LeafIndex::Reached LeafIndex::reached() const {
  Statement row = db_.prepare("SELECT size, last FROM reached");
  if (!row.step()) return {};
  const auto last = to_array<32>(row.blob(1));
  return {row.integer(0), last.value_or(Digest{})};
}

int64_t LeafIndex::newest(int64_t until) const {
  Statement row = db_.prepare("SELECT coalesce(max(published), 0) FROM leaf WHERE published <= ?");
  row.bind(until).step();
  return row.integer(0);
}

std::optional<Holders> LeafIndex::holders(std::span<const uint64_t> fingerprints, int64_t until) const {
  std::vector<std::vector<std::pair<int64_t, int64_t>>> found;  // for each fingerprint since when, and the leaf
  std::map<std::pair<int64_t, int64_t>, uint32_t> numbers;
  Statement places = db_.prepare(
      "SELECT since_ms, leaf, repository, lineage FROM fingerprint WHERE hash = ? AND published <= ? ORDER BY since_ms, leaf LIMIT ?");
  for (const uint64_t hash : fingerprints) {
    found.emplace_back();
    Counting counting;
    places.bind(as_integer(hash)).bind(until).bind(kRowsPerFingerprintMax);
    while (!counting.is_full() && places.step()) {
      if (!counting.counts(places.integer(2), places.integer(3))) continue;
      counting.add(places.integer(2), places.integer(3));
      found.back().emplace_back(places.integer(0), places.integer(1));
      numbers.emplace(found.back().back(), 0);
    }
    places.reset();
    if (numbers.size() > kAnsweredPublicationsMax && fingerprints.size() > 1) return std::nullopt;
  }
  Holders holders;
  Statement row = db_.prepare(
      "SELECT r.text, l.text, commit_id, since_ms, published, digest FROM leaf JOIN name AS r ON r.number = repository "
      "JOIN name AS l ON l.number = lineage WHERE leaf.number = ?");
  for (auto& [place, number] : numbers) {
    number = static_cast<uint32_t>(holders.publications.size());
    row.bind(place.second).step();
    holders.publications.push_back({row.text(0), row.text(1), row.text(2), row.integer(3), row.integer(4), *to_array<32>(row.blob(5))});
    row.reset();
  }
  for (const auto& of : found) {
    std::vector<uint32_t>& listed = holders.of.emplace_back();
    for (const auto& place : of) listed.push_back(numbers.at(place));
  }
  return holders;
}

std::optional<std::string> LeafIndex::leaf(const Digest& digest) const {
  Statement row = db_.prepare("SELECT bytes FROM leaf WHERE substr(digest, 1, 8) = substr(?1, 1, 8) AND digest = ?1 LIMIT 1");
  if (!row.bind_blob(as_view(digest)).step()) return std::nullopt;
  return row.blob(0);
}

std::vector<int64_t> LeafIndex::places(const std::string& repository, const std::string& commit) const {
  Statement rows = db_.prepare(
      "SELECT place FROM leaf WHERE repository = (SELECT number FROM name WHERE text = ?) AND commit_id = ? ORDER BY place");
  rows.bind_text(repository).bind_text(commit);
  std::vector<int64_t> places;
  while (rows.step()) places.push_back(rows.integer(0));
  return places;
}

}  // namespace ain::repo
