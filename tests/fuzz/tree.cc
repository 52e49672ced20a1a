// A git tree's bytes, as a stranger made them: names that may lie in a tree, which of them may become files, and where links lead. The first
// byte is how deep the folder of a link lies.
#include "base/text.h"
#include "repo/tree_name.h"
#include "repo/walk/objects.h"
#include "tests/fuzz/harness.h"

namespace ain::repo {
namespace {

void check_name(std::string_view name) {
  if (name_problem(name)) return;
  must(!name.empty() && name != "." && name != ".." && ascii_lower(name) != ".git" && name.size() <= kNameBytesMax);
  must(name.find('/') == name.npos && name.find('\0') == name.npos);
}

// By its text: a link that is followed step by step never leaves.
void check_link(std::string_view target, int depth) {
  if (!link_stays_inside(target, depth)) return;
  must(!target.starts_with('/') && target.find('\0') == target.npos);
  for (const std::string& part : split(target, '/')) {
    if (part == "..") --depth;
    else if (!part.empty() && part != ".") ++depth;
    must(depth >= 0 && ascii_lower(part) != ".git");
  }
}

void check_tree(std::string_view text) {
  const auto tree = value_or_error([&] { return parse_tree(std::make_shared<const std::string>(text), git_oid{}); });
  if (!tree) return;
  size_t bytes = 0;
  for (size_t i = 0; i < tree->items.size(); ++i) {
    const TreeItem& item = tree->items[i];
    must(!item.name.empty() && item.name.find('/') == item.name.npos && (i == 0 || tree->items[i - 1].name < item.name));
    must(tree->find(item.name) == &item);
    must(item.name.data() > tree->bytes->data() && item.name.data() + item.name.size() < tree->bytes->data() + tree->bytes->size());
    check_name(item.name);
    bytes += item.name.size() + 2 + GIT_OID_RAWSZ;
  }
  must(bytes <= text.size());
}

}  // namespace
}  // namespace ain::repo

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace ain::repo;
  ain::Input input(data, size);
  const int depth = input.byte();
  check_name(input.rest());
  check_link(input.rest(), depth);
  check_tree(input.rest());
  return 0;
}
