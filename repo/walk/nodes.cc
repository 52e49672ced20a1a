#include "repo/walk/nodes.h"

#include <algorithm>

#include "base/varint.h"
#include "repo/packs.h"

namespace ain::repo {
namespace {

// The first byte of a node's bytes; it keeps a folder from being read as a file.
constexpr char kFileMark = 'F';
constexpr char kFolderMark = 'D';
constexpr size_t kRunBytesMin = 4;  // of four numbers
constexpr size_t kNameBytes = 96;  // of a name in Names, beside its letters

// What an entry holds beside its name and id.
enum class Mark : unsigned char { nothing = 0, file = 1, link = 2, folder = 3, plain_file = 4, plain_link = 5 };

Mark mark_of(const Entry& entry) {
  switch (entry.kind) {
    case EntryKind::folder: return Mark::folder;
    case EntryKind::file: return entry.node ? Mark::file : Mark::plain_file;
    case EntryKind::link: return entry.node ? Mark::link : Mark::plain_link;
    case EntryKind::other: break;
  }
  return Mark::nothing;
}

EntryKind kind_of(Mark mark) {
  switch (mark) {
    case Mark::folder: return EntryKind::folder;
    case Mark::file:
    case Mark::plain_file: return EntryKind::file;
    case Mark::link:
    case Mark::plain_link: return EntryKind::link;
    case Mark::nothing: break;
  }
  return EntryKind::other;
}

std::string_view raw(const git_oid& oid) { return {reinterpret_cast<const char*>(oid.id), GIT_OID_RAWSZ}; }

[[noreturn]] void fail_node(std::string_view why) { fail(ErrorKind::failed, "an attributed tree is malformed: {}", why); }

// Commits and paths by their first appearance in the runs, then the runs: one text for one list.
std::string file_bytes(const Names& names, const Runs& runs) {
  std::unordered_map<uint32_t, uint64_t> origins;
  std::unordered_map<uint32_t, uint64_t> paths;
  std::string origin_bytes;
  std::string path_bytes;
  std::string run_bytes;
  for (const Run& run : runs) {
    const auto [origin, new_origin] = origins.try_emplace(run.origin, origins.size());
    if (new_origin) origin_bytes += raw(names.commit_at(run.origin));
    const auto [path, new_path] = paths.try_emplace(run.path, paths.size());
    if (new_path) put_text(path_bytes, names.path_at(run.path));
    put_varint(run_bytes, origin->second);
    put_varint(run_bytes, path->second);
    put_varint(run_bytes, run.position);
    put_varint(run_bytes, run.count);
  }
  std::string bytes(1, kFileMark);
  put_varint(bytes, origins.size());
  bytes += origin_bytes;
  put_varint(bytes, paths.size());
  bytes += path_bytes;
  put_varint(bytes, runs.size());
  return bytes + run_bytes;
}

// Takes the numbers of a list's first appearances: each must be the next one, and each must come once.
class Appearances {
 public:
  void name(uint32_t number) { numbers_.push_back(number); }
  uint32_t take(uint64_t place) {
    if (place > seen_ || place >= numbers_.size()) fail_node("a run names no commit or path that is next");
    if (place == seen_) ++seen_;
    return numbers_[place];
  }
  void finish() {
    std::sort(numbers_.begin(), numbers_.end());
    const bool twice = std::adjacent_find(numbers_.begin(), numbers_.end()) != numbers_.end();
    if (twice || seen_ != numbers_.size()) fail_node("it names a commit or path twice or in vain");
  }

