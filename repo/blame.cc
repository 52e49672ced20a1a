#include "repo/blame.h"

#include <algorithm>

#include "base/text.h"
#include "repo/walk/attributed.h"
#include "repo/walk/renames.h"
#include "repo/walk/token_text.h"

namespace ain::repo {
namespace {

bool is_file(EntryKind kind) { return kind == EntryKind::file || kind == EntryKind::link; }

// The file at a path of a commit's attributed tree.
struct AttributedFile {
  std::string text;
  Runs runs;
};

AttributedFile read_attributed(AttributedHistory& history, const Repository& repository, const ObjectId& commit,
                               const std::string& path, const WalkReport& report) {
  return history.with_root(commit, report, [&](const NodePtr& root) -> AttributedFile {
    const Entry* entry = history.nodes().find_path(root, path);
    if (entry == nullptr || !is_file(entry->kind)) {
      fail(ErrorKind::failed, "there is no file '{}' in commit '{}'", sanitize(path), commit.substr(0, 12));
    }
    const Bytes bytes = OdbSource(repository).read(entry->oid, GIT_OBJECT_BLOB, kLineBlobBytesMax);
    if (bytes == nullptr) {
      fail(ErrorKind::failed, "'{}' is larger than {}, too large to be told line by line", sanitize(path),
           bytes_text(static_cast<int64_t>(kLineBlobBytesMax)));
    }
    return {*bytes, entry->node ? history.nodes().runs(*entry->node) : Runs()};
  });
}

const TreeItem* find_item(TreeReader& trees, const git_oid& root, std::string_view path, ParsedTreePtr& holder) {
  holder = trees.read(root);
  for (;;) {
    const size_t slash = path.find('/');
    const TreeItem* item = holder->find(path.substr(0, slash));
    if (item == nullptr || slash == path.npos) return item;
    if (item->kind != EntryKind::folder) return nullptr;
    holder = trees.read(item->oid);
    path.remove_prefix(slash + 1);
  }
}

// Commits' files, by path, and what they were called before.
class Files {
 public:
  explicit Files(const Repository& repository)
      : source_(repository), trees_(source_), renames_(source_), border_(shallow_commits(repository)) {}

  std::optional<PathVersion> find(const git_oid& tree, const std::string& path) {
    ParsedTreePtr holder;
    const TreeItem* item = find_item(trees_, tree, path, holder);
    return item != nullptr ? std::optional(PathVersion{path, item->oid, item->kind}) : std::nullopt;
  }
  git_oid tree_of(const git_oid& commit) { return read_history_commit(source_, commit).tree; }

  std::optional<FileVersion> previous(const FileVersion& version, bool follow) {
    const HistoryCommit commit = read_history_commit(source_, to_oid(version.commit));
    const bool is_border = std::any_of(border_.begin(), border_.end(), [&](const git_oid& oid) {
      return git_oid_equal(&oid, &commit.oid) != 0;
    });
    const auto file = find(commit.tree, version.path);
    if (is_border || !file) return std::nullopt;
    for (const git_oid& parent : commit.parents) {
      if (const auto path = path_in(tree_of(parent), commit.tree, *file, follow)) return FileVersion{to_id(parent), *path};
    }
    return std::nullopt;
  }

 private:
  std::optional<std::string> path_in(const git_oid& parent_tree, const git_oid& tree, const PathVersion& file, bool follow) {
    const auto was = find(parent_tree, file.path);
    if (was && was->kind == file.kind) return file.path;
    if ((was && was->kind != EntryKind::folder) || !follow) return std::nullopt;
    const RemovedFiles removed(trees_, parent_tree, &tree);
    const PathVersion* from = renames_.find(removed, file);
    return from != nullptr ? std::optional(from->path) : std::nullopt;
  }

