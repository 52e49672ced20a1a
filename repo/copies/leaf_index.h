// All leaves that a ledger's log has published, by fingerprint: what a node that keeps or follows a ledger answers from. One file, made of
// the log alone, so that it can be made again. One thread an object; one object writes, others may read at the same time.
#pragma once

#include <filesystem>
#include <optional>

#include "base/sqlite.h"
#include "repo/copies/publication.h"

namespace ain::repo {

inline constexpr size_t kAskedFingerprintsMax = 8192;        // in one question
inline constexpr size_t kAnsweredPublicationsMax = 4096;     // in one answer
inline constexpr size_t kAskedLeavesMax = 128;               // in one question
inline constexpr int64_t kRowsPerFingerprintMax = 1024;      // that are looked at: the earliest

class LeafIndex {
 public:
  explicit LeafIndex(const std::filesystem::path& file);  // opens or creates; throws `verification` for a damaged one

  // How far the log has been read, and the id of the last transaction of that, so that another log is told from this one.
  struct Reached {
    int64_t size = 0;
    Digest last{};
  };
  struct Entry {
    Publication publication;
    int64_t place = 0;       // of the leaf under its root
    std::string leaf;
  };
  // Adds what a log has published, in its order, and says how far that was read: all of it, or nothing. What is no leaf has no fingerprints.
  void add(const std::vector<Entry>& entries, const Reached& reached);
  Reached reached() const;

  int64_t newest(int64_t until) const;  // `published` of the last one that is not beyond `until`; 0: none
  // As Publications::holders, of what was published by `until`. Nothing: they are more than kAnsweredPublicationsMax; ask for fewer fingerprints.
  std::optional<Holders> holders(std::span<const uint64_t> fingerprints, int64_t until) const;
  std::optional<std::string> leaf(const Digest& digest) const;
  std::vector<int64_t> places(const std::string& repository, const std::string& commit) const;  // of its leaves that are published; rising

 private:
  class Adder;
  mutable Database db_;
};

}  // namespace ain::repo
