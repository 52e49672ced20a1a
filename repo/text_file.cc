#include "repo/text_file.h"

namespace ain::repo {
namespace {

constexpr size_t kBinaryProbeBytes = 8000;

}  // namespace

bool is_binary(std::string_view bytes) { return bytes.substr(0, kBinaryProbeBytes).find('\0') != bytes.npos; }

uint32_t count_lines(std::string_view bytes) {
  uint32_t newlines = 0;
  for (size_t at = bytes.find('\n'); at != bytes.npos; at = bytes.find('\n', at + 1)) ++newlines;
  return newlines + (!bytes.empty() && bytes.back() != '\n' ? 1 : 0);
}

}  // namespace ain::repo
