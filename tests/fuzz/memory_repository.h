// A repository whose objects are written to memory, for what a fuzz target can ask of a whole repository only.
#pragma once

#include <git2/sys/mempack.h>

#include <string>
#include <vector>

#include "base/files.h"
#include "repo/libgit.h"
#include "tests/fuzz/harness.h"

namespace ain::repo {

class MemoryRepository {
 public:
  // One for all inputs, without the objects of those before.
  static MemoryRepository& empty() {
    static MemoryRepository one;
    check(git_mempack_reset(one.memory_), "cannot forget objects");
    return one;
  }

  const Repository& repository() const { return repository_; }

  git_oid add(git_object_t type, std::string_view bytes) {
    git_oid oid;
    check(git_odb_write(&oid, store_.get(), bytes.data(), bytes.size(), type), "cannot write an object");
    return oid;
  }
  struct Item {
    std::string mode;
    std::string name;
    git_oid oid{};
  };
  // In git's order.
  git_oid add_tree(const std::vector<Item>& items) {
    std::string bytes;
    for (const Item& item : items) {
      bytes += item.mode + " " + item.name + '\0';
      bytes.append(reinterpret_cast<const char*>(item.oid.id), GIT_OID_RAWSZ);
    }
    return add(GIT_OBJECT_TREE, bytes);
  }
  static std::string commit_text(const git_oid& tree, const std::vector<git_oid>& parents, int64_t time_s) {
    std::string text = "tree " + to_id(tree) + "\n";
    for (const git_oid& parent : parents) text += "parent " + to_id(parent) + "\n";
    return text + fmt::format("author A <a> {0} +0000\ncommitter A <a> {0} +0000\n", time_s);
  }

 private:
  MemoryRepository() : repository_(Repository::init(folder_.path() / "r.git", true)), store_(object_store(repository_)) {
    git_libgit2_opts(GIT_OPT_ENABLE_CACHING, 0);
    check(git_mempack_new(&memory_), "cannot keep objects in memory");
    check(git_odb_add_backend(store_.get(), memory_, kPriority), "cannot keep objects in memory");
  }

  static constexpr int kPriority = 999;  // before those on disk

  TemporaryFolder folder_{"ain-fuzz-repository"};
  Repository repository_;
  GitOdb store_;
  git_odb_backend* memory_ = nullptr;  // of the store
};

}  // namespace ain::repo
