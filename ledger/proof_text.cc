#include "ledger/proof_text.h"

#include "base/encoding.h"
#include "base/text.h"
#include "ledger/limits.h"

namespace ain::ledger {
namespace {

constexpr size_t kPathMax = 64;

}  // namespace

ProofText::ProofText(std::string_view text, std::string_view what, std::string_view first_line) : rest_(text), what_(what) {
  if (text.size() > kProofBytesMax) refuse("it is too long");
  if (line() != first_line) refuse(fmt::format("it does not begin with '{}'", first_line));
}

void ProofText::refuse(std::string_view why) const { fail(ErrorKind::bad_signature, "the {} does not hold: {}", what_, why); }

std::string_view ProofText::line() {
  const size_t end = rest_.find('\n');
  if (end == rest_.npos) refuse("it ends too early");
  const std::string_view line = rest_.substr(0, end);
  rest_.remove_prefix(end + 1);
  return line;
}

std::string_view ProofText::after(std::string_view prefix) {
  const std::string_view next = line();
  if (!next.starts_with(prefix)) refuse(fmt::format("a line '{}' is missing", trim(prefix)));
  return next.substr(prefix.size());
}

std::string ProofText::bytes_after(std::string_view prefix) {
  const auto bytes = base64_decode(after(prefix));
  if (!bytes) refuse(fmt::format("its {}is malformed", prefix));
  return *bytes;
}

int64_t ProofText::number_after(std::string_view prefix) {
  const auto number = parse_integer(after(prefix), 0, kTimeMaxMs);
  if (!number) refuse(fmt::format("its {}is malformed", prefix));
  return *number;
}

std::vector<Digest> ProofText::path() {
  std::vector<Digest> path;
  for (std::string_view next = line(); !next.empty(); next = line()) {
    const auto bytes = base64_decode(next);
    const auto hash = bytes ? to_array<32>(*bytes) : std::nullopt;
    if (!hash || path.size() >= kPathMax) refuse("its path is malformed");
    path.push_back(*hash);
  }
  return path;
}

std::string path_lines(const std::vector<Digest>& path) {
  std::string text;
  for (const Digest& hash : path) text += base64_encode(as_view(hash)) + "\n";
  return text + "\n";
}

}  // namespace ain::ledger
