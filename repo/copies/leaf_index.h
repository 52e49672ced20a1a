// All leaves that a ledger's log has published, by fingerprint: what a node that keeps or follows a ledger answers from. One file, made of
// the log alone, so that it can be made again. One writer and reader at a time.
#pragma once

#include <filesystem>

#include "base/sqlite.h"
#include "repo/copies/publication.h"

namespace ain::repo {

inline constexpr int64_t kPlacesPerFingerprintMax = 64;      // the earliest are looked at
inline constexpr size_t kHoldingBytesMax = 8 << 20;          // leaves in one answer: the earliest
inline constexpr size_t kAskedFingerprintsMax = 1 << 15;     // in one question
inline constexpr size_t kHeldLeavesMax = 1 << 13;            // in one question

class LeafIndex {
 public:
  explicit LeafIndex(const std::filesystem::path& file);  // opens or creates; throws `verification` for a damaged one

  // How far the log has been read, and its root there, so that another log is told from this one.
  struct Reached {
    int64_t size = 0;
    Digest root{};
  };
  // Adds what a log has published, in its order, and says how far that was read: all of it, or nothing. What is no leaf is left out.
  void add(const std::vector<Publication>& publications, const Reached& reached);
  Reached reached() const;

  int64_t newest_ms(int64_t until_ms) const;  // when the last of them was published that is not later; 0: none
  // As Publications::holding, of those that were published by `until_ms`. In the order of their registrations.
  std::vector<Publication> holding(std::span<const uint64_t> fingerprints, std::span<const Digest> held, int64_t until_ms) const;

 private:
  void add(const Publication& publication);
  mutable Database db_;
};

}  // namespace ain::repo
