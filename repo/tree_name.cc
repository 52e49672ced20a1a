#include "repo/tree_name.h"

#include <array>
#include <cctype>

namespace ain::repo {
namespace {

// HFS+ leaves these code points out when it compares names.
std::string without_ignorable(std::string_view name) {
  static constexpr std::array<std::string_view, 16> ignorable = {
      "\u200c", "\u200d", "\u200e", "\u200f", "\u202a", "\u202b", "\u202c", "\u202d",
      "\u202e", "\u206a", "\u206b", "\u206c", "\u206d", "\u206e", "\u206f", "\ufeff"};
  std::string result;
  while (!name.empty()) {
    size_t skip = 0;
    for (const std::string_view code_point : ignorable) {
      if (name.starts_with(code_point)) skip = code_point.size();
    }
    if (skip == 0) {
      result += static_cast<char>(std::tolower(static_cast<unsigned char>(name.front())));
      skip = 1;
    }
    name.remove_prefix(skip);
  }
  return result;
}

bool is_git_folder(std::string_view name) {
  std::string plain = without_ignorable(name);
  plain.resize(std::min(plain.find_first_of(":\\"), plain.size()));
  while (!plain.empty() && (plain.back() == ' ' || plain.back() == '.')) plain.pop_back();
  return plain == ".git" || plain == "git~1";
}

}  // namespace

std::optional<std::string> name_problem(std::string_view name) {
  if (name.empty()) return "it is empty";
  if (name == "." || name == "..") return "it leaves its folder";
  if (name.size() > kNameBytesMax) return "it is longer than 255 bytes";
  if (name.find('/') != name.npos || name.find('\0') != name.npos) return "it holds a separator";
  if (is_git_folder(name)) return "it names the git folder";
  return std::nullopt;
}

bool link_stays_inside(std::string_view target, int depth) {
  if (target.empty() || target.size() > kLinkBytesMax || target.front() == '/') return false;
  if (target.find('\0') != target.npos) return false;
  bool down = false;
  while (!target.empty()) {
    const size_t slash = target.find('/');
    const std::string_view part = target.substr(0, slash);
    target.remove_prefix(slash == target.npos ? target.size() : slash + 1);
    if (part.empty() || part == ".") continue;
    if (part == "..") {
      if (down || --depth < 0) return false;
    } else {
      if (is_git_folder(part)) return false;
      down = true;
    }
  }
  return true;
}

}  // namespace ain::repo
