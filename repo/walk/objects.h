// Private to repo/: git's objects by id, read from a repository or from a proof, the recently used ones kept.
#pragma once

#include <cstring>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/hash.h"
#include "repo/libgit.h"
#include "repo/walk/effort.h"

namespace ain::repo {

using OidPair = std::pair<git_oid, git_oid>;

// Object ids are hashes already, but nobody has to have what a submodule's or a proof's id names: it can be any bytes.
struct OidHash {
  size_t operator()(const git_oid& oid) const {
    return KeyedHash()({reinterpret_cast<const char*>(oid.id), GIT_OID_RAWSZ});
  }
  size_t operator()(const OidPair& pair) const { return (*this)(pair.first) * 31 + (*this)(pair.second); }
};
struct OidEqual {
  bool operator()(const git_oid& a, const git_oid& b) const { return git_oid_equal(&a, &b) != 0; }
  bool operator()(const OidPair& a, const OidPair& b) const {
    return (*this)(a.first, b.first) && (*this)(a.second, b.second);
  }
};
template <typename T>
using OidMap = std::unordered_map<git_oid, T, OidHash, OidEqual>;

using Bytes = std::shared_ptr<const std::string>;

class ObjectSource {
 public:
  virtual ~ObjectSource() = default;
  // Throws `failed` for what is missing, damaged or of another type; null for what is larger than `bytes_max`.
  virtual Bytes read(const git_oid& oid, git_object_t type, size_t bytes_max) = 0;
};

class PackedObjects;
class PackReader;

// A repository's object store. One a thread.
class OdbSource final : public ObjectSource {
 public:
  explicit OdbSource(const Repository& repository);
  // For whoever reads much of it: looks into `packs` first, which threads share.
  OdbSource(const Repository& repository, std::shared_ptr<PackedObjects> packs);
  ~OdbSource() override;
  Bytes read(const git_oid& oid, git_object_t type, size_t bytes_max) override;

 private:
  GitOdb odb_;
  std::unique_ptr<PackReader> packs_;  // or null
};

// While it lives, libgit2 does not hash each object that it reads: a walk reads gigabytes of what this machine has checked when it
// arrived. (For the whole process; what comes from strangers goes through `git index-pack`, which does hash.)
class TrustedReads {
 public:
  TrustedReads();
  ~TrustedReads();
  TrustedReads(const TrustedReads&) = delete;
  TrustedReads& operator=(const TrustedReads&) = delete;
};

// What was used last, up to a number of bytes: a file's previous version was mostly read a moment ago, maybe by another thread.
template <typename Key, typename T, typename Hash = OidHash, typename Equal = OidEqual>
class RecentlyUsed {
 public:
  explicit RecentlyUsed(size_t bytes_max) : bytes_max_(bytes_max) {}

  std::optional<T> find(const Key& key) {
    const std::lock_guard lock(mutex_);
    const auto known = slots_.find(key);
    if (known == slots_.end()) return std::nullopt;
    order_.splice(order_.begin(), order_, known->second.place);
    return known->second.value;
  }
  // Another thread may have been first: then its value is as good, and stays.
  T add(const Key& key, T value, size_t bytes) {
    const std::lock_guard lock(mutex_);
    if (const auto known = slots_.find(key); known != slots_.end()) return known->second.value;
    order_.push_front(key);
    Slot& slot = slots_[key] = Slot{std::move(value), bytes, order_.begin()};
    bytes_ += bytes;
    while (bytes_ > bytes_max_ && order_.size() > 1) {
      const auto oldest = slots_.find(order_.back());
      bytes_ -= oldest->second.bytes;
      slots_.erase(oldest);
      order_.pop_back();
    }
    return slot.value;
  }

 private:
  struct Slot {
    T value;
    size_t bytes = 0;
    typename std::list<Key>::iterator place;
  };
  size_t bytes_max_;
  std::mutex mutex_;  // guards what follows
  size_t bytes_ = 0;
  std::unordered_map<Key, Slot, Hash, Equal> slots_;
  std::list<Key> order_;  // newest first
};

enum class EntryKind : unsigned char { file, link, folder, other };  // other: a submodule

struct TreeItem {
  std::string_view name;
  git_oid oid{};
  EntryKind kind = EntryKind::other;
};

// A git tree, its entries by the bytes of their names (git's own order puts a folder as if it ended in '/').
struct ParsedTree {
  Bytes bytes;  // what the names point into
  std::vector<TreeItem> items;

  const TreeItem* find(std::string_view name) const;
};
using ParsedTreePtr = std::shared_ptr<const ParsedTree>;

// Throws `failed` for a tree that git would refuse, or that has more than kTreeEntriesMax entries.
ParsedTree parse_tree(Bytes bytes, const git_oid& oid);

inline constexpr size_t kTreePathBytesMax = 4096;                      // no system checks out a longer one
inline constexpr size_t kChangedPathBytesMax = size_t{256} << 20;  // of all files that a commit changes
// The path of `name` in `folder`, which is "" or ends in '/'. Throws `failed` for one that is too long.
std::string path_below(const std::string& folder, std::string_view name);

// Trees, parsed, from any source.
using TreeCache = RecentlyUsed<git_oid, ParsedTreePtr>;
inline constexpr size_t kTreeCacheBytes = size_t{64} << 20;
class TreeReader {
 public:
  // With a cache of its own, unless it shares one. `effort`: what counts each reading; or null.
  explicit TreeReader(ObjectSource& source, std::shared_ptr<TreeCache> recent = std::make_shared<TreeCache>(kTreeCacheBytes),
                      Effort* effort = nullptr);
  ParsedTreePtr read(const git_oid& oid);

 private:
  ObjectSource& source_;
  std::shared_ptr<TreeCache> recent_;
  Effort* effort_;
};

}  // namespace ain::repo
