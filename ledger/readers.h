// Connections that read a store beside its writer, which they never wait for. Some are kept free of questions that take long, so that a
// balance need not wait for a history. Internal to the ledger; thread-safe.
#pragma once

#include <array>
#include <filesystem>
#include <mutex>
#include <optional>

#include "ledger/store.h"

namespace ain::ledger {

class Readers {
 public:
  explicit Readers(const std::filesystem::path& folder) {
    for (Reader& reader : readers_) reader.db.emplace(open_store_readonly(folder));
  }

  template <typename Query>
  auto read(Query query) { return run(kForLongOnes, query); }
  // For a row or two.
  template <typename Query>
  auto look_up(Query query) { return run(kReaders, query); }

 private:
  static constexpr size_t kForLongOnes = 2, kReaders = 4;
  struct Reader {
    std::mutex mutex;
    std::optional<Database> db;
  };

  // On one that is free; else on the last of them that may be used.
  template <typename Query>
  auto run(size_t count, Query query) {
    for (size_t i = count; i-- > 0;) {
      std::unique_lock lock(readers_[i].mutex, std::try_to_lock);
      if (lock) return query(*readers_[i].db);
    }
    const std::lock_guard lock(readers_[count - 1].mutex);
    return query(*readers_[count - 1].db);
  }

  std::array<Reader, kReaders> readers_;
};

}  // namespace ain::ledger
