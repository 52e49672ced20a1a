#include "repo/walk/changes.h"

#include <algorithm>
#include <set>

#include "base/text.h"
#include "repo/packs.h"
#include "repo/walk/moves.h"
#include "repo/walk/renames.h"

namespace ain::repo {
namespace {

constexpr size_t kCopyEntriesMax = 200'000;  // of the first parent's tree, among which a copy's source is looked for
constexpr size_t kMatchCacheBytes = size_t{32} << 20;

using How = EntryChange::How;
using Folders = std::vector<std::optional<git_oid>>;  // of each parent; nothing where it has none
using Trees = std::vector<ParsedTreePtr>;

bool equal(const git_oid& a, const git_oid& b) { return git_oid_equal(&a, &b) != 0; }

bool is_file(EntryKind kind) { return kind == EntryKind::file || kind == EntryKind::link; }

const TreeItem* find_kind(const ParsedTreePtr& tree, const TreeItem& item) {
  const TreeItem* found = tree ? tree->find(item.name) : nullptr;
  return found != nullptr && found->kind == item.kind ? found : nullptr;
}

// Another version of a file, in a parent.
struct Source {
  uint32_t parent = 0;
  std::string path;
  git_oid oid{};
};

struct NewFile {
  EntryChange* entry;
  std::string path;
  std::vector<uint32_t> absent;  // parents that lack the path
  std::vector<Source> sources;
  std::vector<Source> renamed;   // from parents that lack the path
  std::ptrdiff_t moved = 0;      // of what the entry inherits, the first ones: blocks that were elsewhere
};

bool variant_moves(Variant variant) { return variant.unit == Unit::token && variant.follow; }

// The units of a version that no match covers. One that is smaller than a moved block may be alike by chance: it yields to a block.
std::vector<AtomRange> unmatched(const std::vector<const Matches*>& all, uint32_t units, uint32_t Match::* at) {
  std::vector<AtomRange> covered;
  for (const Matches* matches : all) {
    for (const Match& match : *matches) {
      if (match.count >= kMovedAtomsMin) covered.push_back({match.*at, match.*at + match.count});
    }
  }
  std::sort(covered.begin(), covered.end(), [](const AtomRange& a, const AtomRange& b) { return a.begin < b.begin; });
  covered.push_back({units, units});
  std::vector<AtomRange> free;
  uint32_t from = 0;
  for (const AtomRange& range : covered) {
    if (range.begin > from) free.push_back({from, range.begin});
    from = std::max(from, range.end);
  }
  return free;
}

// A comparison and the work that it took beyond what is fair; counted again where it is reused, so that every walk counts alike.
struct Compared {
  MatchesPtr matches;
  int64_t excess = 0;
};

}  // namespace

struct ChangeFinder::State {
  State(ObjectSource& given, Variant of, std::shared_ptr<ChangeCaches> caches)
      : shared(std::move(caches)), source(given), variant(of), trees(given, shared->trees, &effort), matches(kMatchCacheBytes) {}

  EntryChange compare_folder(const git_oid& oid, const Folders& before, const std::string& path, int level);
  void compare_items(FolderChange& change, const ParsedTree& tree, const Trees& before, const std::string& path, int level);
  EntryChange compare_file(const TreeItem& item, const Trees& before, const std::string& path, NewFile& file);
  void count_entries(size_t entries);
  void count_path(const std::string& path);
  void note_replaced(const TreeItem& item, const Trees& before, const std::string& path);
  void fill(NewFile& file);
  void trace_renames();
  bool follow(NewFile& file);
  void follow_copies();
  bool find_copies(uint32_t parent, const git_oid& tree, const std::string& path, OidMap<std::vector<EntryChange*>>& wanted,
                   int level);
  void follow_moves(uint32_t parent);
  MovePart move_part(const git_oid& oid, std::vector<AtomRange> ranges);
  std::vector<MovePart> gone_parts(uint32_t parent, std::vector<std::string>& paths);
  const RemovedFiles& removed_since(uint32_t parent);
  UnitTextPtr units(const git_oid& oid, const UnitText* near = nullptr);
  MatchesPtr match(const OidPair& versions, const UnitText& old_text, const UnitText& new_text);

