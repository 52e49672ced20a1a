#include <algorithm>

#include "repo/libgit.h"
#include "repo/snapshot.h"

namespace ain::repo {
namespace {

char staged_letter(unsigned flags) {
  if (flags & GIT_STATUS_INDEX_NEW) return 'A';
  if (flags & GIT_STATUS_INDEX_DELETED) return 'D';
  if (flags & GIT_STATUS_INDEX_TYPECHANGE) return 'T';
  if (flags & GIT_STATUS_INDEX_MODIFIED) return 'M';
  return ' ';
}

char unstaged_letter(unsigned flags) {
  if (flags & GIT_STATUS_WT_DELETED) return 'D';
  if (flags & GIT_STATUS_WT_TYPECHANGE) return 'T';
  if (flags & (GIT_STATUS_WT_MODIFIED | GIT_STATUS_WT_UNREADABLE)) return 'M';
  return ' ';
}

// git's two letters for an unmerged path, by which of ancestor, ours and theirs exist.
void add_conflicts(const Repository& repository, std::vector<FileStatus>& result) {
  GitIndex index;
  check(git_repository_index(out(index), repository.raw()), "cannot read the index");
  if (git_index_has_conflicts(index.get()) == 0) return;
  GitConflicts conflicts;
  check(git_index_conflict_iterator_new(out(conflicts), index.get()), "cannot read the index");
  for (;;) {
    const git_index_entry* ancestor = nullptr;
    const git_index_entry* ours = nullptr;
    const git_index_entry* theirs = nullptr;
    const int code = git_index_conflict_next(&ancestor, &ours, &theirs, conflicts.get());
    if (code == GIT_ITEROVER) return;
    check(code, "cannot read the index");
    static constexpr const char* letters[] = {"  ", "DD", "AU", "UD", "UA", "DU", "AA", "UU"};
    const char* pair = letters[(ancestor ? 1 : 0) | (ours ? 2 : 0) | (theirs ? 4 : 0)];
    const git_index_entry* any = ancestor ? ancestor : ours ? ours : theirs;
    result.push_back({any->path, pair[0], pair[1]});
  }
}

// libgit2 takes a repository inside the work folder that is no submodule for ignored; git lists it as
// untracked.
bool is_untracked_repository(const Repository& repository, const git_status_entry* entry) {
  if (entry->status != GIT_STATUS_IGNORED || entry->index_to_workdir == nullptr) return false;
  const std::string path = entry->index_to_workdir->new_file.path;
  if (!path.ends_with('/') || !std::filesystem::exists(repository.work_folder() / path / ".git"))
    return false;
  int ignored = 0;
  check(git_ignore_path_is_ignored(&ignored, repository.raw(), path.c_str()), "cannot read the ignore rules");
  return ignored == 0;
}

}  // namespace

std::vector<FileStatus> status(const Repository& repository) {
  if (repository.work_folder().empty()) fail(ErrorKind::failed, "a bare repository has no work folder");
  git_status_options options = GIT_STATUS_OPTIONS_INIT;
  options.flags = GIT_STATUS_OPT_INCLUDE_UNTRACKED | GIT_STATUS_OPT_INCLUDE_IGNORED |
                  GIT_STATUS_OPT_SORT_CASE_SENSITIVELY;
  GitStatusList list;
  check(git_status_list_new(out(list), repository.raw(), &options),
        "cannot read the state of the work folder");
  std::vector<FileStatus> result;
  for (size_t i = 0; i < git_status_list_entrycount(list.get()); ++i) {
    const git_status_entry* entry = git_status_byindex(list.get(), i);
    const unsigned flags = entry->status;
    if (flags & GIT_STATUS_CONFLICTED) continue;
    const git_diff_delta* delta = entry->head_to_index ? entry->head_to_index : entry->index_to_workdir;
    const char* path = delta->old_file.path ? delta->old_file.path : delta->new_file.path;
    const char staged = staged_letter(flags);
    const char unstaged = unstaged_letter(flags);
    if (staged != ' ' || unstaged != ' ') result.push_back({path, staged, unstaged});
    if ((flags & GIT_STATUS_WT_NEW) || is_untracked_repository(repository, entry)) {
      result.push_back({entry->index_to_workdir ? entry->index_to_workdir->new_file.path : path, '?', '?'});
    }
  }
  add_conflicts(repository, result);
  std::sort(result.begin(), result.end(), [](const FileStatus& a, const FileStatus& b) {
    const bool a_new = a.staged == '?';
    const bool b_new = b.staged == '?';
    return std::tie(a.path, a_new) < std::tie(b.path, b_new);
  });
  return result;
}

}  // namespace ain::repo
