// Private to repo/: where a new file came from, when a file went away in the same commit. The rule is git's
// (`git blame` follows the same), frozen here as a part of the specification:
// 1. the same blob, among the first 100 of them by path: one of the same base name before others;
// 2. the only removed file of that base name, when at least 75 % alike;
// 3. the removed file most alike, at least 50 %; of equals one of the same base name. What is left undecided
// then depends on the order
//    in which git's table of four candidates was filled; it is filled the same way here.
// Alike is the share of the larger file's bytes, in lines cut at 64 bytes, that both have. Links are found by
// the same target only.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "repo/walk/objects.h"

namespace ain::repo {

inline constexpr size_t kRenamePairsMax =
    4'000'000;  // new times removed files of a commit; beyond it only rules 1 and 2
inline constexpr size_t kRenameBlobBytesMax = size_t{64}
                                              << 20;  // larger files are found by the same blob only

struct PathVersion {
  std::string path;
  git_oid oid{};
  EntryKind kind = EntryKind::file;
};

// What `before` has at paths where `after` has nothing or a folder; by path, as git lists it. No folders.
std::vector<PathVersion> removed_files(TreeReader& trees, const git_oid& before, const git_oid& after);

class RenameFinder {
 public:
  explicit RenameFinder(ObjectSource& source);
  // The one of `removed` (by path) that became `file`; null when none is alike. `all_rules`: the third too.
  const PathVersion* find(const std::vector<PathVersion>& removed, const PathVersion& file, bool all_rules);

 private:
  // Hash of a piece of a file -> its bytes, by hash.
  struct Fingerprint {
    uint64_t size = 0;
    std::vector<std::pair<uint32_t, uint32_t>> pieces;
  };
  using FingerprintPtr = std::shared_ptr<const Fingerprint>;

  FingerprintPtr fingerprint(const git_oid& oid);
  int64_t likeness(const PathVersion& old_file, const Fingerprint& new_file);
  const PathVersion* find_most_alike(const std::vector<PathVersion>& removed, const PathVersion& file,
                                     const Fingerprint& mine);

  ObjectSource& source_;
  RecentlyUsed<git_oid, FingerprintPtr> recent_;
};

}  // namespace ain::repo
