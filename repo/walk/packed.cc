#include "repo/walk/packed.h"

#include <libdeflate.h>

#include <algorithm>

#include "base/files.h"
#include "repo/loose_reader.h"

namespace ain::repo {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kIndexHead("\377tOc\0\0\0\2", 8);
constexpr std::string_view kPackHead("PACK\0\0\0\2", 8);
constexpr size_t kFanoutAt = kIndexHead.size();
constexpr size_t kNamesAt = kFanoutAt + 256 * 4;
constexpr size_t kPackHeadBytes = 12;
constexpr size_t kKeepingBytes = 128;  // of an object that is kept, beside its own
constexpr int kOffsetDelta = 6, kNameDelta = 7;

uint32_t big_endian(std::string_view bytes) {
  uint32_t number = 0;
  for (const char byte : bytes.substr(0, 4)) number = number << 8 | static_cast<unsigned char>(byte);
  return number;
}

// Little-endian, seven bits a byte. Nothing where it does not end, or is too large.
std::optional<size_t> take_varint(std::string_view& bytes, size_t value = 0, int shift = 0) {
  for (size_t i = 0; i < bytes.size() && shift <= 35; ++i, shift += 7) {
    const auto byte = static_cast<unsigned char>(bytes[i]);
    value |= static_cast<size_t>(byte & 0x7f) << shift;
    if (byte < 0x80) {
      bytes.remove_prefix(i + 1);
      return value;
    }
  }
  return std::nullopt;
}

// How far back a delta's base is: git's other varint, in which no number has two spellings.
std::optional<uint64_t> take_distance(std::string_view& bytes) {
  uint64_t value = 0;
  for (size_t i = 0; i < bytes.size() && i < 8; ++i) {
    const auto byte = static_cast<unsigned char>(bytes[i]);
    value = value << 7 | (byte & 0x7f);
    if (byte < 0x80) {
      bytes.remove_prefix(i + 1);
      return value;
    }
    ++value;
  }
  return std::nullopt;
}

// The bytes of a copy's place or length that the instruction says are there, the lowest first.
std::optional<size_t> take_sparse(std::string_view& bytes, unsigned present, int most) {
  size_t value = 0;
  for (int i = 0; i < most; ++i) {
    if ((present >> i & 1) == 0) continue;
    if (bytes.empty()) return std::nullopt;
    value |= static_cast<size_t>(static_cast<unsigned char>(bytes.front())) << (8 * i);
    bytes.remove_prefix(1);
  }
  return value;
}

// What `delta` makes of `base`; null where they do not fit together.
Bytes apply_delta(std::string_view base, std::string_view delta) {
  const auto base_size = take_varint(delta);
  if (!base_size || *base_size != base.size()) return nullptr;
  const auto size = take_varint(delta);
  if (!size || *size > kPackedBytesMax) return nullptr;
  auto result = std::make_shared<std::string>();
  result->reserve(*size);
  while (!delta.empty()) {
    const auto instruction = static_cast<unsigned char>(delta.front());
    delta.remove_prefix(1);
    std::string_view piece;
    if ((instruction & 0x80) != 0) {
      const auto at = take_sparse(delta, instruction, 4);
      if (!at) return nullptr;
      auto length = take_sparse(delta, instruction >> 4 & 7, 3);
      if (!length) return nullptr;
      if (*length == 0) length = 0x10000;
      if (*at > base.size() || *length > base.size() - *at) return nullptr;
      piece = base.substr(*at, *length);
    } else {
      if (instruction == 0 || instruction > delta.size()) return nullptr;
      piece = delta.substr(0, instruction);
      delta.remove_prefix(instruction);
    }
    if (piece.size() > *size - result->size()) return nullptr;
    result->append(piece);
  }
  return result->size() == *size ? result : nullptr;
}

git_object_t type_of(int kind) { return kind >= 1 && kind <= 4 ? static_cast<git_object_t>(kind) : GIT_OBJECT_INVALID; }

}  // namespace

std::optional<Pack> Pack::open(std::string_view index, std::string_view pack) {
  if (!index.starts_with(kIndexHead) || index.size() < kNamesAt || !pack.starts_with(kPackHead)) return std::nullopt;
  Pack result;
  result.index_ = index;
  result.pack_ = pack;
  for (size_t i = 0; i < 256; ++i) {
    const uint32_t until = result.number(kFanoutAt + 4 * i);
    if (until < result.count_) return std::nullopt;
    result.count_ = until;
  }
  constexpr size_t kBytesAnObject = GIT_OID_RAWSZ + 4 + 4;
  if ((index.size() - kNamesAt) / kBytesAnObject < result.count_) return std::nullopt;
  return result;
}

uint32_t Pack::number(size_t at) const { return big_endian(index_.substr(at)); }

