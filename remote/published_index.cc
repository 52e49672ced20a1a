#include "remote/published_index.h"

#include <algorithm>

namespace ain::remote {
namespace {

// Of another log: a ledger that was restored from a backup has gone another way since.
bool is_of(const ledger::Ledger& ledger, const repo::LeafIndex::Reached& reached) {
  return reached.size == 0 || (reached.size <= ledger.size() && ledger.log_root(reached.size) == reached.root);
}

// A file that is damaged or another log's is made again.
repo::LeafIndex open(const ledger::Ledger& ledger, const std::filesystem::path& file) {
  try {
    repo::LeafIndex index(file);
    if (is_of(ledger, index.reached())) return index;
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::verification) throw;
  }
  for (const char* suffix : {"", "-wal", "-shm"}) std::filesystem::remove(file.string() + suffix);
  return repo::LeafIndex(file);
}

repo::Publication publication_of(const ledger::Ledger& ledger, const ledger::FingerprintPublish& body, int64_t time_ms) {
  const auto claim = ledger.fingerprints(body.repository, body.commit);
  AIN_ASSERT(claim);  // else the ledger had not taken it
  return {.repository = body.repository.text(), .lineage = claim->registrar.text(), .commit = body.commit,
          .since_ms = claim->registered_ms, .published_ms = time_ms, .digest = sha256(body.leaf), .leaf = body.leaf};
}

}  // namespace

PublishedIndex::PublishedIndex(const ledger::Ledger& ledger, const std::filesystem::path& file) : ledger_(ledger), index_(open(ledger, file)) {}

// A page of each type of transaction that may publish; what lies between their ends is whole.
void PublishedIndex::read_on() {
  const int64_t size = ledger_.size();
  for (int64_t from = index_.reached().size; from < size;) {
    int64_t end = size;
    std::vector<ledger::HistoryEntry> entries;
    for (const char* type : {"fingerprint_publish", "batch"}) {
      std::vector<ledger::HistoryEntry> page = ledger_.history({.account = {}, .type = type, .subject = {}, .from_index = from, .limit = 200});
      if (!page.empty()) end = std::min(end, page.back().index + 1);
      std::move(page.begin(), page.end(), std::back_inserter(entries));
    }
    std::sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) { return a.index < b.index; });
    std::vector<repo::Publication> published;
    for (const ledger::HistoryEntry& entry : entries) {
      if (entry.index >= end) break;
      for (const ledger::Body& body : entry.transaction.bodies) {
        if (const auto* leaf = std::get_if<ledger::FingerprintPublish>(&body)) published.push_back(publication_of(ledger_, *leaf, entry.time_ms));
      }
    }
    index_.add(published, {end, ledger_.log_root(end)});
    from = end;
  }
}

int64_t PublishedIndex::newest_ms(int64_t until_ms) {
  const std::lock_guard lock(mutex_);
  read_on();
  return index_.newest_ms(until_ms);
}

std::vector<repo::Publication> PublishedIndex::holding(std::span<const uint64_t> fingerprints, std::span<const Digest> held, int64_t until_ms) {
  const std::lock_guard lock(mutex_);
  read_on();
  return index_.holding(fingerprints, held, until_ms);
}

}  // namespace ain::remote
