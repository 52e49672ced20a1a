#include "repo/walk/store.h"

#include <algorithm>
#include <unordered_set>

#include "base/encoding.h"
#include "base/varint.h"
#include "repo/packs.h"

namespace ain::repo {
namespace {

constexpr std::array<const char*, 1> kSchema = {
    "CREATE TABLE node (hash BLOB PRIMARY KEY, bytes BLOB NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE TABLE state (number INTEGER PRIMARY KEY, variant INTEGER NOT NULL, commit_id BLOB NOT NULL, root BLOB NOT NULL,"
    "  base BLOB, change BLOB, chain INTEGER NOT NULL, UNIQUE (variant, commit_id)) STRICT;"};

constexpr char kRemoved = 0x7f;

[[noreturn]] void fail_damaged(std::string_view why) { throw DamagedStore(ErrorKind::failed, std::string(why)); }

std::string_view raw(const git_oid& oid) { return {reinterpret_cast<const char*>(oid.id), GIT_OID_RAWSZ}; }

git_oid to_raw_oid(std::string_view bytes) {
  git_oid oid{};
  if (bytes.size() != GIT_OID_RAWSZ) fail_damaged("a stored commit id is none");
  std::memcpy(oid.id, bytes.data(), bytes.size());
  return oid;
}

Database open_database(const std::filesystem::path& file) {
  Database db = Database::open(file, Durability::normal);
  db.exec("PRAGMA mmap_size = 1073741824");  // nodes are read one here, one there
  db.migrate(kSchema);
  return db;
}

Database open_or_replace(const std::filesystem::path& file) {
  try {
    return open_database(file);
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::exhausted || error.kind() == ErrorKind::timed_out) throw;
    NodeStore::remove(file);
    return open_database(file);
  }
}

// One entry that differs between two trees: what the later one has at the path, or that it has nothing.
struct Difference {
  std::string path;
  bool removed = false;
  Entry entry = {};
};

// What was read twice from a store is two nodes.
bool same_node(const NodePtr& a, const NodePtr& b) {
  return a == b || (a != nullptr && b != nullptr && a->hash.has_value() && a->hash == b->hash);
}

void list_differences(const Nodes& nodes, const Node* before, const Node* after, const std::string& path,
                      std::vector<Difference>& differences) {
  static const std::vector<Entry> kNothing;
  const std::vector<Entry>& old_entries = before ? nodes.entries(*before) : kNothing;
  const std::vector<Entry>& new_entries = after ? nodes.entries(*after) : kNothing;
  auto was = old_entries.begin();
  for (const Entry& now : new_entries) {
    for (; was != old_entries.end() && *was->name < *now.name; ++was) differences.push_back({path + *was->name, true});
    const Entry* same = was != old_entries.end() && *was->name == *now.name ? &*was++ : nullptr;
    const bool equal = same != nullptr && same->kind == now.kind && same_node(same->node, now.node) &&
                       (now.kind == EntryKind::folder || git_oid_equal(&same->oid, &now.oid) != 0);
    if (equal) continue;
    const bool both_folders = same != nullptr && same->kind == EntryKind::folder && now.kind == EntryKind::folder;
    if (both_folders) list_differences(nodes, same->node.get(), now.node.get(), path + *now.name + "/", differences);
    else differences.push_back({path + *now.name, false, now});
  }
  for (; was != old_entries.end(); ++was) differences.push_back({path + *was->name, true});
}

// Takes stored changes into a tree, one after the other. A folder is copied once, however often it changes.
class Rebuilding {
 public:
  Rebuilding(const Nodes& nodes, NodePtr root) : nodes_(nodes), root_(std::move(root)) {}

