#include "repo/copies/leaf_index.h"

#include <algorithm>
#include <array>
#include <set>
#include <tuple>

#include "base/encoding.h"
#include "repo/copies/winnow.h"

namespace ain::repo {
namespace {

constexpr size_t kPublicationBytes = 400;  // of an answer, beside the leaf

constexpr std::array<const char*, 1> kSchema = {
    "CREATE TABLE reached (size INTEGER NOT NULL, root BLOB NOT NULL) STRICT;"
    "CREATE TABLE leaf (number INTEGER PRIMARY KEY, repository TEXT NOT NULL, lineage TEXT NOT NULL, commit_id TEXT NOT NULL,"
    "  since_ms INTEGER NOT NULL, published_ms INTEGER NOT NULL, digest BLOB NOT NULL, bytes BLOB NOT NULL) STRICT;"
    "CREATE INDEX leaf_by_time ON leaf (published_ms);"
    "CREATE TABLE fingerprint (hash INTEGER NOT NULL, since_ms INTEGER NOT NULL, leaf INTEGER NOT NULL,"
    "  PRIMARY KEY (hash, since_ms, leaf)) STRICT, WITHOUT ROWID;"};

Database open_database(const std::filesystem::path& file) {
  Database db = Database::open(file, Durability::normal);
  db.migrate(kSchema);
  return db;
}

int64_t as_integer(uint64_t hash) { return static_cast<int64_t>(hash); }

std::set<uint64_t> distinct_hashes(std::span<const uint64_t> tokens) {
  std::set<uint64_t> hashes;
  for (const Fingerprint& fingerprint : winnow(tokens)) hashes.insert(fingerprint.hash);
  return hashes;
}

}  // namespace

LeafIndex::LeafIndex(const std::filesystem::path& file) : db_(open_database(file)) {}

void LeafIndex::add(const std::vector<Publication>& publications, const Reached& reached) {
  SqlTransaction transaction(db_);
  for (const Publication& publication : publications) add(publication);
  db_.exec("DELETE FROM reached");
  db_.prepare("INSERT INTO reached VALUES (?, ?)").bind(reached.size).bind_blob(as_view(reached.root)).run();
  transaction.commit();
}

// A fingerprint that the repository has shown by an earlier registration, or by an earlier leaf of this one, says nothing new.
void LeafIndex::add(const Publication& publication) {
  const auto leaf = unpack_leaf(publication.leaf);
  if (!leaf) return;
  Statement put_leaf = db_.prepare("INSERT INTO leaf (repository, lineage, commit_id, since_ms, published_ms, digest, bytes) VALUES (?, ?, ?, ?, ?, ?, ?)");
  put_leaf.bind_text(publication.repository).bind_text(publication.lineage).bind_text(publication.commit);
  put_leaf.bind(publication.since_ms).bind(publication.published_ms).bind_blob(as_view(publication.digest)).bind_blob(publication.leaf).run();
  const int64_t number = db_.last_rowid();
  Statement known = db_.prepare(
      "SELECT count(*), sum(leaf.repository = ?) FROM fingerprint JOIN leaf ON leaf.number = fingerprint.leaf "
      "WHERE fingerprint.hash = ? AND fingerprint.since_ms <= ?");
  Statement put = db_.prepare("INSERT INTO fingerprint VALUES (?, ?, ?)");
  for (const uint64_t hash : distinct_hashes(leaf->tokens)) {
    known.bind_text(publication.repository).bind(as_integer(hash)).bind(publication.since_ms).step();
    const bool says_new = known.integer(0) < kPlacesPerFingerprintMax && known.integer(1) == 0;
    known.reset();
    if (says_new) put.bind(as_integer(hash)).bind(publication.since_ms).bind(number).run();
  }
}

LeafIndex::Reached LeafIndex::reached() const {
  Statement row = db_.prepare("SELECT size, root FROM reached");
  if (!row.step()) return {};
  const auto root = to_array<32>(row.blob(1));
  return {row.integer(0), root.value_or(Digest{})};
}

int64_t LeafIndex::newest_ms(int64_t until_ms) const {
  Statement row = db_.prepare("SELECT coalesce(max(published_ms), 0) FROM leaf WHERE published_ms <= ?");
  row.bind(until_ms).step();
  return row.integer(0);
}

std::vector<Publication> LeafIndex::holding(std::span<const uint64_t> fingerprints, std::span<const Digest> held, int64_t until_ms) const {
  std::set<std::pair<int64_t, int64_t>> found;  // since when, and the leaf
  Statement places = db_.prepare("SELECT since_ms, leaf FROM fingerprint WHERE hash = ? ORDER BY since_ms, leaf LIMIT ?");
  for (const uint64_t hash : fingerprints) {
    places.bind(as_integer(hash)).bind(kPlacesPerFingerprintMax);
    while (places.step()) found.emplace(places.integer(0), places.integer(1));
    places.reset();
  }
  const std::set<Digest> known(held.begin(), held.end());
  std::vector<Publication> publications;
  size_t bytes = 0;
  Statement row = db_.prepare("SELECT repository, lineage, commit_id, since_ms, published_ms, digest, bytes FROM leaf WHERE number = ?");
  for (const auto& [since_ms, number] : found) {
    if (bytes > kHoldingBytesMax) break;
    if (row.bind(number).step() && row.integer(4) <= until_ms) {
      Publication one{row.text(0), row.text(1), row.text(2), row.integer(3), row.integer(4), *to_array<32>(row.blob(5)), row.blob(6)};
      if (known.contains(one.digest)) one.leaf.clear();
      bytes += one.leaf.size() + kPublicationBytes;
      publications.push_back(std::move(one));
    }
    row.reset();
  }
  return publications;
}

}  // namespace ain::repo