 private:
  std::vector<uint32_t> numbers_;
  size_t seen_ = 0;
};

Runs parse_file(Names& names, VarintReader& reader) {
  Appearances origins;
  Appearances paths;
  const uint64_t origin_count = reader.number(reader.left() / GIT_OID_RAWSZ);
  for (uint64_t i = 0; i < origin_count; ++i) {
    git_oid oid;
    std::memcpy(oid.id, reader.bytes(GIT_OID_RAWSZ).data(), GIT_OID_RAWSZ);
    origins.name(names.commit(oid));
  }
  const uint64_t path_count = reader.number(reader.left());
  for (uint64_t i = 0; i < path_count; ++i) paths.name(names.path(std::string(reader.text())));
  const uint64_t run_count = reader.number(reader.left() / kRunBytesMin);
  Runs runs;
  runs.reserve(run_count);
  uint64_t units = 0;
  for (uint64_t i = 0; i < run_count; ++i) {
    const uint32_t origin = origins.take(reader.number(UINT32_MAX));
    const uint32_t path = paths.take(reader.number(UINT32_MAX));
    const auto position = static_cast<uint32_t>(reader.number(UINT32_MAX));
    const Run run{origin, path, position, static_cast<uint32_t>(reader.number(UINT32_MAX))};
    if (run.count == 0 || (i > 0 && goes_on(runs.back(), run))) fail_node("two of its runs are one, or one is none");
    units += run.count;
    if (units > UINT32_MAX) fail_node("a file has too many units");
    runs.push_back(run);
  }
  origins.finish();
  paths.finish();
  if (!reader.at_end()) fail_node("it goes on after its end");
  return runs;
}

std::vector<Entry> parse_folder(Names& names, VarintReader& reader) {
  std::vector<Entry> entries;
  for (uint64_t left = reader.number(kTreeEntriesMax); left > 0; --left) {
    Entry entry{.name = names.file_name(reader.text())};
    if (!entries.empty() && *entries.back().name >= *entry.name) fail_node("its entries are not in order");
    const auto kind = static_cast<Mark>(reader.bytes(1)[0]);
    if (kind > Mark::plain_link) fail_node("an entry is of no kind");
    entry.kind = kind_of(kind);
    if (kind != Mark::folder) std::memcpy(entry.oid.id, reader.bytes(GIT_OID_RAWSZ).data(), GIT_OID_RAWSZ);
    if (kind == Mark::file || kind == Mark::link || kind == Mark::folder) {
      Digest hash;
      std::memcpy(hash.data(), reader.bytes(hash.size()).data(), hash.size());
      entry.node = std::make_shared<const Node>(kind == Mark::folder, hash);
    }
    entries.push_back(std::move(entry));
  }
  if (!reader.at_end()) fail_node("it goes on after its end");
  return entries;
}

}  // namespace

uint32_t Names::commit(const git_oid& oid) {
  const auto [at, is_new] = commit_numbers_.try_emplace(oid, static_cast<uint32_t>(commits_.size()));
  if (is_new) commits_.push_back(oid);
  return at->second;
}

uint32_t Names::path(const std::string& path) {
  const auto [at, is_new] = path_numbers_.try_emplace(path, static_cast<uint32_t>(paths_.size()));
  if (is_new) paths_.push_back(&at->first);
  if (is_new) memory_bytes_ += kNameBytes + path.size();
  return at->second;
}

const std::string* Names::file_name(std::string_view name) {
  const auto [at, is_new] = file_names_.emplace(name);
  if (is_new) memory_bytes_ += kNameBytes + name.size();
  return &*at;
}

const Node& Nodes::load(const Node& node) const {
  if (!node.loaded) {
    AIN_ASSERT(source_ != nullptr && node.hash.has_value());
    parse(source_->read(*node.hash), node);
    node.loaded = true;
    node.count();
    node.saved = true;
  }
  return node;
}

const Entry* Nodes::find(const Node& folder, std::string_view name) const {
  const std::vector<Entry>& all = entries(folder);
  const auto at = std::lower_bound(all.begin(), all.end(), name,
                                   [](const Entry& entry, std::string_view key) { return *entry.name < key; });
  return at != all.end() && *at->name == name ? &*at : nullptr;
}

const Entry* Nodes::find_path(const NodePtr& root, std::string_view path) const {
  const Node* folder = root.get();
  for (;;) {
    if (folder == nullptr) return nullptr;
    const size_t slash = path.find('/');
    const Entry* entry = find(*folder, path.substr(0, slash));
    if (entry == nullptr || slash == path.npos) return entry;
    if (entry->kind != EntryKind::folder) return nullptr;
    folder = entry->node.get();
    path.remove_prefix(slash + 1);
  }
}

const Digest& Nodes::hash(const Node& node) const {
  if (!node.hash) node.hash = sha256(bytes(node));
  return *node.hash;
}

std::string Nodes::bytes(const Node& node) const {
  load(node);
  if (!node.is_folder) return file_bytes(names_, node.runs);
  std::string bytes(1, kFolderMark);
  put_varint(bytes, node.entries.size());
  for (const Entry& entry : node.entries) {
    put_text(bytes, *entry.name);
    bytes += static_cast<char>(mark_of(entry));
    if (entry.kind != EntryKind::folder) bytes += raw(entry.oid);
    if (entry.node) bytes += as_view(hash(*entry.node));
  }
  return bytes;
}

void Nodes::parse(std::string_view bytes, const Node& into) const {
  VarintReader reader(bytes);
  const char mark = reader.bytes(1)[0];
  if (mark != (into.is_folder ? kFolderMark : kFileMark)) fail_node("it is of another kind than its parent says");
  if (into.is_folder) into.entries = parse_folder(names_, reader);
  else into.runs = parse_file(names_, reader);
}

}  // namespace ain::repo
