#include "repo/walk/units.h"

#include "repo/text_file.h"
#include "repo/walk/line_diff.h"
#include "repo/walk/token_text.h"

namespace ain::repo {
namespace {

// Bumped when a variant's rules change: stored results of other rules are not found then.
constexpr uint32_t kRulesVersion = 4;

class LineText final : public UnitText {
 public:
  explicit LineText(Bytes bytes) : bytes_(std::move(bytes)), lines_(*bytes_) {}
  uint32_t units() const override { return lines_.count; }
  size_t memory_bytes() const override { return bytes_->size(); }
  const Lines& lines() const { return lines_; }

 private:
  Bytes bytes_;
  Lines lines_;
};

}  // namespace

uint32_t variant_number(Variant variant) {
  return kRulesVersion * 16 + static_cast<uint32_t>(variant.unit) * 2 + (variant.follow ? 1 : 0);
}

UnitTextPtr read_units(Unit unit, ObjectSource& source, const git_oid& blob, const UnitText* near, size_t* bytes) {
  Bytes read = source.read(blob, GIT_OBJECT_BLOB, unit == Unit::token ? kTextBytesMax : kLineBlobBytesMax);
  if (read == nullptr) return nullptr;
  if (bytes != nullptr) *bytes += read->size();
  if (unit != Unit::token) return std::make_shared<const LineText>(std::move(read));
  if (is_binary(*read)) return nullptr;
  return std::make_shared<const TokenText>(std::move(read), static_cast<const TokenText*>(near));
}

Matches match_units(Unit unit, const UnitText& old_version, const UnitText& new_version, int64_t& work) {
  if (unit == Unit::token) {
    return match_tokens(static_cast<const TokenText&>(old_version), static_cast<const TokenText&>(new_version), work);
  }
  const auto lines = [](const UnitText& version) -> const Lines& { return static_cast<const LineText&>(version).lines(); };
  return match_lines(lines(old_version), lines(new_version), unit == Unit::line_ignoring_space);
}

}  // namespace ain::repo
