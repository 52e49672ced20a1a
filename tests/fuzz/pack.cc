// A pack and its index: the bytes of either as they are, or a well-formed pack whose objects and deltas hold what the input says.
#include <string>
#include <utility>
#include <vector>

#include "repo/walk/packed.h"
#include "tests/fuzz/deflated.h"
#include "tests/fuzz/harness.h"

namespace ain::repo {
namespace {

constexpr size_t kObjectsMax = 64;
constexpr size_t kHowBytes = 2;

std::string big_endian(size_t number, int bytes) {
  std::string result;
  for (int i = bytes - 1; i >= 0; --i) result += static_cast<char>(number >> (8 * i) & 0xff);
  return result;
}

git_oid name_of(size_t number) {
  git_oid oid{};
  oid.id[0] = static_cast<unsigned char>(number * 4);
  return oid;
}

std::string varint(size_t number) {
  std::string result;
  for (; number >= 0x80; number >>= 7) result += static_cast<char>(number | 0x80);
  return result + static_cast<char>(number);
}

// An object's head: its kind and size, then what tells a delta's base.
std::string head_of(int kind, size_t size, const std::string& base) {
  std::string result(1, static_cast<char>(kind << 4 | static_cast<int>(size & 15)));
  if (size > 15) {
    result[0] = static_cast<char>(result[0] | static_cast<char>(0x80));
    result += varint(size >> 4);
  }
  return result + base;
}

struct Made {
  std::string index, pack;
  size_t objects = 0;
};

Made make(Input& input) {
  Made made;
  made.pack = std::string("PACK\0\0\0\2\0\0\0\0", 12);
  std::vector<std::pair<size_t, size_t>> places;  // of each object: where, and how many bytes
  while (!input.at_end() && places.size() < kObjectsMax) {
    const uint32_t how = input.below(8);
    const size_t before = places.size();
    const size_t other = before == 0 ? 0 : input.below(static_cast<uint32_t>(before));
    std::string bytes(input.text());
    int kind = 1 + static_cast<int>(how % 4);
    std::string base;
    if (how >= 4 && before > 0) {
      kind = how < 6 ? 6 : 7;
      if (kind == 6) base = big_endian((made.pack.size() - places[other].first) & 0x7f, 1);
      else base.assign(reinterpret_cast<const char*>(name_of(other).id), GIT_OID_RAWSZ);
      bytes = varint(places[other].second) + varint(input.byte()) + bytes;
    }
    places.emplace_back(made.pack.size(), bytes.size());
    made.pack += head_of(kind, bytes.size(), base) + deflated(bytes);
  }
  made.objects = places.size();
  made.index = std::string("\377tOc\0\0\0\2", 8);
  for (size_t first = 0; first < 256; ++first) made.index += big_endian(std::min(first / 4 + 1, made.objects), 4);
  for (size_t i = 0; i < made.objects; ++i) {
    const git_oid oid = name_of(i);
    made.index.append(reinterpret_cast<const char*>(oid.id), GIT_OID_RAWSZ);
  }
  made.index.append(4 * made.objects, '\0');
  for (const auto& [at, size] : places) made.index += big_endian(at, 4);
  return made;
}

void read_all(const std::string& index, const std::string& pack, size_t objects) {
  const auto packs = std::make_shared<PackedObjects>();
  packs->add(index, pack);
  PackReader reader(packs);
  for (int round = 0; round < 2; ++round) {  // the second time from what was kept
    for (size_t i = 0; i < objects; ++i) {
      const auto found = reader.read(name_of(i));
      if (!found) continue;
      must(found->type >= GIT_OBJECT_COMMIT && found->type <= GIT_OBJECT_TAG);
      must(found->bytes != nullptr && found->bytes->size() <= kPackedBytesMax);
    }
  }
}

}  // namespace
}  // namespace ain::repo

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace ain::repo;
  ain::Input input(data, size);
  const std::string how(input.take(kHowBytes));
  if (how.size() < kHowBytes) return 0;
  if ((how[0] & 1) == 0) {
    const Made made = make(input);
    read_all(made.index, made.pack, made.objects);
    return 0;
  }
  // Of a sound pack, some bytes are the input's.
  Made made = make(input);
  std::string& file = (how[0] & 2) == 0 ? made.index : made.pack;
  const size_t at = static_cast<unsigned char>(how[1]) * file.size() / 256;
  const std::string_view other(reinterpret_cast<const char*>(data), std::min<size_t>(size, 16));
  file.replace(at, std::min(other.size(), file.size() - at), other);
  read_all(made.index, made.pack, made.objects + 1);
  return 0;
}
