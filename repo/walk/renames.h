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

inline constexpr size_t kRenamePairsMax = 4'000'000;  // removed files that a commit's new ones are compared with by rule 3; beyond it none
inline constexpr size_t kRenameBlobBytesMax = size_t{64}
                                              << 20;  // larger files are found by the same blob only

struct PathVersion {
  std::string path;
  git_oid oid{};
  EntryKind kind = EntryKind::file;
};

// What one tree has at paths where another has nothing or a folder. No folders.
class RemovedFiles {
 public:
  RemovedFiles() = default;
  // `after` null: an empty tree. Throws `failed` for more than kTreeEntriesMax files, or kChangedPathBytesMax of paths.
  RemovedFiles(TreeReader& trees, const git_oid& before, const git_oid* after);
  explicit RemovedFiles(std::vector<PathVersion> files);  // by path
  RemovedFiles(RemovedFiles&&) = default;
  RemovedFiles& operator=(RemovedFiles&&) = default;

  const std::vector<PathVersion>& all() const { return files_; }  // by path, as git lists it
  const PathVersion* same(const PathVersion& file) const;         // rule 1
  const PathVersion* only_namesake(const PathVersion& file) const;

 private:
  std::vector<PathVersion> files_;
  OidMap<std::vector<uint32_t>> by_blob_;
  std::unordered_map<std::string_view, std::vector<uint32_t>, KeyedHash> by_name_;
};

class RenameFinder {
 public:
  // `effort`: what counts the comparisons, alike only for a finder that is new; or null.
  explicit RenameFinder(ObjectSource& source, Effort* effort = nullptr);
  // The one of `removed` that became `file`; null when none is.
  const PathVersion* find_obvious(const RemovedFiles& removed, const PathVersion& file);     // by rules 1 and 2
  const PathVersion* find_most_alike(const RemovedFiles& removed, const PathVersion& file);  // by rule 3
  const PathVersion* find(const RemovedFiles& removed, const PathVersion& file);             // by all of them

 private:
  // Hash of a piece of a file -> its bytes, by hash.
  struct Fingerprint {
    uint64_t size = 0;
    std::vector<std::pair<uint32_t, uint32_t>> pieces;
  };
  using FingerprintPtr = std::shared_ptr<const Fingerprint>;

  FingerprintPtr fingerprint(const git_oid& oid);
  int64_t likeness(const PathVersion& old_file, const Fingerprint& new_file);

  void count(size_t amount);

  ObjectSource& source_;
  Effort* effort_;
  RecentlyUsed<git_oid, FingerprintPtr> recent_;
};

}  // namespace ain::repo
