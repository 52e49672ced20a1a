// Which leaves a ledger's log has published, for a node that keeps or follows it. Reads on in the log when it is asked. Thread-safe.
#pragma once

#include <filesystem>
#include <mutex>

#include "ledger/ledger.h"
#include "repo/copies/leaf_index.h"

namespace ain::remote {

class PublishedIndex {
 public:
  // The ledger must outlive it. A file that is damaged or of another log is made again, as the log has all of it.
  PublishedIndex(const ledger::Ledger& ledger, const std::filesystem::path& file);

  int64_t newest_ms(int64_t until_ms);
  std::vector<repo::Publication> holding(std::span<const uint64_t> fingerprints, std::span<const Digest> held, int64_t until_ms);

 private:
  void read_on();
  const ledger::Ledger& ledger_;
  std::mutex mutex_;
  repo::LeafIndex index_;
};

}  // namespace ain::remote
