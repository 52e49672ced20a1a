// A small history out of a fuzzer's bytes: git objects in memory, as a stranger may have made them, but well-formed.
// The input's first text are decisions, those after it what files hold.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "repo/walk/apply.h"
#include "repo/walk/changes.h"
#include "tests/fuzz/harness.h"

namespace ain::repo {

class MemoryObjects final : public ObjectSource {
 public:
  git_oid add(git_object_t type, std::string bytes) {
    start_libgit2();
    git_oid oid;
    check(git_odb_hash(&oid, bytes.data(), bytes.size(), type), "cannot hash an object");
    objects_.try_emplace(oid, type, std::make_shared<const std::string>(std::move(bytes)));
    return oid;
  }
  Bytes read(const git_oid& oid, git_object_t type, size_t bytes_max) override {
    const auto found = objects_.find(oid);
    if (found == objects_.end() || found->second.first != type) fail(ErrorKind::failed, "there is no object '{}'", to_id(oid));
    return found->second.second->size() > bytes_max ? nullptr : found->second.second;
  }
  const OidMap<std::pair<git_object_t, Bytes>>& all() const { return objects_; }

 private:
  OidMap<std::pair<git_object_t, Bytes>> objects_;
};

inline std::string_view raw_bytes(const git_oid& oid) { return {reinterpret_cast<const char*>(oid.id), GIT_OID_RAWSZ}; }

struct MadeFile {
  std::string mode;
  git_oid oid{};
};
using MadeFiles = std::map<std::string, MadeFile>;  // by path

struct MadeCommit {
  HistoryCommit commit;
  std::vector<size_t> parents;  // numbers
  MadeFiles files;
};

class MadeHistory {
 public:
  explicit MadeHistory(Input& input) : decisions_(input.text()) {
    while (blobs_.size() < kBlobsMax && (blobs_.empty() || !input.at_end())) {
      blobs_.push_back(objects_.add(GIT_OBJECT_BLOB, std::string(input.text())));
    }
    while (commits_.size() < kCommitsMax && (commits_.empty() || !decisions_.at_end())) make_commit();
  }

  MemoryObjects& objects() { return objects_; }
  const std::vector<MadeCommit>& commits() const { return commits_; }

 private:
  static constexpr size_t kBlobsMax = 8;
  static constexpr size_t kCommitsMax = 8;
  static constexpr std::array<const char*, 8> kPaths = {"a.py", "b.py", "d/a.py", "d/e/f.py", "g", "g/a.py", "x", "d/e/x"};
  static constexpr std::array<const char*, 6> kModes = {"100644", "100644", "100644", "100755", "120000", "160000"};

  void make_commit() {
    MadeCommit made;
    const uint32_t shape = decisions_.byte();
    const size_t number = commits_.size();
    const size_t parents = number == 0 ? 0 : std::array<size_t, 8>{1, 1, 1, 1, 2, 2, 3, 0}[shape % 8];
    for (size_t i = 0; i < parents; ++i) {
      made.parents.push_back(i == 0 && shape < 128 ? number - 1 : decisions_.below(static_cast<uint32_t>(number)));
    }
    if (!made.parents.empty()) made.files = commits_[made.parents.front()].files;
    for (uint32_t edits = 1 + shape / 8 % 8; edits > 0; --edits) edit(made.files);
    std::string bytes = "tree " + to_id(made.commit.tree = write_tree(made.files)) + "\n";
    for (const size_t parent : made.parents) {
      made.commit.parents.push_back(commits_[parent].commit.oid);
      bytes += "parent " + to_id(made.commit.parents.back()) + "\n";
    }
    bytes += fmt::format("author A <a> {0} +0000\ncommitter A <a> {0} +0000\n\n{0}\n", number);
    made.commit.oid = objects_.add(GIT_OBJECT_COMMIT, std::move(bytes));
    commits_.push_back(std::move(made));
  }

  void edit(MadeFiles& files) {
    const std::string path = kPaths[decisions_.below(kPaths.size())];
    const uint32_t what = decisions_.byte();
    if (what % 8 == 7) {
      files.erase(path);
      return;
    }
    // A path is a file or a folder.
    std::erase_if(files, [&](const auto& file) { return file.first.starts_with(path + "/") || path.starts_with(file.first + "/"); });
    const bool is_odd = what % 8 == 6;
    files[path] = {is_odd ? kModes[what / 8 % kModes.size()] : kModes[0], blobs_[what / 8 % blobs_.size()]};
  }

  git_oid write_tree(const MadeFiles& files) {
    std::map<std::string, MadeFiles> folders;
    std::string bytes;
    for (const auto& [path, file] : files) {
      const size_t slash = path.find('/');
      if (slash == path.npos) append(bytes, file.mode, path, file.oid);
      else folders[path.substr(0, slash)][path.substr(slash + 1)] = file;
    }
    for (const auto& [name, below] : folders) append(bytes, "40000", name, write_tree(below));
    return objects_.add(GIT_OBJECT_TREE, std::move(bytes));
  }

  static void append(std::string& tree, std::string_view mode, std::string_view name, const git_oid& oid) {
    tree += fmt::format("{} {}", mode, name);
    tree += '\0';
    tree += raw_bytes(oid);
  }

  MemoryObjects objects_;
  Input decisions_;
  std::vector<git_oid> blobs_;
  std::vector<MadeCommit> commits_;
};

// The attributed trees of all its commits, in order.
inline std::vector<NodePtr> attribute(MadeHistory& history, Variant variant, const Nodes& nodes) {
  ChangeFinder finder(history.objects(), variant);
  std::vector<NodePtr> roots;
  for (const MadeCommit& made : history.commits()) {
    std::vector<git_oid> trees;
    std::vector<NodePtr> parents;
    for (const size_t parent : made.parents) {
      trees.push_back(history.commits()[parent].commit.tree);
      parents.push_back(roots[parent]);
    }
    roots.push_back(apply_change(nodes, finder.find(made.commit, trees), parents));
  }
  return roots;
}

// Calls `take` for the node and all below it.
template <typename Take>
void each_node(const Nodes& nodes, const Node& node, Take take) {
  take(node);
  if (!node.is_folder) return;
  for (const Entry& entry : nodes.entries(node)) {
    if (entry.node) each_node(nodes, *entry.node, take);
  }
}

}  // namespace ain::repo