  std::shared_ptr<ChangeCaches> shared;
  ObjectSource& source;
  Variant variant;
  Effort effort;  // of the commit at hand, as all below
  TreeReader trees;
  RecentlyUsed<OidPair, Compared> matches;

  git_oid tree{};
  std::vector<git_oid> parent_trees;
  std::optional<RenameFinder> renames;
  std::vector<NewFile> files;
  std::vector<Source> replaced;  // files whose paths are a link's or a submodule's now
  int64_t entries = 0;
  size_t path_bytes = 0;
  size_t memory_bytes = 0;
  size_t copy_entries = 0;
  std::map<uint32_t, RemovedFiles> removed;
};

ChangeFinder::ChangeFinder(ObjectSource& source, Variant variant, std::shared_ptr<ChangeCaches> shared)
    : state_(std::make_unique<State>(source, variant, std::move(shared))) {}
ChangeFinder::~ChangeFinder() = default;

CommitChange ChangeFinder::find(HistoryCommit commit, const std::vector<git_oid>& parent_trees, int64_t effort_max) {
  State& state = *state_;
  state.effort.begin(commit.oid, effort_max);
  state.tree = commit.tree;
  state.parent_trees = parent_trees;
  state.renames.emplace(state.source, &state.effort);
  state.files.clear();
  state.replaced.clear();
  state.removed.clear();
  state.entries = 0;
  state.path_bytes = 0;
  state.memory_bytes = 0;
  state.copy_entries = 0;
  const Folders before(parent_trees.begin(), parent_trees.end());
  CommitChange change{std::move(commit), state.compare_folder(state.tree, before, "", 1)};
  if (state.variant.follow) state.trace_renames();
  for (NewFile& file : state.files) state.fill(file);
  if (variant_moves(state.variant)) {
    state.follow_copies();
    for (uint32_t parent = 0; parent < parent_trees.size(); ++parent) state.follow_moves(parent);
  }
  change.effort = state.effort.steps();
  change.memory_bytes = state.memory_bytes;
  return change;
}

EntryChange ChangeFinder::State::compare_folder(const git_oid& oid, const Folders& before, const std::string& path,
                                                int level) {
  EntryChange result{.oid = oid, .kind = EntryKind::folder, .how = How::folder};
  // Only the first parent that has the folder may lend it whole: in a later one's, a file may have to come from an earlier parent.
  const auto first = std::find_if(before.begin(), before.end(), [](const auto& folder) { return folder.has_value(); });
  if (first != before.end() && equal(**first, oid)) {
    result.how = How::shared;
    result.parent = static_cast<uint32_t>(first - before.begin());
    return result;
  }
  if (level > kTreeDepthMax) fail(ErrorKind::failed, "history holds a tree deeper than {} folders", kTreeDepthMax);
  Trees trees_before;
  for (const auto& folder : before) trees_before.push_back(folder ? trees.read(*folder) : nullptr);
  const ParsedTreePtr parsed = trees.read(oid);
  result.folder = std::make_unique<FolderChange>();
  compare_items(*result.folder, *parsed, trees_before, path, level);
  return result;
}

void ChangeFinder::State::compare_items(FolderChange& change, const ParsedTree& now, const Trees& before,
                                        const std::string& path, int level) {
  static const ParsedTree kNothing;
  const auto first = std::find_if(before.begin(), before.end(), [](const auto& folder) { return folder != nullptr; });
  const ParsedTree& base = first == before.end() ? kNothing : **first;
  count_entries(now.items.size());
  // The files of this folder, by their place in it: entries move while the list grows.
  std::vector<std::pair<size_t, NewFile>> found;
  auto old = base.items.begin();
  const auto add_removed = [&] {
    change.entries.push_back({.name = std::string(old->name), .how = How::removed});
    ++old;
  };
  for (const TreeItem& item : now.items) {
    while (old != base.items.end() && old->name < item.name) add_removed();
    const bool in_base = old != base.items.end() && old->name == item.name;
    const bool same = in_base && old->kind == item.kind && equal(old->oid, item.oid);
    if (in_base) ++old;
    if (same) continue;
    EntryChange entry;
    if (item.kind == EntryKind::folder) {
      Folders folders;
      for (const ParsedTreePtr& tree_before : before) {
        const TreeItem* was = find_kind(tree_before, item);
        folders.push_back(was ? std::optional(was->oid) : std::nullopt);
      }
      entry = compare_folder(item.oid, folders, path_below(path, item.name) + "/", level + 1);
    } else if (is_file(item.kind)) {
      NewFile file;
      entry = compare_file(item, before, path, file);
      if (entry.how == How::attributed) found.emplace_back(change.entries.size(), std::move(file));
    }
    if (item.kind == EntryKind::link || item.kind == EntryKind::other) note_replaced(item, before, path);
    entry.name = std::string(item.name);
    entry.kind = item.kind;
    entry.oid = item.oid;
    change.entries.push_back(std::move(entry));
  }
  while (old != base.items.end()) add_removed();
  memory_bytes += change.entries.capacity() * sizeof(EntryChange);
  for (auto& [place, file] : found) {
    file.entry = &change.entries[place];
    files.push_back(std::move(file));
  }
}

EntryChange ChangeFinder::State::compare_file(const TreeItem& item, const Trees& before, const std::string& path,
                                              NewFile& file) {
  EntryChange entry;
  for (uint32_t parent = 0; parent < before.size(); ++parent) {
    const TreeItem* was = before[parent] ? before[parent]->find(item.name) : nullptr;
    if (was == nullptr || was->kind == EntryKind::folder) {
      file.absent.push_back(parent);
    } else if (was->kind == item.kind) {  // else it changed its type, and is the commit's own
      if (equal(was->oid, item.oid)) {
        entry.how = How::shared;
        entry.parent = parent;
        return entry;
      }
      file.sources.push_back({parent, path_below(path, item.name), was->oid});
    }
  }
  entry.how = How::attributed;
  file.path = path_below(path, item.name);
  count_path(file.path);
  effort.look_at_file();
  return entry;
}

void ChangeFinder::State::note_replaced(const TreeItem& item, const Trees& before, const std::string& path) {
  for (uint32_t parent = 0; parent < before.size(); ++parent) {
    const TreeItem* was = before[parent] ? before[parent]->find(item.name) : nullptr;
    if (was != nullptr && was->kind == EntryKind::file) replaced.push_back({parent, path_below(path, item.name), was->oid});
  }
}

void ChangeFinder::State::count_path(const std::string& path) {
  path_bytes += path.size();
  if (path_bytes > kChangedPathBytesMax) {
    fail(ErrorKind::failed, "history holds a commit that changes files with more than {} of paths",
         bytes_text(static_cast<int64_t>(kChangedPathBytesMax)));
  }
}

void ChangeFinder::State::count_entries(size_t count) {
  entries += static_cast<int64_t>(count);
  if (entries > kTreeEntriesMax) {
    fail(ErrorKind::failed, "history holds a commit that changes folders with more than {} entries", kTreeEntriesMax);
  }
}

const RemovedFiles& ChangeFinder::State::removed_since(uint32_t parent) {
  const auto [at, is_new] = removed.try_emplace(parent);
  if (is_new) at->second = RemovedFiles(trees, parent_trees[parent], &tree);
  return at->second;
}

// Finds what new files were called before: first what is plain to see, then, unless it is too much work, what is alike.
void ChangeFinder::State::trace_renames() {
  std::vector<std::pair<NewFile*, uint32_t>> open;
  size_t pairs = 0;
  const auto add = [](NewFile& file, uint32_t parent, const PathVersion* from) {
    if (from != nullptr) file.renamed.push_back({parent, from->path, from->oid});
    return from != nullptr;
  };
  const auto version = [](const NewFile& file) { return PathVersion{file.path, file.entry->oid, file.entry->kind}; };
  for (NewFile& file : files) {
    for (const uint32_t parent : file.absent) {
      const RemovedFiles& gone = removed_since(parent);
      if (gone.all().empty() || add(file, parent, renames->find_obvious(gone, version(file)))) continue;
      open.emplace_back(&file, parent);
      pairs += gone.all().size();
    }
  }
  if (pairs > kRenamePairsMax) return;
  for (const auto& [file, parent] : open) add(*file, parent, renames->find_most_alike(removed_since(parent), version(*file)));
}

// Adds the sources in the parents that lack the path; true when one of them has the very same blob.
bool ChangeFinder::State::follow(NewFile& file) {
  EntryChange& entry = *file.entry;
  std::sort(file.renamed.begin(), file.renamed.end(), [](const Source& a, const Source& b) { return a.parent < b.parent; });
  for (const Source& from : file.renamed) {
    if (equal(from.oid, entry.oid)) {
      entry.inherited = {{from.parent, from.path, nullptr}};
      return true;
    }
    file.sources.push_back(from);
  }
  std::sort(file.sources.begin(), file.sources.end(),
            [](const Source& a, const Source& b) { return a.parent < b.parent; });
  return false;
}

void ChangeFinder::State::fill(NewFile& file) {
  EntryChange& entry = *file.entry;
  const bool counts = variant.unit != Unit::token || entry.kind == EntryKind::file;
  const UnitTextPtr near = counts && !file.sources.empty() ? units(file.sources.front().oid) : nullptr;
  const UnitTextPtr text = counts ? units(entry.oid, near.get()) : nullptr;
  if (text == nullptr) {
    entry.how = How::plain;
    return;
  }
  entry.units = text->units();
  if (follow(file)) return;
  for (const Source& from : file.sources) {
    const UnitTextPtr old_text = units(from.oid, text.get());
    if (old_text == nullptr) continue;
    entry.inherited.push_back({from.parent, from.path, match({from.oid, entry.oid}, *old_text, *text)});
    memory_bytes += sizeof(Inheritance) + from.path.size() + entry.inherited.back().matches->size() * sizeof(Match);
  }
}

// New files that come from nowhere and are what another file of a parent is.
void ChangeFinder::State::follow_copies() {
  OidMap<std::vector<EntryChange*>> wanted;
  for (const NewFile& file : files) {
    const bool is_new = file.entry->how == How::attributed && file.entry->units > 0 && file.entry->inherited.empty();
    if (is_new) wanted[file.entry->oid].push_back(file.entry);
  }
  for (uint32_t parent = 0; parent < parent_trees.size() && !wanted.empty(); ++parent) {
    find_copies(parent, parent_trees[parent], "", wanted, 1);
  }
}

// The first by path lends; false when nothing is wanted any more.
bool ChangeFinder::State::find_copies(uint32_t parent, const git_oid& folder, const std::string& path,
                                      OidMap<std::vector<EntryChange*>>& wanted, int level) {
  if (level > kTreeDepthMax) fail(ErrorKind::failed, "history holds a tree deeper than {} folders", kTreeDepthMax);
  const ParsedTreePtr parsed = trees.read(folder);
  if ((copy_entries += parsed->items.size()) > kCopyEntriesMax) return false;
  for (const TreeItem& item : parsed->items) {
    if (item.kind == EntryKind::folder) {
      if (!find_copies(parent, item.oid, path_below(path, item.name) + "/", wanted, level + 1)) return false;
    } else if (const auto copies = item.kind == EntryKind::file ? wanted.find(item.oid) : wanted.end(); copies != wanted.end()) {
      for (EntryChange* copy : copies->second) copy->inherited = {{parent, path_below(path, item.name), nullptr}};
      wanted.erase(copies);
    }
  }
  return !wanted.empty();
}

MovePart ChangeFinder::State::move_part(const git_oid& oid, std::vector<AtomRange> ranges) {
  return {[this, oid] { return std::static_pointer_cast<const TokenText>(units(oid)); }, std::move(ranges)};
}

// What the files of a parent held and their next versions lack; of those that went away or are no text any more, all.
std::vector<MovePart> ChangeFinder::State::gone_parts(uint32_t parent, std::vector<std::string>& paths) {
  std::vector<MovePart> parts;
  uint64_t atoms = 0;
  const auto add = [&](const std::string& path, const git_oid& oid, const std::vector<const Matches*>& kept) {
    if (atoms > kMovedSourceAtomsMax) return;  // nothing will be looked for
    const UnitTextPtr text = units(oid);
    if (text == nullptr) return;
    MovePart part = move_part(oid, unmatched(kept, text->units(), &Match::old_at));
    const uint64_t movable = movable_atoms(part);
    if (movable == 0) return;
    atoms += movable;
    parts.push_back(std::move(part));
    paths.push_back(path);
  };
  std::set<std::string> renamed;
  for (const NewFile& file : files) {
    for (const Inheritance& from : file.entry->inherited) {
      if (from.parent != parent) continue;
      if (from.path != file.path) renamed.insert(from.path);
      if (from.matches == nullptr) continue;
      const auto source = std::find_if(file.sources.begin(), file.sources.end(), [&](const Source& candidate) {
        return candidate.parent == parent && candidate.path == from.path;
      });
      if (source != file.sources.end()) add(from.path, source->oid, {from.matches.get()});
    }
    const bool no_text = file.entry->how == How::plain && file.entry->kind == EntryKind::file;
    for (const Source& source : file.sources) {
      if (no_text && source.parent == parent) add(source.path, source.oid, {});
    }
  }
  for (const Source& source : replaced) {
    if (source.parent == parent) add(source.path, source.oid, {});
  }
  for (const PathVersion& file : removed_since(parent).all()) {
    // Links and submodules have no tokens, whatever lies under the id that they name.
    if (file.kind == EntryKind::file && !renamed.contains(file.path)) add(file.path, file.oid, {});
  }
  return parts;
}

void ChangeFinder::State::follow_moves(uint32_t parent) {
  std::vector<MovePart> added;
  std::vector<NewFile*> files_of;
  for (NewFile& file : files) {
    const EntryChange& entry = *file.entry;
    if (entry.how != How::attributed || entry.units == 0) continue;
    if (!entry.inherited.empty() && entry.inherited.front().matches == nullptr) continue;
    std::vector<const Matches*> kept;
    for (const Inheritance& from : entry.inherited) kept.push_back(from.matches.get());
    MovePart part = move_part(entry.oid, unmatched(kept, entry.units, &Match::new_at));
    if (movable_atoms(part) == 0) continue;
    added.push_back(std::move(part));
    files_of.push_back(&file);
  }
  if (added.empty()) return;
  std::vector<std::string> paths;
  const std::vector<MovePart> gone = gone_parts(parent, paths);
  std::map<std::pair<size_t, size_t>, Matches> blocks;  // by target and source
  for (const Move& move : find_moves(gone, added)) blocks[{move.to, move.from}].push_back(move.match);
  for (auto& [place, matches] : blocks) {  // they go before what was compared, those of an earlier parent first
    NewFile& file = *files_of[place.first];
    std::vector<Inheritance>& inherited = file.entry->inherited;
    const Inheritance block{parent, paths[place.second], std::make_shared<const Matches>(std::move(matches))};
    memory_bytes += sizeof(Inheritance) + block.path.size() + block.matches->size() * sizeof(Match);
    inherited.insert(inherited.begin() + file.moved++, block);
  }
}

UnitTextPtr ChangeFinder::State::units(const git_oid& oid, const UnitText* near) {
  auto read = shared->texts.find(oid);
  if (!read) {
    ReadText fresh;
    fresh.text = read_units(variant.unit, source, oid, near, &fresh.bytes);
    const size_t cost = fresh.text ? fresh.text->memory_bytes() + 128 : 128;
    read = shared->texts.add(oid, std::move(fresh), cost);
  }
  // Whoever reads lines asked for it, and can stop it.
  if (variant.unit == Unit::token) effort.read_text(read->bytes);
  return read->text;
}

MatchesPtr ChangeFinder::State::match(const OidPair& versions, const UnitText& old_text, const UnitText& new_text) {
  std::optional<Compared> compared = matches.find(versions);
  if (!compared) {
    int64_t work = 0;
    auto found = std::make_shared<const Matches>(match_units(variant.unit, old_text, new_text, work));
    const int64_t fair = kFairWork * (int64_t{old_text.units()} + new_text.units());
    const size_t cost = found->size() * sizeof(Match) + 128;
    compared = matches.add(versions, {std::move(found), std::max<int64_t>(0, work - fair)}, cost);
  }
  effort.add(compared->excess);
  return compared->matches;
}

}  // namespace ain::repo
