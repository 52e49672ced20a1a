// Private to repo/: where a new file came from, when a file went away in the same commit. The rule is git's (`git blame` follows
// the same), frozen here as a part of the specification:
// 1. the same blob: a removed file of the same base name before others, then by path;
// 2. the only removed file of that base name, when at least 75 % alike;
// 3. the removed file most alike, at least 50 %; of equals the same base name, then the first path.
// Alike is the share of the larger file's bytes, in lines cut at 64 bytes, that both have.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "repo/walk/objects.h"

namespace ain::repo {

inline constexpr size_t kRenamePairsMax = 4'000'000;  // new times removed files of a commit; beyond it only rules 1 and 2
inline constexpr size_t kRenameBlobBytesMax = size_t{64} << 20;  // larger files are found by the same blob only

struct RemovedFile {
  std::string path;
  git_oid oid{};
};

class RenameFinder {
 public:
  explicit RenameFinder(ObjectSource& source);
  // The file of `removed` (by path) that became `path` with content `oid`; null when none is alike. `all_rules`: the third too.
  const RemovedFile* find(const std::vector<RemovedFile>& removed, const std::string& path, const git_oid& oid,
                          bool all_rules);

 private:
  // Hash of a piece of a file -> its bytes, by hash.
  struct Fingerprint {
    uint64_t size = 0;
    std::vector<std::pair<uint32_t, uint32_t>> pieces;
  };
  using FingerprintPtr = std::shared_ptr<const Fingerprint>;

  FingerprintPtr fingerprint(const git_oid& oid);
  static int64_t likeness(const Fingerprint& old_file, const Fingerprint& new_file);

  ObjectSource& source_;
  RecentlyUsed<git_oid, FingerprintPtr> recent_;
};

}  // namespace ain::repo
