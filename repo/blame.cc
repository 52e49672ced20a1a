#include "repo/blame.h"

#include "base/text.h"
#include "repo/walk/attributed.h"

namespace ain::repo {

Blame blame(const Repository& repository, const ObjectId& commit, const std::string& path, const BlameOptions& options,
            const WalkReport& report) {
  const Unit unit = options.ignore_space ? Unit::line_ignoring_space : Unit::line;
  AttributedHistory history(repository, {unit, options.follow});
  const NodePtr root = history.root(commit, report);
  const Entry* entry = history.nodes().find_path(root, path);
  if (entry == nullptr || (entry->kind != EntryKind::file && entry->kind != EntryKind::link)) {
    fail(ErrorKind::failed, "there is no file '{}' in commit '{}'", sanitize(path), commit.substr(0, 12));
  }
  if (entry->node == nullptr) {
    fail(ErrorKind::failed, "'{}' is larger than {}, too large to be told line by line", sanitize(path),
         bytes_text(static_cast<int64_t>(kLineBlobBytesMax)));
  }
  Blame result;
  result.text = *OdbSource(repository).read(entry->oid, GIT_OBJECT_BLOB, kLineBlobBytesMax);
  uint32_t line = 1;
  for (const Run& run : history.nodes().runs(*entry->node)) {
    result.groups.push_back({to_id(history.names().commit_at(run.origin)), history.names().path_at(run.path),
                             run.position + 1, line, run.count});
    line += run.count;
  }
  return result;
}

}  // namespace ain::repo
