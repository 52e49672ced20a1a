// Private to repo/: what is attributed. A variant of the walk fixes the unit, how two versions of a file are compared, and whether
// renames are followed.
#pragma once

#include <cstdint>
#include <string_view>

#include "repo/walk/matches.h"
#include "repo/walk/objects.h"

namespace ain::repo {

enum class Unit : unsigned char { line, line_ignoring_space, token };

struct Variant {
  Unit unit = Unit::line;
  bool follow = true;  // renames

  bool operator==(const Variant&) const = default;
};
// Names a variant in stored results and proofs; its number changes with the rules behind it.
uint32_t variant_number(Variant variant);

inline constexpr size_t kLineBlobBytesMax = size_t{64} << 20;  // larger files have no lines

// A version of a file as the variant sees it.
class UnitText {
 public:
  virtual ~UnitText() = default;
  virtual uint32_t units() const = 0;
  virtual size_t memory_bytes() const = 0;
};
using UnitTextPtr = std::shared_ptr<const UnitText>;

// Null for what has no units: larger than the limit or, for tokens, no text. `near`: another version, of which most may be known
// already; or null. `bytes`, where there is one, grows by those that were read.
UnitTextPtr read_units(Unit unit, ObjectSource& source, const git_oid& blob, const UnitText* near, size_t* bytes = nullptr);
// Both of the same unit. `work` grows by the steps that comparing atoms took.
Matches match_units(Unit unit, const UnitText& old_version, const UnitText& new_version, int64_t& work);

}  // namespace ain::repo
