#include "remote/published_index.h"

#include <algorithm>
#include <chrono>

#include "base/encoding.h"

namespace ain::remote {
namespace {

using namespace std::chrono_literals;

constexpr auto kAnswerWithin = 10s;  // of which the log's end is waited for
constexpr auto kPause = 100ms;       // between two looks of the thread that keeps up
constexpr int64_t kPage = 100;       // transactions that are read at once

// The id of the last of the log's first `size` transactions.
Digest last_of(const ledger::Ledger& ledger, int64_t size) {
  return ledger.history({.account = {}, .type = {}, .subject = {}, .from_index = size - 1, .limit = 1}).at(0).txid;
}

// Of another log: a ledger that was restored from a backup has gone another way since.
bool is_of(const ledger::Ledger& ledger, const repo::LeafIndex::Reached& reached) {
  return reached.size == 0 || (reached.size <= ledger.size() && last_of(ledger, reached.size) == reached.last);
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

repo::LeafIndex::Entry entry_of(const ledger::Ledger& ledger, const ledger::FingerprintPublish& body, int64_t published) {
  const auto claim = ledger.fingerprints(body.repository, body.commit);
  AIN_ASSERT(claim);  // else the ledger had not taken it
  return {.publication = {.repository = body.repository.text(), .lineage = claim->registrar.text(), .commit = body.commit,
                          .since_ms = claim->registered_ms, .published = published, .digest = sha256(body.leaf)},
          .place = body.index, .leaf = body.leaf};
}

}  // namespace

PublishedIndex::PublishedIndex(const ledger::Ledger& ledger, const std::filesystem::path& file)
    : ledger_(ledger), writer_(open(ledger, file)), reader_(file), thread_([this] { keep_up(); }) {}

PublishedIndex::~PublishedIndex() {
  stopped_ = true;
  thread_.join();
}

// A page of each type of transaction that may publish; what lies between their ends is whole.
bool PublishedIndex::read_page() {
  const int64_t from = writer_.reached().size;
  int64_t end = ledger_.size();
  if (from >= end) return false;
  std::vector<ledger::HistoryEntry> entries;
  for (const char* type : {"fingerprint_publish", "batch"}) {
    std::vector<ledger::HistoryEntry> page = ledger_.history({.account = {}, .type = type, .subject = {}, .from_index = from, .limit = kPage});
    if (!page.empty()) end = std::min(end, page.back().index + 1);
    std::move(page.begin(), page.end(), std::back_inserter(entries));
  }
  std::sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) { return a.index < b.index; });
  std::vector<repo::LeafIndex::Entry> published;
  for (const ledger::HistoryEntry& entry : entries) {
    if (entry.index >= end) break;
    for (const ledger::Body& body : entry.transaction.bodies) {
      if (const auto* leaf = std::get_if<ledger::FingerprintPublish>(&body)) published.push_back(entry_of(ledger_, *leaf, entry.index + 1));
    }
  }
  writer_.add(published, {end, last_of(ledger_, end)});
  return true;
}

void PublishedIndex::catch_up() {
  const auto until = std::chrono::steady_clock::now() + kAnswerWithin;
  std::unique_lock lock(writing_, kAnswerWithin);
  while (lock && std::chrono::steady_clock::now() < until) {
    if (!read_page()) return;
  }
  fail_with_hint(ErrorKind::timed_out, "try again in a minute", "this node is still reading what was published");
}

// What stops this thread is told to those who ask.
void PublishedIndex::keep_up() {
  while (!stopped_) {
    bool more = false;
    try {
      const std::lock_guard lock(writing_);
      more = read_page();
    } catch (const std::exception&) {
    }
    if (!more) std::this_thread::sleep_for(kPause);
  }
}

int64_t PublishedIndex::newest(int64_t until) {
  catch_up();
  const std::lock_guard lock(reading_);
  return reader_.newest(until);
}

std::optional<repo::Holders> PublishedIndex::holders(std::span<const uint64_t> fingerprints, int64_t until) {
  catch_up();
  const std::lock_guard lock(reading_);
  return reader_.holders(fingerprints, until);
}

std::vector<std::string> PublishedIndex::leaves(std::span<const Digest> digests) {
  const std::lock_guard lock(reading_);
  std::vector<std::string> leaves;
  for (const Digest& digest : digests) {
    auto leaf = reader_.leaf(digest);
    if (!leaf) fail(ErrorKind::failed, "no leaf '{}' is published", to_hex(digest));
    leaves.push_back(*std::move(leaf));
  }
  return leaves;
}

std::vector<int64_t> PublishedIndex::places(const RepositoryId& repository, const std::string& commit) {
  catch_up();
  const std::lock_guard lock(reading_);
  return reader_.places(repository.text(), commit);
}

}  // namespace ain::remote
