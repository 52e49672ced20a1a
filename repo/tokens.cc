#include "repo/tokens.h"

#include <algorithm>
#include <array>
#include <string>

namespace ain::repo {
namespace {

constexpr size_t kBinaryProbeBytes = 8000;

constexpr std::array<std::string_view, 10> kLockNames = {"package-lock.json", "npm-shrinkwrap.json",
                                                         "pnpm-lock.yaml",    "go.sum",
                                                         "conda-lock.yml",    "conda-lock.yaml",
                                                         "gradle.lockfile",   "packages.lock.json",
                                                         "MODULE.bazel.lock", "bun.lockb"};

enum class Kind : unsigned char { blank, word, mark };

constexpr std::array<Kind, 256> kKinds = [] {
  std::array<Kind, 256> kinds{};
  for (int c = 0; c < 256; ++c) {
    const bool word =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c >= 0x80;
    kinds[static_cast<size_t>(c)] = word ? Kind::word : c <= ' ' || c == 0x7f ? Kind::blank : Kind::mark;
  }
  return kinds;
}();

bool is_licence(std::string_view name) {
  for (const std::string_view stem : {"LICENSE", "LICENCE", "COPYING"}) {
    if (name.starts_with(stem)) return true;
    std::string lower(stem);
    std::transform(lower.begin(), lower.end(), lower.begin(),
                   [](char c) { return static_cast<char>(c + ('a' - 'A')); });
    if (!name.starts_with(lower)) continue;
    const std::string_view ending = name.substr(lower.size());
    if (ending.empty() || ending == ".txt" || ending == ".md" || ending == ".rst") return true;
  }
  return false;
}

}  // namespace

bool is_binary(std::string_view bytes) { return bytes.substr(0, kBinaryProbeBytes).find('\0') != bytes.npos; }

bool is_weightless(std::string_view path, std::string_view bytes) {
  const std::string_view name = path.substr(path.rfind('/') + 1);
  if (name.ends_with(".lock") || std::find(kLockNames.begin(), kLockNames.end(), name) != kLockNames.end())
    return true;
  if (is_licence(name)) return true;
  return name.starts_with("requirements") && name.ends_with(".txt") && bytes.find("--hash=") != bytes.npos;
}

int64_t count_tokens(std::string_view line) {
  int64_t tokens = 0;
  Kind before = Kind::blank;
  for (const char c : line) {
    const Kind kind = kKinds[static_cast<unsigned char>(c)];
    if (kind == Kind::mark || (kind == Kind::word && before != Kind::word)) ++tokens;
    before = kind;
  }
  return tokens;
}

uint32_t count_lines(std::string_view bytes) {
  const auto newlines = static_cast<uint32_t>(std::count(bytes.begin(), bytes.end(), '\n'));
  return newlines + (!bytes.empty() && bytes.back() != '\n' ? 1 : 0);
}

}  // namespace ain::repo
