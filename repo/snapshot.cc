#include "repo/snapshot.h"

#include <sys/stat.h>

#include <cerrno>

#include "base/files.h"
#include "base/text.h"
#include "repo/commit_object.h"
#include "repo/git_program.h"
#include "repo/libgit.h"

namespace ain::repo {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kMessage = "Snapshot of the work folder\n";

// The same person in every snapshot of a machine without a git identity: a run must not fail for the lack of
// a name.
Person snapshot_person(const Repository& repository) {
  try {
    return repository.person();
  } catch (const Error&) {
    return {"ain", "ain@localhost"};
  }
}

bool is_unmerged(const FileStatus& file) {
  return file.staged == 'U' || file.unstaged == 'U' ||
         (file.staged == file.unstaged && file.staged != '?' && file.staged != 'M' && file.staged != 'T' &&
          file.staged != ' ');
}

// git's words for "everything but".
std::vector<std::string> all_but(const std::vector<std::string>& left_out) {
  std::vector<std::string> paths = {"--", "."};
  for (const std::string& path : left_out) paths.push_back(":(exclude,literal)" + path);
  return paths;
}

void check_sizes(const Repository& repository, const std::vector<std::string>& environment,
                 const std::vector<std::string>& paths) {
  std::vector<std::string> arguments = {"ls-files", "-z", "--others", "--exclude-standard"};
  arguments.insert(arguments.end(), paths.begin(), paths.end());
  const std::string listing = run_git({.arguments = std::move(arguments),
                                       .environment = environment,
                                       .folder = repository.work_folder()},
                                      "cannot list the untracked files");
  for (const std::string& path : split(listing, '\0')) {
    struct stat info;
    if (path.empty() || ::lstat((repository.work_folder() / path).c_str(), &info) != 0) continue;
    if (!S_ISREG(info.st_mode) || info.st_size <= kUntrackedBytesMax) continue;
    fail_with_hint(ErrorKind::failed, "add it to .gitignore, or move it out of the work folder",
                   "the untracked file '{}' has {}, a snapshot takes at most {} a file", sanitize(path),
                   bytes_text(info.st_size), bytes_text(kUntrackedBytesMax));
  }
}

void stage(const Repository& repository, const std::vector<std::string>& environment, const char* what,
           const std::vector<std::string>& paths) {
  std::vector<std::string> arguments = {"-c", "core.splitIndex=false", "-c", "advice.addEmbeddedRepo=false",
                                        "add", what};
  arguments.insert(arguments.end(), paths.begin(), paths.end());
  run_git({.arguments = std::move(arguments), .environment = environment, .folder = repository.work_folder()},
          "cannot record the work folder");
}

// The tree of the work folder, through a copy of the index, so that unchanged files are not read again.
ObjectId tree_of_work_folder(const Repository& repository, const std::vector<std::string>& left_out) {
  const TemporaryFolder folder("snapshot", repository.ain_folder());
  const fs::path index = folder.path() / "index";
  GitIndex current;
  check(git_repository_index(out(current), repository.raw()), "cannot read the index");
  if (const char* path = git_index_path(current.get()); path != nullptr && fs::exists(path)) {
    // git tells by the index's own time which files may have changed after it without a trace: of the same
    // size, within its second.
    std::error_code code;
    const fs::file_time_type written = fs::last_write_time(path, code);
    if (!code) fs::copy_file(path, index, code);
    if (!code) fs::last_write_time(index, written, code);
    if (code) {
      errno = code.value();
      fail_errno("cannot copy the index");
    }
  }

  std::vector<std::string> environment = user_environment(repository);
  std::erase_if(environment, [](const std::string& entry) { return entry.starts_with("GIT_INDEX_FILE="); });
  environment.push_back("GIT_INDEX_FILE=" + index.string());
  const std::vector<std::string> paths = all_but(left_out);
  check_sizes(repository, environment, paths);
  stage(repository, environment, "--all", paths);
  // What is tracked there was left out with the rest.
  if (!left_out.empty()) stage(repository, environment, "--update", all_but({}));
  const std::string tree =
      run_git({.arguments = {"write-tree"}, .environment = environment, .folder = repository.work_folder()},
              "cannot write the tree of the work folder");
  return std::string(trim(tree));
}

int64_t count_changes(const Repository& repository, const ObjectId& before, const ObjectId& after) {
  const git_oid old_oid = to_oid(before);
  const git_oid new_oid = to_oid(after);
  GitTree old_tree;
  GitTree new_tree;
  check(git_tree_lookup(out(old_tree), repository.raw(), &old_oid),
        fmt::format("cannot read tree '{}'", before));
  check(git_tree_lookup(out(new_tree), repository.raw(), &new_oid),
        fmt::format("cannot read tree '{}'", after));
  GitDiff diff;
  git_diff_options options = GIT_DIFF_OPTIONS_INIT;
  options.flags = GIT_DIFF_INCLUDE_TYPECHANGE;  // one change, not a deletion and an addition
  check(git_diff_tree_to_tree(out(diff), repository.raw(), old_tree.get(), new_tree.get(), &options),
        "cannot compare the work folder with HEAD");
  return static_cast<int64_t>(git_diff_num_deltas(diff.get()));
}

}  // namespace

Snapshot snapshot(Repository& repository, const Signer* signer, const std::vector<std::string>& left_out) {
  const std::optional<ObjectId> head = repository.head_commit();
  if (!head) {
    fail_with_hint(ErrorKind::failed, "ain add . && ain commit -m 'first version'",
                   "the repository has no commit yet");
  }
  const CommitObject parent = read_commit(object_store(repository).get(), to_oid(*head));
  const ObjectId head_tree = to_id(parent.tree);
  const std::vector<FileStatus> files = status(repository);
  if (files.empty()) return {*head, head_tree, false, 0};
  for (const FileStatus& file : files) {
    if (is_unmerged(file)) {
      fail_with_hint(ErrorKind::failed, fmt::format("resolve it, then 'ain add {}'", sanitize(file.path)),
                     "'{}' is not merged yet", sanitize(file.path));
    }
  }
  const ObjectId tree = tree_of_work_folder(repository, left_out);
  if (tree == head_tree) return {*head, head_tree, false, 0};
  const Person person = snapshot_person(repository);
  const ObjectId commit = write_commit(repository,
                                       {.tree = tree,
                                        .parents = {*head},
                                        .author = person,
                                        .committer = person,
                                        .time_s = parent.committed_s,
                                        .offset_minutes = parent.offset_minutes,
                                        .message = std::string(kMessage)},
                                       signer);
  repository.set_reference(kSnapshotRefs + commit, commit, "ain: snapshot");
  return {commit, tree, true, count_changes(repository, head_tree, tree)};
}

}  // namespace ain::repo
