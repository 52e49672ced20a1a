// A plain git repository, through libgit2 (objects, refs, index, trees) and the `git` program (transport,
// packs). Object ids are 40 hex digits. One Repository object a thread.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "base/keys.h"

struct git_repository;

namespace ain::repo {

using ObjectId = std::string;  // 40 lower-case hex digits

struct Person {
  std::string name;
  std::string email;
};

class Repository {
 public:
  // The repository that `folder` lies in, as git finds it (GIT_DIR respected); nothing when there is none. A
  // repository that git itself calls corrupt throws `failed` naming the object and `git fsck`.
  static std::optional<Repository> discover(const std::filesystem::path& folder);
  static Repository open(
      const std::filesystem::path& git_folder);  // exactly there; hardened: no system or user config
  static Repository init(const std::filesystem::path& folder, bool bare);

  Repository(Repository&&) noexcept;
  Repository& operator=(Repository&&) noexcept;
  ~Repository();

  std::filesystem::path git_folder() const;                    // the common .git
  std::filesystem::path work_folder() const;                   // empty when bare
  std::filesystem::path ain_folder() const;                    // .git/ain, made on first use: caches
  std::optional<ObjectId> head_commit() const;                 // nothing before the first commit
  std::string head_name() const;                               // "main", or "HEAD detached at 1234567"
  ObjectId resolve_commit(const std::string& revision) const;  // throws `failed`: "'x' is not a commit"
  ObjectId tree_of(const ObjectId& commit) const;
  bool has_commit(const ObjectId& commit) const;
  // A file of a commit's tree; nothing when the path is absent or not a regular blob; throws when larger than
  // bytes_max.
  std::optional<ObjectId> blob_at(const ObjectId& commit, const std::string& path) const;  // of a file there
  std::optional<std::string> file_at(const ObjectId& commit, const std::string& path, size_t bytes_max) const;
  std::optional<ObjectId> reference(const std::string& name) const;  // "refs/heads/main"
  void set_reference(const std::string& name, const ObjectId& target, const std::string& reason);
  std::vector<std::pair<std::string, ObjectId>> references(const std::string& prefix) const;
  std::optional<std::string> config(const std::string& key) const;
  void set_config(const std::string& key, const std::string& value);  // repository-local
  Person person() const;  // user.name / user.email, or a hint how to set them

  // True for open() and bare init(): the `git` program is then run without any setting of the user or the
  // system.
  bool hardened() const { return hardened_; }
  git_repository* raw() const;

 private:
  Repository(git_repository* raw, bool hardened);
  struct Close {
    void operator()(git_repository* raw) const;
  };
  std::unique_ptr<git_repository, Close> raw_;
  bool hardened_ = false;
};

}  // namespace ain::repo