  OdbSource source_;
  TreeReader trees_;
  RenameFinder renames_;
  std::vector<git_oid> border_;
};

// Hands out the atoms of a file, in order, to the runs that they belong to.
class TokenSplitter {
 public:
  TokenSplitter(const AttributedFile& file, const Names& names, Owners& owners) : file_(file), names_(names), owners_(owners) {}

  std::vector<TokenRun> split() {
    uint32_t line_begin = 0;
    uint32_t line = 1;
    uint32_t seen = 0;
    each_atom(file_.text, [&](const Atom& atom) {
      for (; seen < atom.begin; ++seen) {
        if (file_.text[seen] != '\n') continue;
        line_begin = seen + 1;
        ++line;
      }
      take(atom.begin - line_begin, atom.end - line_begin, line);
    });
    return std::move(result_);
  }

 private:
  void take(uint32_t begin, uint32_t end, uint32_t line) {
    while (run_ < file_.runs.size() && used_ == file_.runs[run_].count) {
      ++run_;
      used_ = 0;
    }
    AIN_ASSERT(run_ < file_.runs.size());
    const Run& run = file_.runs[run_];
    const ObjectId commit = to_id(names_.commit_at(run.origin));
    size_t owner = 0;
    owners_.split(commit, names_.path_at(run.path), run.position + used_, 1, [&](size_t number, uint32_t) { owner = number; });
    ++used_;
    TokenRun* last = result_.empty() ? nullptr : &result_.back();
    if (last != nullptr && last->line == line && last->commit == commit && last->owner == owner) last->end = end;
    else result_.push_back({commit, owner, line, begin, end});
  }

  const AttributedFile& file_;
  const Names& names_;
  Owners& owners_;
  std::vector<TokenRun> result_;
  size_t run_ = 0;
  uint32_t used_ = 0;  // of its units
};

std::optional<PathVersion> find_in(const Repository& repository, const ObjectId& commit, const std::string& path) {
  Files files(repository);
  return files.find(files.tree_of(to_oid(commit)), path);
}

}  // namespace

Blame blame(const Repository& repository, const ObjectId& commit, const std::string& path, const BlameOptions& options,
            const WalkReport& report) {
  const Unit unit = options.ignore_space ? Unit::line_ignoring_space : Unit::line;
  AttributedHistory history(repository, {unit, options.follow});
  AttributedFile file = read_attributed(history, repository, commit, path, report);
  Blame result;
  result.text = std::move(file.text);
  uint32_t line = 1;
  for (const Run& run : file.runs) {
    result.groups.push_back({to_id(history.names().commit_at(run.origin)), history.names().path_at(run.path),
                             run.position + 1, line, run.count});
    line += run.count;
  }
  return result;
}

TokenBlame blame_tokens(const Repository& repository, const std::optional<Identity>& identity, const ObjectId& commit,
                        const std::string& path, bool follow, const WalkReport& report) {
  AttributedHistory history(repository, {Unit::token, follow});
  AttributedFile file = read_attributed(history, repository, commit, path, report);
  TokenBlame result;
  if (!file.runs.empty()) {
    Owners owners(repository, identity, commit);
    result.runs = TokenSplitter(file, history.names(), owners).split();
    for (size_t number = 0; number < owners.owner_count(); ++number) result.owners.push_back(owners.owner(number));
  }
  result.text = std::move(file.text);
  return result;
}

std::vector<std::optional<FileVersion>> previous_versions(const Repository& repository, const std::vector<FileVersion>& versions,
                                                          bool follow) {
  Files files(repository);
  std::vector<std::optional<FileVersion>> result;
  for (const FileVersion& version : versions) result.push_back(files.previous(version, follow));
  return result;
}

bool has_path(const Repository& repository, const ObjectId& commit, const std::string& path) {
  return find_in(repository, commit, path).has_value();
}

bool has_file(const Repository& repository, const ObjectId& commit, const std::string& path) {
  const auto file = find_in(repository, commit, path);
  return file && is_file(file->kind);
}

}  // namespace ain::repo
