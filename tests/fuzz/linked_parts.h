// Parts that name earlier ones by their hashes, out of a fuzzer's bytes, which cannot know them: in a part a mark and a number stand for
// the hash of an earlier part, so that what is malformed is linked all the same.
#pragma once

#include <string>
#include <vector>

#include "base/hash.h"
#include "tests/fuzz/made_history.h"

namespace ain::repo {

struct Part {
  char kind = 0;
  std::string bytes;
  git_oid oid{};   // of a part that is a git object
  Digest hash{};
};

class LinkedParts {
 public:
  static constexpr size_t kPartsMax = 24;
  static constexpr char kRawOid = '\x1c', kHexOid = '\x1d', kHash = '\x1f';

  explicit LinkedParts(Input input) {
    while (!input.at_end() && parts_.size() < kPartsMax) add(input.text());
  }

  const std::vector<Part>& all() const { return parts_; }
  // Counted back from the part at hand; null when there is none.
  const Part* before(size_t part, uint8_t number) const { return part == 0 ? nullptr : &parts_[part - 1 - number % part]; }
  static git_object_t object_type(char kind) {
    return kind == 'c' ? GIT_OBJECT_COMMIT : kind == 't' ? GIT_OBJECT_TREE : kind == 'b' ? GIT_OBJECT_BLOB : GIT_OBJECT_INVALID;
  }

 private:
  void add(std::string_view text) {
    Input input(text);
    Part part;
    part.kind = static_cast<char>(input.byte());
    while (!input.at_end()) {
      const char c = static_cast<char>(input.byte());
      const Part* named = c == kRawOid || c == kHexOid || c == kHash ? before(parts_.size(), input.byte()) : nullptr;
      if (named == nullptr) part.bytes += c;
      else if (c == kRawOid) part.bytes += raw_bytes(named->oid);
      else if (c == kHexOid) part.bytes += to_id(named->oid);
      else part.bytes += as_view(named->hash);
    }
    part.hash = sha256(part.bytes);
    if (const git_object_t type = object_type(part.kind); type != GIT_OBJECT_INVALID) part.oid = objects_.add(type, part.bytes);
    parts_.push_back(std::move(part));
  }

  MemoryObjects objects_;
  std::vector<Part> parts_;
};

}  // namespace ain::repo
