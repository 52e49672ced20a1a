#include "repo/repository.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "base/error.h"
#include "base/files.h"
#include "base/process.h"
#include "base/text.h"
#include "repo/libgit.h"
#include "repo/loose_reader.h"

namespace ain::repo {
namespace {

namespace fs = std::filesystem;

fs::path folder_path(const char* text) {
  std::string path = text;
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  return path;
}

// Only the repository's own configuration counts: what a node does must not depend on who started it.
void use_local_config_only(git_repository* raw) {
  GitConfig config;
  check(git_config_new(out(config)), "cannot make a configuration");
  const std::string file = std::string(git_repository_commondir(raw)) + "config";
  check(git_config_add_file_ondisk(config.get(), file.c_str(), GIT_CONFIG_LEVEL_LOCAL, raw, 0),
        fmt::format("cannot read '{}'", file));
  check(git_repository_set_config(raw, config.get()), "cannot use the repository's configuration");
}

// libgit2 leaks the path when it is the one that is set already.
void set_work_folder(git_repository* raw, const fs::path& folder) {
  std::error_code code;
  const fs::path wanted = fs::canonical(folder, code);
  if (code) fail(ErrorKind::failed, "cannot use '{}': {}", folder.string(), code.message());
  const char* current = git_repository_workdir(raw);
  if (current != nullptr && wanted == folder_path(current)) return;
  check(git_repository_set_workdir(raw, wanted.c_str(), 0), fmt::format("cannot use '{}'", wanted.string()));
}

// What git's environment variables say about the parts of the repository that was found.
void apply_environment(git_repository* raw, bool git_dir_given) {
  const auto work = environment_variable("GIT_WORK_TREE");
  if (git_dir_given && !git_repository_is_bare(raw) && !work) {
    // With GIT_DIR alone git takes the current folder as the work tree, unless core.worktree names one.
    GitConfig config;
    GitBuffer named;
    if (git_repository_config_snapshot(out(config), raw) == 0 &&
        git_config_get_string_buf(&named.raw, config.get(), "core.worktree") != 0) {
      set_work_folder(raw, fs::current_path());
    }
  }
  if (work) set_work_folder(raw, *work);
  if (const auto file = environment_variable("GIT_INDEX_FILE")) {
    GitIndex index;
    check(git_index_open(out(index), fs::absolute(*file).c_str()), "cannot use GIT_INDEX_FILE");
    check(git_repository_set_index(raw, index.get()), "cannot use GIT_INDEX_FILE");
  }
}

// The object stores that git's variables name: a hook of receive-pack sees the pushed objects through them.
std::vector<std::string> environment_stores() {
  std::vector<std::string> stores;
  if (const auto store = environment_variable("GIT_OBJECT_DIRECTORY")) stores.push_back(*store);
  if (const auto more = environment_variable("GIT_ALTERNATE_OBJECT_DIRECTORIES")) {
    for (const std::string& store : split(*more, ':')) stores.push_back(store);
  }
  std::erase(stores, "");
  return stores;
}

void open_stores(git_repository* raw, const std::vector<std::string>& stores) {
  GitOdb odb;
  check(git_repository_odb(out(odb), raw), "cannot open the object store");
  std::vector<fs::path> folders = object_folders(fs::path(git_repository_commondir(raw)) / "objects");
  for (const std::string& store : stores) {
    check(git_odb_add_disk_alternate(odb.get(), store.c_str()), "cannot use GIT_OBJECT_DIRECTORY");
    for (fs::path& folder : object_folders(fs::absolute(store))) folders.push_back(std::move(folder));
  }
  replace_loose_reading(odb.get(), std::move(folders));
}

bool is_own(const char* path) {
  struct stat info;
  if (::stat(path, &info) != 0) return false;
  if (info.st_uid == ::geteuid()) return true;
  const auto sudo_user = ::geteuid() == 0 ? environment_variable("SUDO_UID") : std::nullopt;
  return sudo_user && parse_integer(*sudo_user, 0, UINT32_MAX) == static_cast<int64_t>(info.st_uid);
}

// safe.directory of the user and the system, never the repository's own: a later empty value forgets those
// before it.
bool is_declared_safe(const std::string& folder) {
  GitConfig config;
  if (git_config_open_default(out(config)) < 0) return false;
  struct Search {
    const std::string& folder;
    bool safe = false;
  } search{folder};
  const auto judge = [](const git_config_entry* entry, void* payload) {
    Search& at = *static_cast<Search*>(payload);
    const std::string_view value = entry->value == nullptr ? "" : entry->value;
    GitBuffer path;
    if (value.empty()) {
      at.safe = false;
    } else if (value == "*") {
      at.safe = true;
    } else if (git_config_parse_path(&path.raw, entry->value) == 0 &&
               folder_path(path.raw.ptr) == at.folder) {
      at.safe = true;
    }
    return 0;
  };
  git_config_get_multivar_foreach(config.get(), "safe.directory", nullptr, judge, &search);
  return search.safe;
}

// As git does (and libgit2, which lets root pass, does not): a stranger's repository could run a stranger's
// hooks.
void check_owner(git_repository* raw) {
  const char* work = git_repository_workdir(raw);
  if (is_own(git_repository_path(raw)) && (work == nullptr || is_own(work))) return;
  const std::string folder = folder_path(work != nullptr ? work : git_repository_path(raw));
  if (is_declared_safe(folder)) return;
  fail_with_hint(ErrorKind::failed, fmt::format("git config --global --add safe.directory {}", folder),
                 "the repository at '{}' belongs to somebody else", folder);
}

// git calls a repository corrupt whose HEAD names a commit that is not there or is damaged.
void check_head(const Repository& repository) {
  git_oid oid;
  const int code = git_reference_name_to_id(&oid, repository.raw(), "HEAD");
  if (code == GIT_ENOTFOUND) return;  // before the first commit
  if (code < 0) {
    fail_with_hint(ErrorKind::failed, "run 'git fsck' to see what is damaged",
                   "the repository at '{}' is corrupt: cannot read HEAD: {}",
                   repository.git_folder().string(), libgit_error());
  }
  try {
    const GitOdb odb = object_store(repository);
    GitOdbObject object;
    check(git_odb_read(out(object), odb.get(), &oid), fmt::format("cannot read object '{}'", to_id(oid)));
    const git_oid tree = to_oid(repository.tree_of(to_id(oid)));
    if (git_odb_exists(odb.get(), &tree) == 0) fail(ErrorKind::failed, "object '{}' is missing", to_id(tree));
  } catch (Error& error) {
    error.add_context(fmt::format("the repository at '{}' is corrupt", repository.git_folder().string()));
    error.set_hint("run 'git fsck' to see what is damaged");
    throw;
  }
}

}  // namespace

void Repository::Close::operator()(git_repository* raw) const { git_repository_free(raw); }

Repository::Repository(git_repository* raw, bool hardened) : raw_(raw), hardened_(hardened) {}
Repository::Repository(Repository&&) noexcept = default;
Repository& Repository::operator=(Repository&&) noexcept = default;
Repository::~Repository() = default;

git_repository* Repository::raw() const { return raw_.get(); }

std::optional<Repository> Repository::discover(const fs::path& folder) {
  start_libgit2();
  const auto git_dir = environment_variable("GIT_DIR");
  const auto ceilings = environment_variable("GIT_CEILING_DIRECTORIES");
  const std::string start = git_dir ? fs::absolute(*git_dir).string() : fs::absolute(folder).string();
  const unsigned flags = git_dir ? GIT_REPOSITORY_OPEN_NO_SEARCH | GIT_REPOSITORY_OPEN_NO_DOTGIT : 0;
  git_repository* raw = nullptr;
  const int code =
      git_repository_open_ext(&raw, start.c_str(), flags, ceilings ? ceilings->c_str() : nullptr);
  if (code == GIT_ENOTFOUND) return std::nullopt;
  check(code, fmt::format("cannot open the repository at '{}'", start));
  Repository repository(raw, false);
  if (!git_dir) check_owner(raw);
  apply_environment(raw, git_dir.has_value());
  open_stores(raw, environment_stores());
  check_head(repository);
  return repository;
}

Repository Repository::open(const fs::path& git_folder) {
  start_libgit2();
  git_repository* raw = nullptr;
  const int code =
      git_repository_open_ext(&raw, fs::absolute(git_folder).c_str(), GIT_REPOSITORY_OPEN_NO_SEARCH, nullptr);
  if (code == GIT_ENOTFOUND) fail(ErrorKind::failed, "there is no repository at '{}'", git_folder.string());
  check(code, fmt::format("cannot open the repository at '{}'", git_folder.string()));
  Repository repository(raw, true);
  use_local_config_only(raw);
  open_stores(raw, {});
  check_head(repository);
  return repository;
}

Repository Repository::init(const fs::path& folder, bool bare) {
  start_libgit2();
  git_repository_init_options options = GIT_REPOSITORY_INIT_OPTIONS_INIT;
  options.flags = GIT_REPOSITORY_INIT_MKPATH | (bare ? GIT_REPOSITORY_INIT_BARE : 0);
  GitConfig config;
  GitBuffer branch;
  const bool configured = !bare && git_config_open_default(out(config)) == 0 &&
                          git_config_get_string_buf(&branch.raw, config.get(), "init.defaultBranch") == 0;
  if (!configured) options.initial_head = "main";
  const std::string what = fmt::format("cannot make a repository in '{}'", folder.string());
  git_repository* raw = nullptr;
  check(git_repository_init_ext(&raw, fs::absolute(folder).c_str(), &options), what);
  Repository repository(raw, bare);
  if (bare) use_local_config_only(raw);
  open_stores(raw, {});
  return repository;
}

fs::path Repository::git_folder() const { return folder_path(git_repository_commondir(raw())); }

fs::path Repository::work_folder() const {
  const char* folder = git_repository_workdir(raw());
  return folder == nullptr ? fs::path() : folder_path(folder);
}

fs::path Repository::ain_folder() const {
  fs::path folder = git_folder() / "ain";
  struct stat status;
  if (::stat(folder.c_str(), &status) != 0 || !S_ISDIR(status.st_mode)) make_private_folder(folder);
  return folder;
}

std::optional<ObjectId> Repository::head_commit() const {
  git_oid oid;
  const int code = git_reference_name_to_id(&oid, raw(), "HEAD");
  if (code == GIT_ENOTFOUND) return std::nullopt;
  check(code, "cannot read HEAD");
  return to_id(oid);
}

std::string Repository::head_name() const {
  GitReference head;
  check(git_reference_lookup(out(head), raw(), "HEAD"), "cannot read HEAD");
  if (git_reference_type(head.get()) == GIT_REFERENCE_SYMBOLIC) {
    const std::string name = git_reference_symbolic_target(head.get());
    constexpr std::string_view prefix = "refs/heads/";
    return name.starts_with(prefix) ? name.substr(prefix.size()) : name;
  }
  return "HEAD detached at " + to_id(*git_reference_target(head.get())).substr(0, 7);
}

ObjectId Repository::resolve_commit(const std::string& revision) const {
  GitObject object;
  GitObject commit;
  const int code = git_revparse_single(out(object), raw(), revision.c_str());
  if (code == GIT_EAMBIGUOUS) fail(ErrorKind::failed, "'{}' is ambiguous", revision);
  if (code < 0 || git_object_peel(out(commit), object.get(), GIT_OBJECT_COMMIT) < 0) {
    fail(ErrorKind::failed, "'{}' is not a commit", revision);
  }
  return to_id(*git_object_id(commit.get()));
}

ObjectId Repository::tree_of(const ObjectId& commit) const {
  const git_oid oid = to_oid(commit);
  GitCommit found;
  check(git_commit_lookup(out(found), raw(), &oid), fmt::format("cannot read commit '{}'", commit));
  return to_id(*git_commit_tree_id(found.get()));
}

bool Repository::has_commit(const ObjectId& commit) const {
  const git_oid oid = to_oid(commit);
  size_t size = 0;
  git_object_t type = GIT_OBJECT_INVALID;
  const GitOdb odb = object_store(*this);
  const int code = git_odb_read_header(&size, &type, odb.get(), &oid);
  if (code == GIT_ENOTFOUND) return false;
  check(code, fmt::format("cannot read object '{}'", commit));
  return type == GIT_OBJECT_COMMIT;
}

std::optional<ObjectId> Repository::blob_at(const ObjectId& commit, const std::string& path) const {
  const git_oid oid = to_oid(tree_of(commit));
  GitTree tree;
  check(git_tree_lookup(out(tree), raw(), &oid), fmt::format("cannot read tree '{}'", to_id(oid)));
  GitTreeEntry entry;
  const int code = git_tree_entry_bypath(out(entry), tree.get(), path.c_str());
  if (code == GIT_ENOTFOUND) return std::nullopt;
  check(code, fmt::format("cannot find '{}' in commit '{}'", path, commit));
  const git_filemode_t mode = git_tree_entry_filemode(entry.get());
  if (mode != GIT_FILEMODE_BLOB && mode != GIT_FILEMODE_BLOB_EXECUTABLE) return std::nullopt;
  return to_id(*git_tree_entry_id(entry.get()));
}

std::optional<std::string> Repository::file_at(const ObjectId& commit, const std::string& path,
                                               size_t bytes_max) const {
  const auto blob = blob_at(commit, path);
  if (!blob) return std::nullopt;
  try {
    return read_object(object_store(*this).get(), to_oid(*blob), GIT_OBJECT_BLOB, bytes_max);
  } catch (Error& error) {
    error.add_context(fmt::format("cannot read '{}' of commit '{}'", path, commit));
    throw;
  }
}

std::optional<ObjectId> Repository::reference(const std::string& name) const {
  git_oid oid;
  const int code = git_reference_name_to_id(&oid, raw(), name.c_str());
  if (code == GIT_ENOTFOUND) return std::nullopt;
  check(code, fmt::format("cannot read '{}'", name));
  return to_id(oid);
}

void Repository::set_reference(const std::string& name, const ObjectId& target, const std::string& reason) {
  const git_oid oid = to_oid(target);
  GitReference created;
  check(git_reference_create(out(created), raw(), name.c_str(), &oid, 1, reason.c_str()),
        fmt::format("cannot set '{}'", name));
}

std::vector<std::pair<std::string, ObjectId>> Repository::references(const std::string& prefix) const {
  GitReferences iterator;
  check(git_reference_iterator_new(out(iterator), raw()), "cannot list the references");
  std::vector<std::pair<std::string, ObjectId>> result;
  for (;;) {
    GitReference found;
    const int code = git_reference_next(out(found), iterator.get());
    if (code == GIT_ITEROVER) break;
    check(code, "cannot list the references");
    const std::string name = git_reference_name(found.get());
    if (!name.starts_with(prefix)) continue;
    if (auto target = reference(name)) result.emplace_back(name, *target);
  }
  std::sort(result.begin(), result.end());
  return result;
}

std::optional<std::string> Repository::config(const std::string& key) const {
  GitConfig snapshot;
  check(git_repository_config_snapshot(out(snapshot), raw()), "cannot read the configuration");
  GitBuffer value;
  const int code = git_config_get_string_buf(&value.raw, snapshot.get(), key.c_str());
  if (code == GIT_ENOTFOUND) return std::nullopt;
  check(code, fmt::format("cannot read '{}' from the configuration", key));
  return std::string(value.view());
}

void Repository::set_config(const std::string& key, const std::string& value) {
  GitConfig whole;
  GitConfig local;
  check(git_repository_config(out(whole), raw()), "cannot read the configuration");
  check(git_config_open_level(out(local), whole.get(), GIT_CONFIG_LEVEL_LOCAL),
        "cannot open the configuration");
  check(git_config_set_string(local.get(), key.c_str(), value.c_str()), fmt::format("cannot set '{}'", key));
}

Person Repository::person() const {
  const auto value = [this](const char* variable, const char* key) {
    auto text = hardened_ ? std::nullopt : environment_variable(variable);
    if (!text || trim(*text).empty()) text = config(key);
    return std::string(trim(text.value_or("")));
  };
  Person person{value("GIT_AUTHOR_NAME", "user.name"), value("GIT_AUTHOR_EMAIL", "user.email")};
  const char* name_command = "git config --global user.name 'Your Name'";
  const char* email_command = "git config --global user.email you@example.org";
  if (person.name.empty() && person.email.empty()) {
    fail_with_hint(ErrorKind::failed, fmt::format("{} && {}", name_command, email_command),
                   "git does not know your name and e-mail address");
  }
  if (person.name.empty()) fail_with_hint(ErrorKind::failed, name_command, "git does not know your name");
  if (person.email.empty()) fail_with_hint(ErrorKind::failed, email_command, "git does not know your e-mail address");
  return person;
}

}  // namespace ain::repo
