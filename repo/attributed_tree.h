// Private to repo/: a git tree whose files know their lines' origins. Immutable once built, shared wherever
// git's trees are equal.
#pragma once

#include <list>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "repo/line_walk.h"

namespace ain::repo {

struct OidHash {
  size_t operator()(const git_oid& oid) const {
    size_t hash;
    static_assert(sizeof hash <= sizeof oid.id);
    __builtin_memcpy(&hash, oid.id, sizeof hash);
    return hash;
  }
};
struct OidEqual {
  bool operator()(const git_oid& a, const git_oid& b) const { return git_oid_equal(&a, &b) != 0; }
};

struct AttributedTree;
using AttributedTreePtr = std::shared_ptr<const AttributedTree>;

struct AttributedEntry {
  enum class Kind : unsigned char { file, folder, other };
  std::string name;
  git_oid oid{};
  Kind kind = Kind::other;
  std::shared_ptr<const LineRuns> lines;  // of a file
  AttributedTreePtr folder;               // of a folder
};

struct AttributedTree {
  git_oid oid{};
  std::vector<AttributedEntry> entries;  // by name

  const AttributedEntry* find(const std::string& name, AttributedEntry::Kind kind) const;
};

// The texts of recently used blobs: a file's previous version was mostly read a moment ago.
class TextCache {
 public:
  explicit TextCache(git_odb* odb) : odb_(odb) {}
  // Null for what is not text or larger than kTextBytesMax.
  std::shared_ptr<const std::string> text(const git_oid& oid);

 private:
  struct Slot {
    std::shared_ptr<const std::string> text;
    std::list<git_oid>::iterator place;
  };
  git_odb* odb_;
  std::unordered_map<git_oid, Slot, OidHash, OidEqual> slots_;
  std::list<git_oid> recent_;  // newest first
  size_t bytes_ = 0;
};

// Builds the attributed tree of one commit after another.
class TreeBuilder {
 public:
  explicit TreeBuilder(const Repository& repository);
  // `parents` in the commit's order; lines that none of them has belong to `origin`.
  AttributedTreePtr build(const git_oid& tree, const std::vector<AttributedTreePtr>& parents,
                          uint32_t origin);

 private:
  struct NewFile {
    std::shared_ptr<AttributedTree> tree;
    size_t entry;
  };
  AttributedTreePtr build_folder(const git_oid& oid, const std::vector<AttributedTreePtr>& parents,
                                 int level);
  AttributedEntry build_entry(const git_tree_entry* entry, const std::vector<AttributedTreePtr>& parents,
                              int level);
  void build_file(AttributedEntry& file, const std::vector<const AttributedEntry*>& before);
  void attribute_lines(AttributedEntry& file, const std::string& text,
                       const std::vector<const AttributedEntry*>& before);
  void follow_renames(const AttributedTreePtr& before, const AttributedTreePtr& after);
  void count_bytes(size_t bytes);

  const Repository& repository_;
  GitOdb odb_;
  TextCache texts_;
  uint32_t origin_ = 0;
  int64_t entries_of_commit_ = 0;
  int64_t entries_ = 0;
  int64_t bytes_ = 0;
  std::vector<NewFile> new_files_;  // paths that no parent has
};

}  // namespace ain::repo
