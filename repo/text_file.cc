#include "repo/text_file.h"

#include <algorithm>

namespace ain::repo {
namespace {

constexpr size_t kBinaryProbeBytes = 8000;

}  // namespace

bool is_binary(std::string_view bytes) { return bytes.substr(0, kBinaryProbeBytes).find('\0') != bytes.npos; }

uint32_t count_lines(std::string_view bytes) {
  const auto newlines = static_cast<uint32_t>(std::count(bytes.begin(), bytes.end(), '\n'));
  return newlines + (!bytes.empty() && bytes.back() != '\n' ? 1 : 0);
}

}  // namespace ain::repo
