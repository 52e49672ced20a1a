// Which leaves a ledger's log has published, for a node that keeps or follows it. Reads on in the log by itself, and to its end before it
// answers. Thread-safe.
#pragma once

#include <atomic>
#include <filesystem>
#include <mutex>
#include <thread>

#include "ledger/ledger.h"
#include "repo/copies/leaf_index.h"

namespace ain::remote {

class PublishedIndex {
 public:
  // The ledger must outlive it. A file that is damaged or of another log is made again, as the log has all of it.
  PublishedIndex(const ledger::Ledger& ledger, const std::filesystem::path& file);
  ~PublishedIndex();
  PublishedIndex(const PublishedIndex&) = delete;
  PublishedIndex& operator=(const PublishedIndex&) = delete;

  // As repo::LeafIndex has them. Throw `timed_out` where much of the log is still to be read.
  int64_t newest(int64_t until);
  std::optional<repo::Holders> holders(std::span<const uint64_t> fingerprints, int64_t until);
  std::vector<std::string> leaves(std::span<const Digest> digests);  // in that order; throws `failed` for one that is not published
  std::vector<int64_t> places(const RepositoryId& repository, const std::string& commit);

 private:
  bool read_page();  // false: the log's end was reached
  void catch_up();
  void keep_up();

  const ledger::Ledger& ledger_;
  std::timed_mutex writing_;
  repo::LeafIndex writer_;
  std::mutex reading_;
  repo::LeafIndex reader_;
  std::atomic<bool> stopped_ = false;
  std::thread thread_;
};

}  // namespace ain::remote
