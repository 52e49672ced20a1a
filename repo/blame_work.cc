// `git blame` without a revision: the work folder's file, seen from the commits that it goes on from.
#include <unistd.h>

#include "base/files.h"
#include "base/text.h"
#include "repo/blame.h"
#include "repo/text_file.h"
#include "repo/walk/history.h"
#include "repo/walk/line_diff.h"
#include "repo/walk/renames.h"
#include "repo/walk/units.h"

namespace ain::repo {
namespace {

constexpr size_t kLinkBytesMax = 4096;

// Objects, and a file that is none yet.
class WithFile final : public ObjectSource {
 public:
  WithFile(const Repository& repository, std::string text)
      : odb_(repository), text_(std::make_shared<const std::string>(std::move(text))) {
    check(git_odb_hash(&oid_, text_->data(), text_->size(), GIT_OBJECT_BLOB), "cannot hash a file");
  }
  Bytes read(const git_oid& oid, git_object_t type, size_t bytes_max) override {
    return type == GIT_OBJECT_BLOB && git_oid_equal(&oid, &oid_) != 0 ? text_ : odb_.read(oid, type, bytes_max);
  }
  const git_oid& oid() const { return oid_; }

 private:
  OdbSource odb_;
  Bytes text_;
  git_oid oid_{};
};

std::string read_link(const std::filesystem::path& file) {
  std::string target(kLinkBytesMax, '\0');
  const ssize_t size = readlink(file.c_str(), target.data(), target.size());
  if (size < 0) fail_errno(fmt::format("cannot read '{}'", sanitize(file.string())));
  target.resize(static_cast<size_t>(size));
  return target;
}

// As it would be committed: with git's line ends.
std::string read_work_file(const Repository& repository, const std::string& path) {
  const std::filesystem::path file = repository.work_folder() / path;
  if (std::filesystem::is_symlink(file)) return read_link(file);
  const std::string raw = read_file(file, kLineBlobBytesMax);
  git_filter_list* filters = nullptr;
  check(git_filter_list_load(&filters, repository.raw(), nullptr, path.c_str(), GIT_FILTER_TO_ODB, GIT_FILTER_ALLOW_UNSAFE),
        "cannot find out how git reads '" + path + "'");
  const Handle<git_filter_list, git_filter_list_free> held(filters);
  GitBuffer text;
  check(git_filter_list_apply_to_buffer(&text.raw, filters, raw.data(), raw.size()), "cannot read '" + path + "' as git does");
  return std::string(text.view());
}

std::vector<ObjectId> parents_of_work(const Repository& repository) {
  const auto head = repository.head_commit();
  if (!head) fail(ErrorKind::failed, "there is no commit yet");
  std::vector<ObjectId> parents = {*head};
  const auto merged = read_file_if_exists(std::filesystem::path(git_repository_path(repository.raw())) / "MERGE_HEAD");
  for (const std::string& line : split(merged.value_or(""), '\n')) {
    if (line.size() == parents[0].size()) parents.push_back(line);
  }
  return parents;
}

GitIndex read_index(const Repository& repository) {
  GitIndex index;
  check(git_repository_index(out(index), repository.raw()), "cannot read the index");
  check(git_index_read(index.get(), 0), "cannot read the index");  // others write it
  return index;
}

bool is_staged(git_index* index, const std::string& path) {
  size_t at = 0;
  return git_index_find(&at, index, path.c_str()) == 0;
}

// The path that the work folder's file has in `parent`; with `follow` also what was renamed to it in the index.
std::optional<std::string> path_in(const Repository& repository, const ObjectId& parent, const std::string& path, const std::string& text,
                                   bool follow) {
  if (has_file(repository, parent, path)) return path;
  if (!follow) return std::nullopt;
  const GitIndex index = read_index(repository);
  WithFile source(repository, text);
  TreeReader trees(source);
  RenameFinder renames(source);
  std::vector<PathVersion> files = RemovedFiles(trees, read_history_commit(source, to_oid(parent)).tree, nullptr).all();
  std::erase_if(files, [&](const PathVersion& version) { return is_staged(index.get(), version.path); });
  const RemovedFiles removed(std::move(files));
  const PathVersion* from = renames.find(removed, {path, source.oid(), EntryKind::file});
  return from != nullptr ? std::optional(from->path) : std::nullopt;
}

// Where a line came from.
struct Origin {
  const BlameGroup* group = nullptr;
  uint32_t original_line = 0;
};

std::vector<Origin> origins_of(const Blame& blame) {
  std::vector<Origin> origins;
  for (const BlameGroup& group : blame.groups) {
    for (uint32_t i = 0; i < group.count; ++i) origins.push_back({&group, group.original_line + i});
  }
  return origins;
}

void add_line(std::vector<BlameGroup>& groups, BlameGroup line) {
  if (!groups.empty()) {
    BlameGroup& last = groups.back();
    if (last.commit == line.commit && last.path == line.path && last.original_line + last.count == line.original_line) {
      ++last.count;
      return;
    }
  }
  groups.push_back(std::move(line));
}

Blame go_on(std::string text, const std::string& path, const std::vector<Blame>& parents, bool ignore_space) {
  const Lines lines(text);
  std::vector<Origin> origins(lines.count);
  for (const Blame& parent : parents) {
    const std::vector<Origin> theirs = origins_of(parent);
    for (const Match& match : match_lines(Lines(parent.text), lines, ignore_space)) {
      for (uint32_t i = 0; i < match.count; ++i) {
        Origin& mine = origins.at(match.new_at + i);
        if (mine.group == nullptr) mine = theirs.at(match.old_at + i);
      }
    }
  }
  Blame result{.text = std::move(text)};
  for (uint32_t i = 0; i < origins.size(); ++i) {
    const Origin& origin = origins[i];
    if (origin.group == nullptr) add_line(result.groups, {kUncommitted, path, i + 1, i + 1, 1});
    else add_line(result.groups, {origin.group->commit, origin.group->path, origin.original_line, i + 1, 1});
  }
  return result;
}

}  // namespace

Blame blame_work_folder(const Repository& repository, const std::string& path, const BlameOptions& options,
                        const WalkReport& report) {
  const std::vector<ObjectId> parents = parents_of_work(repository);
  const bool committed = std::any_of(parents.begin(), parents.end(),
                                     [&](const ObjectId& parent) { return has_file(repository, parent, path); });
  if (!committed && !is_staged(read_index(repository).get(), path)) {
    fail_with_hint(ErrorKind::failed, "the files that are there: git ls-files", "no such path '{}' in HEAD", sanitize(path));
  }
  std::string text = read_work_file(repository, path);
  std::vector<Blame> blames;
  for (const ObjectId& parent : parents) {
    const auto there = path_in(repository, parent, path, text, options.follow);
    if (!there) continue;
    Blame before = blame(repository, parent, *there, options, report);
    if (before.text == text) return before;
    blames.push_back(std::move(before));
  }
  return go_on(std::move(text), path, blames, options.ignore_space);
}

std::optional<FileVersion> version_before_work(const Repository& repository, const std::string& path, bool follow) {
  const std::string text = read_work_file(repository, path);
  for (const ObjectId& parent : parents_of_work(repository)) {
    if (const auto there = path_in(repository, parent, path, text, follow)) return FileVersion{parent, *there};
  }
  return std::nullopt;
}

}  // namespace ain::repo