  void take(std::string_view change) {
    VarintReader reader(change);
    for (uint64_t left = reader.number(kTreeEntriesMax); left > 0; --left) {
      Difference difference{.path = std::string(reader.text())};
      const char kind = reader.bytes(1)[0];
      difference.removed = kind == kRemoved;
      if (!difference.removed) {
        const std::string_view path = difference.path;
        difference.entry.name = nodes_.names().file_name(path.substr(path.rfind('/') + 1));
        difference.entry.kind = static_cast<EntryKind>(kind);
        if (difference.entry.kind > EntryKind::other) fail_damaged("a stored change has an entry of no kind");
        const bool is_folder = difference.entry.kind == EntryKind::folder;
        difference.entry.oid = to_raw_oid(reader.bytes(GIT_OID_RAWSZ));
        const std::string_view bytes = reader.text();
        const auto hash = ain::to_array<32>(bytes);
        if (!hash && (is_folder || !bytes.empty())) fail_damaged("a stored change has an entry without what it came from");
        if (hash) difference.entry.node = std::make_shared<const Node>(is_folder, *hash);
      }
      put(root_, difference.path, difference);
    }
    if (!reader.at_end()) fail_damaged("a stored change goes on after its end");
  }
  NodePtr root() const {
    for (const NodePtr& node : own_) node->count();
    return root_;
  }

 private:
  std::vector<Entry>& own_entries(NodePtr& folder) {
    if (!own_.contains(folder)) {
      const auto copy = std::make_shared<Node>(true);
      copy->entries = nodes_.entries(*folder);
      own_.insert(folder = copy);
    }
    return folder->entries;
  }
  void put(NodePtr& folder, std::string_view path, const Difference& difference) {
    std::vector<Entry>& entries = own_entries(folder);
    const size_t slash = path.find('/');
    const std::string_view name = path.substr(0, slash);
    const auto at = std::lower_bound(entries.begin(), entries.end(), name,
                                     [](const Entry& entry, std::string_view key) { return *entry.name < key; });
    const bool is_there = at != entries.end() && *at->name == name;
    if (slash != path.npos) {
      if (!is_there || at->kind != EntryKind::folder || at->node == nullptr) fail_damaged("a stored change names no folder");
      put(at->node, path.substr(slash + 1), difference);
    } else if (difference.removed) {
      if (!is_there) fail_damaged("a stored change removes what is not there");
      entries.erase(at);
    } else if (is_there) {
      *at = difference.entry;
    } else {
      entries.insert(at, difference.entry);
    }
  }

  const Nodes& nodes_;
  NodePtr root_;
  std::unordered_set<NodePtr> own_;  // folders of this tree alone
};

// Loads everything: it is about to be written anew.
void forget_saved(const Nodes& nodes, const Node& node, std::unordered_set<const Node*>& seen) {
  if (!seen.insert(&node).second) return;
  if (!node.is_folder) {
    nodes.runs(node);
  } else {
    for (const Entry& entry : nodes.entries(node)) {
      if (entry.node) forget_saved(nodes, *entry.node, seen);
    }
  }
  node.saved = false;
}

}  // namespace

NodeStore::NodeStore(const std::filesystem::path& file, Variant variant)
    : variant_(variant_number(variant)),
      db_(open_or_replace(file)),
      find_node_(db_.prepare("SELECT bytes FROM node WHERE hash = ?")),
      put_node_(db_.prepare("INSERT OR IGNORE INTO node VALUES (?, ?)")),
      find_state_(db_.prepare("SELECT root, base, change FROM state WHERE variant = ? AND commit_id = ?")),
      put_state_(db_.prepare("INSERT OR REPLACE INTO state (variant, commit_id, root, base, change, chain) "
                             "VALUES (?, ?, ?, ?, ?, ?)")),
      find_chain_(db_.prepare("SELECT chain FROM state WHERE variant = ? AND commit_id = ?")) {}

std::string NodeStore::read(const Digest& hash) {
  std::string bytes = guarded([&] {
    find_node_.reset();
    find_node_.bind_blob(as_view(hash));
    if (!find_node_.step()) fail_damaged("a part of an attributed tree is missing");
    return find_node_.blob(0);
  });
  find_node_.reset();
  if (sha256(bytes) != hash) fail_damaged("a part of an attributed tree is damaged");
  return bytes;
}

