#include "repo/attributed_tree.h"

#include <algorithm>

#include "base/text.h"
#include "repo/line_diff.h"
#include "repo/packs.h"
#include "repo/tokens.h"

namespace ain::repo {
namespace {

constexpr size_t kTextCacheBytes = size_t{96} << 20;
constexpr uint32_t kUnclaimed = UINT32_MAX;

using Kind = AttributedEntry::Kind;
using Removed = std::unordered_map<git_oid, std::shared_ptr<const LineRuns>, OidHash, OidEqual>;

Kind kind_of(git_filemode_t mode) {
  if (mode == GIT_FILEMODE_TREE) return Kind::folder;
  return mode == GIT_FILEMODE_LINK || mode == GIT_FILEMODE_COMMIT ? Kind::other : Kind::file;
}

void collect_files(const AttributedTree& tree, Removed& removed) {
  for (const AttributedEntry& entry : tree.entries) {
    if (entry.kind == Kind::file) removed.emplace(entry.oid, entry.lines);
    if (entry.kind == Kind::folder) collect_files(*entry.folder, removed);
  }
}

// The files of `before` whose path `after` lacks, by blob; of several the first path counts.
void collect_removed(const AttributedTree& before, const AttributedTree& after, Removed& removed) {
  for (const AttributedEntry& entry : before.entries) {
    const AttributedEntry* same = after.find(entry.name, entry.kind);
    if (entry.kind == Kind::file && same == nullptr) removed.emplace(entry.oid, entry.lines);
    if (entry.kind != Kind::folder) continue;
    if (same == nullptr) collect_files(*entry.folder, removed);
    if (same != nullptr && same->folder != entry.folder)
      collect_removed(*entry.folder, *same->folder, removed);
  }
}

// Gives the lines that a parent's version shares, and nobody before it claimed, to their origins there.
void inherit(std::vector<uint32_t>& origins, const std::vector<Match>& matches, const LineRuns& old_lines) {
  size_t run = 0;
  uint32_t run_end = old_lines.empty() ? 0 : old_lines[0].count;
  for (const Match& match : matches) {
    for (uint32_t i = 0; i < match.count; ++i) {
      const uint32_t old_line = match.old_line + i;
      while (old_line >= run_end) run_end += old_lines.at(++run).count;
      uint32_t& origin = origins[match.new_line + i];
      if (origin == kUnclaimed) origin = old_lines[run].origin;
    }
  }
}

std::shared_ptr<const LineRuns> compress(const std::vector<uint32_t>& origins, uint32_t fallback) {
  auto runs = std::make_shared<LineRuns>();
  for (const uint32_t claimed : origins) {
    const uint32_t origin = claimed == kUnclaimed ? fallback : claimed;
    if (runs->empty() || runs->back().origin != origin) runs->push_back({origin, 0});
    ++runs->back().count;
  }
  runs->shrink_to_fit();
  return runs;
}

}  // namespace

const AttributedEntry* AttributedTree::find(const std::string& name, Kind kind) const {
  const auto less = [](const AttributedEntry& entry, const std::string& key) { return entry.name < key; };
  for (auto at = std::lower_bound(entries.begin(), entries.end(), name, less);
       at != entries.end() && at->name == name; ++at) {
    if (at->kind == kind) return &*at;
  }
  return nullptr;
}

std::shared_ptr<const std::string> TextCache::text(const git_oid& oid) {
  if (const auto known = slots_.find(oid); known != slots_.end()) {
    recent_.splice(recent_.begin(), recent_, known->second.place);
    return known->second.text;
  }
  const std::string what = fmt::format("cannot read object '{}'", to_id(oid));
  size_t size = 0;
  git_object_t type = GIT_OBJECT_INVALID;
  check(git_odb_read_header(&size, &type, odb_, &oid), what);
  std::shared_ptr<const std::string> text;
  if (type == GIT_OBJECT_BLOB && size <= kTextBytesMax) {
    std::string bytes = read_object(odb_, oid, GIT_OBJECT_BLOB, kTextBytesMax);
    if (!is_binary(bytes)) text = std::make_shared<const std::string>(std::move(bytes));
  }
  recent_.push_front(oid);
  slots_[oid] = {text, recent_.begin()};
  const auto cost = [](const Slot& slot) { return 128 + (slot.text ? slot.text->size() : 0); };
  bytes_ += cost(slots_[oid]);
  while (bytes_ > kTextCacheBytes && recent_.size() > 1) {
    const auto oldest = slots_.find(recent_.back());
    bytes_ -= cost(oldest->second);
    slots_.erase(oldest);
    recent_.pop_back();
  }
  return text;
}

TreeBuilder::TreeBuilder(const Repository& repository)
    : repository_(repository), odb_(object_store(repository)), texts_(odb_.get()) {}

AttributedTreePtr TreeBuilder::build(const git_oid& tree, const std::vector<AttributedTreePtr>& parents,
                                     uint32_t origin) {
  origin_ = origin;
  entries_of_commit_ = 0;
  new_files_.clear();
  AttributedTreePtr result = build_folder(tree, parents, 1);
  if (!new_files_.empty() && !parents.empty()) follow_renames(parents.front(), result);
  return result;
}

AttributedTreePtr TreeBuilder::build_folder(const git_oid& oid, const std::vector<AttributedTreePtr>& parents,
                                            int level) {
  // Only the first parent that has the folder may lend it whole: in a later one's, a file may have to come
  // from an earlier parent.
  const auto first =
      std::find_if(parents.begin(), parents.end(), [](const auto& parent) { return parent != nullptr; });
  if (first != parents.end() && git_oid_equal(&(*first)->oid, &oid) != 0) return *first;
  if (level > kTreeDepthMax)
    fail(ErrorKind::failed, "history holds a tree deeper than {} folders", kTreeDepthMax);
  GitTree tree;
  check(git_tree_lookup(out(tree), repository_.raw(), &oid),
        fmt::format("cannot read tree '{}'", to_id(oid)));
  const size_t count = git_tree_entrycount(tree.get());
  entries_of_commit_ += static_cast<int64_t>(count);
  entries_ += static_cast<int64_t>(count);
  if (entries_of_commit_ > kTreeEntriesMax) {
    fail(ErrorKind::failed, "history holds a tree with more than {} files and folders", kTreeEntriesMax);
  }
  if (entries_ > kWalkTreeEntriesMax) {
    fail(ErrorKind::failed, "history changes more than {} files and folders", kWalkTreeEntriesMax);
  }
  auto result = std::make_shared<AttributedTree>();
  result->oid = oid;
  result->entries.reserve(count);
  for (size_t i = 0; i < count; ++i) {
    result->entries.push_back(build_entry(git_tree_entry_byindex(tree.get(), i), parents, level));
  }
  std::stable_sort(result->entries.begin(), result->entries.end(),
                   [](const AttributedEntry& a, const AttributedEntry& b) { return a.name < b.name; });
  for (size_t i = 0; i < count; ++i) {
    const AttributedEntry& entry = result->entries[i];
    const bool known = std::any_of(parents.begin(), parents.end(), [&](const AttributedTreePtr& parent) {
      return parent != nullptr && parent->find(entry.name, Kind::file) != nullptr;
    });
    if (entry.kind == Kind::file && entry.lines && !entry.lines->empty() && !known)
      new_files_.push_back({result, i});
  }
  return result;
}

AttributedEntry TreeBuilder::build_entry(const git_tree_entry* entry,
                                         const std::vector<AttributedTreePtr>& parents, int level) {
  AttributedEntry result;
  result.name = git_tree_entry_name(entry);
  result.oid = *git_tree_entry_id(entry);
  result.kind = kind_of(git_tree_entry_filemode(entry));
  if (result.kind == Kind::other) return result;
  std::vector<const AttributedEntry*> before;
  for (const AttributedTreePtr& parent : parents) {
    before.push_back(parent ? parent->find(result.name, result.kind) : nullptr);
  }
  if (result.kind == Kind::folder) {
    std::vector<AttributedTreePtr> folders;
    for (const AttributedEntry* old : before) folders.push_back(old ? old->folder : nullptr);
    result.folder = build_folder(result.oid, folders, level + 1);
    return result;
  }
  std::erase(before, nullptr);
  build_file(result, before);
  return result;
}

void TreeBuilder::build_file(AttributedEntry& file, const std::vector<const AttributedEntry*>& before) {
  for (const AttributedEntry* old : before) {
    if (git_oid_equal(&old->oid, &file.oid) != 0) {
      file.lines = old->lines;
      return;
    }
  }
  if (const auto text = texts_.text(file.oid)) {
    count_bytes(text->size());
    attribute_lines(file, *text, before);
  }
}

void TreeBuilder::attribute_lines(AttributedEntry& file, const std::string& text,
                                  const std::vector<const AttributedEntry*>& before) {
  std::vector<uint32_t> origins(count_lines(text), kUnclaimed);
  for (size_t i = 0; i < before.size(); ++i) {
    const AttributedEntry& old = *before[i];
    const bool seen =
        std::any_of(before.begin(), before.begin() + static_cast<std::ptrdiff_t>(i),
                    [&](const AttributedEntry* other) { return git_oid_equal(&other->oid, &old.oid) != 0; });
    if (!old.lines || old.lines->empty() || seen) continue;
    const auto old_text = texts_.text(old.oid);
    AIN_ASSERT(old_text != nullptr);
    count_bytes(old_text->size() + text.size());
    inherit(origins, match_lines(*old_text, text), *old.lines);
  }
  file.lines = compress(origins, origin_);
}

// A new path takes the lines of the path that went away with the very same content.
void TreeBuilder::follow_renames(const AttributedTreePtr& before, const AttributedTreePtr& after) {
  if (before == nullptr) return;
  Removed removed;
  collect_removed(*before, *after, removed);
  for (const NewFile& file : new_files_) {
    AttributedEntry& entry = file.tree->entries[file.entry];
    if (const auto source = removed.find(entry.oid); source != removed.end()) entry.lines = source->second;
  }
}

void TreeBuilder::count_bytes(size_t bytes) {
  bytes_ += static_cast<int64_t>(bytes);
  if (bytes_ > kWalkBytesMax) {
    fail(ErrorKind::failed, "history changes more than {} of files", bytes_text(kWalkBytesMax));
  }
}

}  // namespace ain::repo
