#include "exec/job_users.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <functional>
#include <map>

#include "base/error.h"
#include "base/files.h"
#include "base/handle.h"
#include "base/text.h"
#include "exec/shim/processes.h"
#include "exec/working_file.h"

namespace ain::exec {

namespace fs = std::filesystem;

namespace {

constexpr int kTreeDepthMax = 512;

std::map<uid_t, std::string> registered() {
  std::map<uid_t, std::string> users;
  for (const auto& entry : fs::directory_iterator(kJobUsersFolder)) {
    auto user = parse_integer(entry.path().filename().string(), kJobUserFirst, kJobUserFirst + kJobUserCount - 1);
    if (user) users[static_cast<uid_t>(*user)] = read_file_if_exists(entry.path(), 8192).value_or("");
  }
  return users;
}

fs::path entry_of(uid_t user) { return fs::path(kJobUsersFolder) / std::to_string(user); }

FileLock lock_registry() {
  make_private_folder(kJobUsersFolder);
  return FileLock::acquire(fs::path(kJobUsersFolder) / "lock");
}

std::string key_of(const fs::path& folder) { return fs::weakly_canonical(folder).string(); }

// A node that was killed, or a folder deleted by hand, leaves entries behind: free once nobody can be that user any more.
bool is_stale(uid_t user, const std::string& folder) {
  return (folder.empty() || !fs::exists(folder)) && shim::processes_of_user(user).empty();
}

Fd open_folder(int parent, const char* name) {
  return Fd(openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
}

void give_below(Fd folder, uid_t user, int depth) {
  if (depth > kTreeDepthMax) fail(ErrorKind::failed, "the job's tree is deeper than {} folders", kTreeDepthMax);
  if (fchown(folder.get(), user, user) != 0) fail_errno("cannot give the job's tree to its user");
  Handle<DIR, closedir> entries(fdopendir(folder.get()));
  if (!entries) fail_errno("cannot list the job's tree");
  int fd = folder.release();  // now the DIR's
  while (const dirent* entry = readdir(entries.get())) {
    std::string_view name = entry->d_name;
    if (name == "." || name == "..") continue;
    struct stat info = {};
    if (fstatat(fd, entry->d_name, &info, AT_SYMLINK_NOFOLLOW) != 0) continue;
    if (S_ISDIR(info.st_mode)) {
      Fd below = open_folder(fd, entry->d_name);
      if (below) give_below(std::move(below), user, depth + 1);
    } else if (fchownat(fd, entry->d_name, user, user, AT_SYMLINK_NOFOLLOW) != 0 && errno != ENOENT) {
      fail_errno("cannot give the job's tree to its user");
    }
  }
}

}  // namespace

uid_t take_job_user(const fs::path& folder) {
  FileLock lock = lock_registry();
  std::string key = key_of(folder);
  std::map<uid_t, std::string> users = registered();
  for (const auto& [user, owner] : users)
    if (owner == key) return user;
  std::erase_if(users, [](const auto& entry) {
    return is_stale(entry.first, entry.second) && fs::remove(entry_of(entry.first));
  });
  uid_t first = static_cast<uid_t>(std::hash<std::string>()(key) % kJobUserCount);
  for (uid_t i = 0; i < kJobUserCount; ++i) {
    uid_t user = kJobUserFirst + (first + i) % kJobUserCount;
    if (users.contains(user)) continue;
    write_working_file(entry_of(user), key);
    return user;
  }
  fail(ErrorKind::refused, "all {} users for jobs are in use", kJobUserCount);
}

std::optional<uid_t> find_job_user(const fs::path& folder) {
  if (!fs::exists(kJobUsersFolder)) return std::nullopt;
  FileLock lock = lock_registry();
  std::string key = key_of(folder);
  for (const auto& [user, owner] : registered())
    if (owner == key) return user;
  return std::nullopt;
}

void release_job_user(const fs::path& folder) {
  if (!fs::exists(kJobUsersFolder)) return;
  FileLock lock = lock_registry();
  std::string key = key_of(folder);
  for (const auto& [user, owner] : registered())
    if (owner == key) fs::remove(entry_of(user));
}

void give_tree(const fs::path& tree, uid_t user) {
  Fd root = open_folder(AT_FDCWD, tree.c_str());
  if (!root) fail_errno("cannot open '" + tree.string() + "'");
  give_below(std::move(root), user, 0);
}

}  // namespace ain::exec
