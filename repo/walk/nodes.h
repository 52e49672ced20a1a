// Private to repo/: attributed trees. A node mirrors a folder or a file of a git tree; a file's node says where its units came from.
// Nodes never change and are shared wherever the git trees are. Their canonical bytes are content-addressed by SHA-256, so that a
// root names a whole attributed tree; nodes can stay in a store until somebody looks at them.
#pragma once

#include <atomic>
#include <functional>
#include <optional>
#include <unordered_set>

#include "base/hash.h"
#include "repo/walk/objects.h"

namespace ain::repo {

// `count` units that came with commit `origin`, where they are those from `position` on of the file `path`. Numbers of Names.
struct Run {
  uint32_t origin = 0;
  uint32_t path = 0;
  uint32_t position = 0;
  uint32_t count = 0;

  bool operator==(const Run&) const = default;
};
using Runs = std::vector<Run>;  // maximal: no two neighbours could be one

// Whether the two, one after the other, could be one.
inline bool goes_on(const Run& run, const Run& next) {
  return run.origin == next.origin && run.path == next.path && run.position + run.count == next.position;
}

// Commits, paths and file names by small numbers, within one process. Not for two threads at once.
class Names {
 public:
  uint32_t commit(const git_oid& oid);
  uint32_t path(const std::string& path);
  const std::string* file_name(std::string_view name);  // the same pointer for the same name, for ever
  const git_oid& commit_at(uint32_t number) const { return commits_[number]; }
  const std::string& path_at(uint32_t number) const { return *paths_[number]; }
  size_t commits() const { return commits_.size(); }
  size_t memory_bytes() const { return memory_bytes_; }  // of paths and file names, roughly

 private:
  std::vector<git_oid> commits_;
  OidMap<uint32_t> commit_numbers_;
  std::vector<const std::string*> paths_;
  std::unordered_map<std::string, uint32_t, KeyedHash> path_numbers_;
  std::unordered_set<std::string, KeyedHash> file_names_;
  size_t memory_bytes_ = 0;
};

struct Node;
using NodePtr = std::shared_ptr<const Node>;

struct Entry {
  const std::string* name = nullptr;  // of Names
  git_oid oid{};                      // of a file, link or submodule
  EntryKind kind = EntryKind::other;
  NodePtr node;  // null: nothing is attributed
};

// One thread builds, loads and hashes nodes.
struct Node {
  explicit Node(bool folder) : is_folder(folder) {}
  Node(bool folder, const Digest& known) : is_folder(folder), hash(known), loaded(false) {}
  ~Node() { memory_bytes_ -= counted_; }
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;

  // What all nodes of the process hold, roughly.
  static size_t memory_bytes() { return memory_bytes_; }
  // To be called when the node is whole.
  void count() const {
    memory_bytes_ -= counted_;
    counted_ = sizeof(Node) + entries.capacity() * sizeof(Entry) + runs.capacity() * sizeof(Run);
    memory_bytes_ += counted_;
  }

  const bool is_folder;
  mutable std::optional<Digest> hash;
  mutable bool loaded = true;  // false: only its hash is here
  mutable bool saved = false;  // a store has it and all below
  mutable std::vector<Entry> entries;  // of a folder, by name
  mutable Runs runs;                   // of a file

 private:
  mutable size_t counted_ = 0;
  static inline std::atomic<size_t> memory_bytes_ = 0;
};

// Where nodes lie that are not loaded: canonical bytes by hash; throws when it has none.
class NodeSource {
 public:
  virtual ~NodeSource() = default;
  virtual std::string read(const Digest& hash) = 0;
};

// The nodes of one process: loads, hashes, looks up.
class Nodes {
 public:
  explicit Nodes(Names& names, NodeSource* source = nullptr) : names_(names), source_(source) {}

  Names& names() const { return names_; }
  const std::vector<Entry>& entries(const Node& folder) const { return load(folder).entries; }
  const Runs& runs(const Node& file) const { return load(file).runs; }
  const Entry* find(const Node& folder, std::string_view name) const;
  // The entry at "a/b/c"; null when there is none.
  const Entry* find_path(const NodePtr& root, std::string_view path) const;
  const Digest& hash(const Node& node) const;  // and of everything below
  std::string bytes(const Node& node) const;   // canonical; hashes what is below
  // Throws `failed` for bytes that are not canonical.
  void parse(std::string_view bytes, const Node& into) const;

 private:
  const Node& load(const Node& node) const;

  Names& names_;
  NodeSource* source_;
};

}  // namespace ain::repo
