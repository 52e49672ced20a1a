// Private to repo/: objects out of pack files, quickly, for a walk, which reads each version of each file, the oldest first. A pack holds
// the newest version whole and each older one as its difference from the next: whoever keeps what lies between unpacks each version once.
// libgit2 keeps 16 MB of it, and unpacks most of them many times.
#pragma once

#include <filesystem>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "base/files.h"
#include "repo/walk/objects.h"

struct libdeflate_decompressor;

namespace ain::repo {

inline constexpr size_t kPackedBytesMax = size_t{64} << 20;  // of an object, of what it is told from, and of the difference
inline constexpr size_t kPackCacheBytes = size_t{192} << 20;
inline constexpr int kDeltaDepthMax = 4095;                  // git's own limit

struct PackedObject {
  git_object_t type = GIT_OBJECT_INVALID;
  Bytes bytes;
};

// A pack and its index, as in git's gitformat-pack, version 2 of both. The bytes are not trusted.
class Pack {
 public:
  // Where an object begins, and what stands there.
  struct Entry {
    int kind = 0;                     // git's number of the type, or of the kind of delta
    size_t size = 0;                  // unpacked
    std::string_view packed;          // begins with the zlib stream
    std::optional<uint64_t> base_at;  // of a delta
  };

  // Nothing where the files are not what they should be, or of another version.
  static std::optional<Pack> open(std::string_view index, std::string_view pack);
  std::optional<uint64_t> find(const git_oid& oid) const;
  std::optional<Entry> entry(uint64_t at) const;

 private:
  std::string_view index_, pack_;
  uint32_t count_ = 0;

  uint32_t number(size_t at) const;  // four bytes of the index
};

// All packs of a repository's object stores, as they were when this was made. Threads share it.
class PackedObjects {
 public:
  PackedObjects() = default;
  explicit PackedObjects(const Repository& repository);
  void add(std::string_view index, std::string_view pack);  // must outlive it

 private:
  friend class PackReader;
  using Place = std::pair<uint32_t, uint64_t>;  // a pack's number, and where in it
  struct PlaceHash {
    size_t operator()(const Place& place) const { return std::hash<uint64_t>()(place.second * 64 + place.first); }
  };

  std::vector<Pack> packs_;
  std::vector<MappedFile> files_;
  RecentlyUsed<Place, PackedObject, PlaceHash, std::equal_to<>> recent_{kPackCacheBytes};
};

// One a thread.
class PackReader {
 public:
  explicit PackReader(std::shared_ptr<PackedObjects> objects);
  ~PackReader();
  PackReader(const PackReader&) = delete;
  PackReader& operator=(const PackReader&) = delete;
  // Nothing for an object that is not there, larger than kPackedBytesMax, or damaged: libgit2 may find it elsewhere, or say what it is.
  std::optional<PackedObject> read(const git_oid& oid);

 private:
  std::optional<PackedObject> read_at(uint32_t number, uint64_t at);
  bool unpack(const Pack::Entry& entry, std::string& into) const;

  std::shared_ptr<PackedObjects> objects_;
  libdeflate_decompressor* decompressor_;
  std::string delta_;  // room that is used again
};

}  // namespace ain::repo