std::optional<uint64_t> Pack::find(const git_oid& oid) const {
  const std::string_view name(reinterpret_cast<const char*>(oid.id), GIT_OID_RAWSZ);
  const size_t first = oid.id[0];
  size_t begin = first == 0 ? 0 : number(kFanoutAt + 4 * (first - 1));
  size_t end = number(kFanoutAt + 4 * first);
  while (begin < end) {
    const size_t middle = begin + (end - begin) / 2;
    const int order = index_.compare(kNamesAt + middle * GIT_OID_RAWSZ, GIT_OID_RAWSZ, name);
    if (order == 0) {
      const size_t places = kNamesAt + size_t{count_} * (GIT_OID_RAWSZ + 4);
      const uint32_t at = number(places + 4 * middle);
      if (at < 0x80000000U) return at;
      const size_t large = places + 4 * size_t{count_} + 8 * size_t{at & 0x7fffffffU};
      if (large + 8 > index_.size()) return std::nullopt;
      return uint64_t{number(large)} << 32 | number(large + 4);
    }
    if (order < 0) begin = middle + 1;
    else end = middle;
  }
  return std::nullopt;
}

std::optional<Pack::Entry> Pack::entry(uint64_t at) const {
  if (at < kPackHeadBytes || at >= pack_.size()) return std::nullopt;
  Entry entry;
  entry.packed = pack_.substr(at);
  const auto first = static_cast<unsigned char>(entry.packed.front());
  entry.packed.remove_prefix(1);
  entry.kind = first >> 4 & 7;
  entry.size = first & 15;
  if ((first & 0x80) != 0) {
    const auto size = take_varint(entry.packed, entry.size, 4);
    if (!size) return std::nullopt;
    entry.size = *size;
  }
  if (entry.kind == kOffsetDelta) {
    const auto distance = take_distance(entry.packed);
    if (!distance || *distance == 0 || *distance > at) return std::nullopt;
    entry.base_at = at - *distance;
  } else if (entry.kind == kNameDelta) {
    if (entry.packed.size() < GIT_OID_RAWSZ) return std::nullopt;
    git_oid base{};
    std::memcpy(base.id, entry.packed.data(), GIT_OID_RAWSZ);
    entry.packed.remove_prefix(GIT_OID_RAWSZ);
    entry.base_at = find(base);
    if (!entry.base_at) return std::nullopt;
  } else if (type_of(entry.kind) == GIT_OBJECT_INVALID) {
    return std::nullopt;
  }
  return entry;
}

PackedObjects::PackedObjects(const Repository& repository) {
  for (const fs::path& folder : object_folders(repository.git_folder() / "objects")) {
    std::error_code absent;
    for (const auto& file : fs::directory_iterator(folder / "pack", absent)) {
      if (file.path().extension() != ".idx") continue;
      auto index = MappedFile::open(file.path());
      auto pack = MappedFile::open(fs::path(file.path()).replace_extension(".pack"));
      if (!index || !pack) continue;
      add(index->bytes(), pack->bytes());
      files_.push_back(std::move(*index));
      files_.push_back(std::move(*pack));
    }
  }
}

void PackedObjects::add(std::string_view index, std::string_view pack) {
  if (const auto opened = Pack::open(index, pack)) packs_.push_back(*opened);
}

PackReader::PackReader(std::shared_ptr<PackedObjects> objects)
    : objects_(std::move(objects)), decompressor_(libdeflate_alloc_decompressor()) {
  if (decompressor_ == nullptr) throw std::bad_alloc();
}

PackReader::~PackReader() { libdeflate_free_decompressor(decompressor_); }

std::optional<PackedObject> PackReader::read(const git_oid& oid) {
  for (size_t pack = 0; pack < objects_->packs_.size(); ++pack) {
    const auto at = objects_->packs_[pack].find(oid);
    if (at) return read_at(static_cast<uint32_t>(pack), *at);
  }
  return std::nullopt;
}

// First down the chain of deltas to what is known or whole, then up again.
std::optional<PackedObject> PackReader::read_at(uint32_t number, uint64_t at) {
  const Pack& pack = objects_->packs_[number];
  std::vector<std::pair<uint64_t, Pack::Entry>> deltas;
  PackedObject object;
  for (uint64_t place = at; object.bytes == nullptr;) {
    if (const auto known = objects_->recent_.find({number, place})) {
      object = *known;
      break;
    }
    const auto entry = pack.entry(place);
    if (!entry || entry->size > kPackedBytesMax) return std::nullopt;
    if (entry->base_at) {
      if (deltas.size() == kDeltaDepthMax) return std::nullopt;
      deltas.emplace_back(place, *entry);
      place = *entry->base_at;
      continue;
    }
    auto whole = std::make_shared<std::string>();
    if (!unpack(*entry, *whole)) return std::nullopt;
    object = objects_->recent_.add({number, place}, {type_of(entry->kind), std::move(whole)}, entry->size + kKeepingBytes);
  }
  for (auto delta = deltas.rbegin(); delta != deltas.rend(); ++delta) {
    if (!unpack(delta->second, delta_)) return std::nullopt;
    Bytes made = apply_delta(*object.bytes, delta_);
    if (made == nullptr) return std::nullopt;
    const size_t size = made->size();
    object = objects_->recent_.add({number, delta->first}, {object.type, std::move(made)}, size + kKeepingBytes);
  }
  return object;
}

bool PackReader::unpack(const Pack::Entry& entry, std::string& into) const {
  // Before there is memory for it: a few bytes can say anything.
  if (entry.size / kInflateFactorMax > entry.packed.size()) return false;
  into.resize(entry.size);
  return libdeflate_zlib_decompress(decompressor_, entry.packed.data(), entry.packed.size(), into.data(), into.size(), nullptr) ==
         LIBDEFLATE_SUCCESS;
}

}  // namespace ain::repo