NodePtr NodeStore::state(const Nodes& nodes, const git_oid& commit) {
  if (const auto known = states_.find(commit); known != states_.end()) return known->second;
  // From the commit back to a whole state, then forwards again.
  struct Link {
    git_oid commit;
    Digest root;
    std::string change;
  };
  std::vector<Link> links;
  NodePtr root;
  for (git_oid at = commit; root == nullptr;) {
    if (const auto known = states_.find(at); known != states_.end()) {
      root = known->second;
      break;
    }
    find_state_.reset();
    find_state_.bind(variant_).bind_blob(raw(at));
    if (!find_state_.step()) {
      find_state_.reset();
      return nullptr;
    }
    const auto hash = ain::to_array<32>(find_state_.blob(0));
    if (!hash) fail_damaged("a stored state has no root");
    if (find_state_.is_null(1)) root = std::make_shared<const Node>(true, *hash);
    else links.push_back({at, *hash, find_state_.blob(2)});
    if (root == nullptr) at = to_raw_oid(find_state_.blob(1));
    find_state_.reset();
    if (links.size() > kDeltaChainMax + 1) fail_damaged("a stored state rests on too many others");
  }
  Rebuilding rebuilding(nodes, root);
  for (auto link = links.rbegin(); link != links.rend(); ++link) rebuilding.take(link->change);
  root = rebuilding.root();
  if (!links.empty() && nodes.hash(*root) != links.front().root) fail_damaged("a stored state is damaged");
  return states_[commit] = root;
}

std::optional<int64_t> NodeStore::chain_of(const git_oid& commit) {
  if (const auto known = chains_.find(commit); known != chains_.end()) return known->second;
  find_chain_.reset();
  find_chain_.bind(variant_).bind_blob(raw(commit));
  std::optional<int64_t> chain;
  if (find_chain_.step()) chain = find_chain_.integer(0);
  find_chain_.reset();
  return chain;
}

void NodeStore::save_state(const Nodes& nodes, const git_oid& commit, const NodePtr& root, const git_oid* base,
                           const NodePtr& base_root) {
  const auto base_chain = base != nullptr ? chain_of(*base) : std::nullopt;
  const bool whole = !base_chain || *base_chain >= kDeltaChainMax;
  const int64_t chain = whole ? 0 : *base_chain + 1;
  const Digest& hash = nodes.hash(*root);
  const std::string change = whole ? std::string() : change_between(nodes, base_root, root);
  if (whole) save_with_below(nodes, *root);
  put_state_.bind(variant_).bind_blob(raw(commit)).bind_blob(as_view(hash));
  if (whole) put_state_.bind_null().bind_null();
  else put_state_.bind_blob(raw(*base)).bind_blob(change);
  put_state_.bind(chain).run();
  chains_[commit] = chain;
}

void NodeStore::save_with_below(const Nodes& nodes, const Node& node) {
  if (node.saved || !node.loaded) return;  // what is not loaded came from here
  if (node.is_folder) {
    for (const Entry& entry : nodes.entries(node)) {
      if (entry.node) save_with_below(nodes, *entry.node);
    }
  }
  const std::string bytes = nodes.bytes(node);
  put_node_.bind_blob(as_view(nodes.hash(node))).bind_blob(bytes).run();
  node.saved = true;
}

std::string NodeStore::change_between(const Nodes& nodes, const NodePtr& before, const NodePtr& after) {
  std::vector<Difference> differences;
  list_differences(nodes, before.get(), after.get(), "", differences);
  std::string bytes;
  put_varint(bytes, differences.size());
  for (const Difference& difference : differences) {
    put_text(bytes, difference.path);
    if (difference.removed) {
      bytes += kRemoved;
      continue;
    }
    const Entry& entry = difference.entry;
    bytes += static_cast<char>(entry.kind);
    bytes += raw(entry.oid);
    put_text(bytes, entry.node ? as_view(nodes.hash(*entry.node)) : std::string_view());
    if (entry.node) save_with_below(nodes, *entry.node);
  }
  return bytes;
}

void NodeStore::remove(const std::filesystem::path& file) {
  std::error_code ignored;  // what cannot be removed cannot be made anew either, and says so
  for (const char* ending : {"", "-wal", "-shm"}) std::filesystem::remove(file.string() + ending, ignored);
}

bool NodeStore::is_too_large() {
  Statement size = db_.prepare("SELECT (page_count - freelist_count) * page_size "
                               "FROM pragma_page_count(), pragma_freelist_count(), pragma_page_size()");
  return size.step() && size.integer(0) > kStoreBytesMax;
}

void NodeStore::clear(const Nodes& nodes, const std::vector<NodePtr>& roots) {
  std::unordered_set<const Node*> seen;
  for (const NodePtr& root : roots) forget_saved(nodes, *root, seen);
  db_.exec("DELETE FROM state; DELETE FROM node;");
  states_.clear();
  chains_.clear();
}

}  // namespace ain::repo
