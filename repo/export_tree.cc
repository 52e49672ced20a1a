// Writing a stranger's tree into a folder: counted before the first byte is written, then written without
// following anything.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <map>

#include "base/files.h"
#include "base/text.h"
#include "repo/libgit.h"
#include "repo/packs.h"
#include "repo/tree_name.h"

namespace ain::repo {
namespace {

constexpr size_t kBlobBytesMax = size_t{2} << 30;

struct Extent {
  int64_t entries = 0;
  int64_t bytes = 0;
  int depth = 1;
};

struct OidLess {
  bool operator()(const git_oid& a, const git_oid& b) const { return git_oid_cmp(&a, &b) < 0; }
};

GitTree tree_at(const Repository& repository, const git_oid& oid) {
  GitTree tree;
  check(git_tree_lookup(out(tree), repository.raw(), &oid), fmt::format("cannot read tree '{}'", to_id(oid)));
  return tree;
}

void check_name(std::string_view name) {
  if (const auto problem = name_problem(name)) {
    fail(ErrorKind::failed, "the commit holds the hostile name '{}': {}", sanitize(name), *problem);
  }
}

// Each distinct tree is measured once, so that a dozen objects which expand to 10^10 files are seen through
// at once.
class Surveyor {
 public:
  explicit Surveyor(const Repository& repository) : repository_(repository), odb_(object_store(repository)) {}

  Extent survey(const git_oid& oid, int level) {
    if (level > kTreeDepthMax)
      fail(ErrorKind::failed, "the commit's tree is deeper than {} folders", kTreeDepthMax);
    if (const auto known = known_.find(oid); known != known_.end()) {
      if (level + known->second.depth - 1 > kTreeDepthMax) return survey_too_deep();
      return known->second;
    }
    const GitTree tree = tree_at(repository_, oid);
    Extent total;
    for (size_t i = 0; i < git_tree_entrycount(tree.get()); ++i)
      add(total, git_tree_entry_byindex(tree.get(), i), level);
    known_.emplace(oid, total);
    return total;
  }

 private:
  static Extent survey_too_deep() {
    fail(ErrorKind::failed, "the commit's tree is deeper than {} folders", kTreeDepthMax);
  }

  void add(Extent& total, const git_tree_entry* entry, int level) {
    check_name(git_tree_entry_name(entry));
    total.entries += 1;
    const git_filemode_t mode = git_tree_entry_filemode(entry);
    if (mode == GIT_FILEMODE_TREE) {
      const Extent inner = survey(*git_tree_entry_id(entry), level + 1);
      total.entries += inner.entries;
      total.bytes += inner.bytes;
      total.depth = std::max(total.depth, inner.depth + 1);
    } else if (mode != GIT_FILEMODE_COMMIT) {
      total.bytes += blob_size(*git_tree_entry_id(entry));
    }
    if (total.entries > kTreeEntriesMax) {
      fail(ErrorKind::failed, "the commit's tree has more than {} files and folders", kTreeEntriesMax);
    }
    if (total.bytes > kTreeBytesMax) {
      fail(ErrorKind::failed, "the commit's files are larger than {} together", bytes_text(kTreeBytesMax));
    }
  }

  int64_t blob_size(const git_oid& oid) {
    size_t size = 0;
    git_object_t type = GIT_OBJECT_INVALID;
    check(git_odb_read_header(&size, &type, odb_.get(), &oid),
          fmt::format("cannot read object '{}'", to_id(oid)));
    if (type != GIT_OBJECT_BLOB) fail(ErrorKind::failed, "object '{}' is not a file", to_id(oid));
    if (size > kBlobBytesMax) {
      fail(ErrorKind::failed, "object '{}' has {}, a file may have at most {}", to_id(oid),
           bytes_text(static_cast<int64_t>(size)), bytes_text(static_cast<int64_t>(kBlobBytesMax)));
    }
    return static_cast<int64_t>(size);
  }

  const Repository& repository_;
  GitOdb odb_;
  std::map<git_oid, Extent, OidLess> known_;
};

class Writer {
 public:
  explicit Writer(const Repository& repository) : repository_(repository), odb_(object_store(repository)) {}

  void write(const git_oid& oid, int folder, int depth, const std::string& path) {
    const GitTree tree = tree_at(repository_, oid);
    for (size_t i = 0; i < git_tree_entrycount(tree.get()); ++i) {
      const git_tree_entry* entry = git_tree_entry_byindex(tree.get(), i);
      const std::string name = git_tree_entry_name(entry);
      check_name(name);
      write_entry(entry, name, folder, depth, path + name);
    }
  }

 private:
  void write_entry(const git_tree_entry* entry, const std::string& name, int folder, int depth,
                   const std::string& path) {
    const git_oid& oid = *git_tree_entry_id(entry);
    switch (git_tree_entry_filemode(entry)) {
      case GIT_FILEMODE_TREE: {
        const Fd inner = make_folder(name, folder, path);
        write(oid, inner.get(), depth + 1, path + "/");
        return;
      }
      case GIT_FILEMODE_COMMIT:  // a submodule: an empty folder, as after git clone
        make_folder(name, folder, path);
        return;
      case GIT_FILEMODE_LINK: {
        const std::string target = read_object(odb_.get(), oid, GIT_OBJECT_BLOB, kLinkBytesMax + 1);
        if (!link_stays_inside(target, depth)) return;
        if (::symlinkat(target.c_str(), folder, name.c_str()) != 0) fail_write(path);
        return;
      }
      case GIT_FILEMODE_BLOB_EXECUTABLE:
        write_file(oid, name, folder, 0755, path);
        return;
      default:
        write_file(oid, name, folder, 0644, path);
    }
  }

  static Fd make_folder(const std::string& name, int parent, const std::string& path) {
    if (::mkdirat(parent, name.c_str(), 0755) != 0) fail_write(path);
    Fd folder(::openat(parent, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!folder || ::fchmod(folder.get(), 0755) != 0) fail_write(path);
    return folder;
  }

  void write_file(const git_oid& oid, const std::string& name, int folder, mode_t mode,
                  const std::string& path) {
    const std::string bytes = read_object(odb_.get(), oid, GIT_OBJECT_BLOB, kBlobBytesMax);
    const Fd file(::openat(folder, name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode));
    if (!file || ::fchmod(file.get(), mode) != 0) fail_write(path);
    write_all(file.get(), bytes, fmt::format("'{}'", sanitize(path)));
  }

  [[noreturn]] static void fail_write(const std::string& path) {
    fail_errno(fmt::format("cannot write '{}'", sanitize(path)));
  }

  const Repository& repository_;
  GitOdb odb_;
};

}  // namespace

void export_tree(const Repository& repository, const ObjectId& commit, const std::filesystem::path& folder) {
  const git_oid tree = to_oid(repository.tree_of(commit));
  Surveyor(repository).survey(tree, 1);
  const Fd root(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!root) fail_errno(fmt::format("cannot open '{}'", folder.string()));
  if (!std::filesystem::is_empty(folder))
    fail(ErrorKind::failed, "the folder '{}' is not empty", folder.string());
  Writer(repository).write(tree, root.get(), 0, "");
}

}  // namespace ain::repo
