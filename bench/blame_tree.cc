// Blames every file of a commit in one go: blame_tree FOLDER REVISION [-w] [--follow]
// For each file its path, then a record for each group of lines, "COMMIT ORIGINAL-LINE COUNT ORIGINAL-PATH", then an empty one; all of
// them end in a NUL. scripts/blame-agreement compares them with git's.
#include <cstdio>
#include <cstring>

#include "repo/repository.h"
#include "repo/walk/attributed.h"

using namespace ain::repo;

namespace {

void print(AttributedHistory& history, const NodePtr& folder, const std::string& path) {
  for (const Entry& entry : history.nodes().entries(*folder)) {
    if (!entry.node) continue;
    const std::string below = path + *entry.name;
    if (entry.kind == EntryKind::folder) {
      print(history, entry.node, below + "/");
      continue;
    }
    std::printf("%s%c", below.c_str(), 0);
    for (const Run& run : history.nodes().runs(*entry.node)) {
      std::printf("%s %u %u %s%c", to_id(history.names().commit_at(run.origin)).c_str(), run.position + 1, run.count,
                  history.names().path_at(run.path).c_str(), 0);
    }
    std::printf("%c", 0);
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  Variant variant{Unit::line, false};
  for (int i = 3; i < argc; ++i) {
    if (std::strcmp(argv[i], "-w") == 0) variant.unit = Unit::line_ignoring_space;
    if (std::strcmp(argv[i], "--follow") == 0) variant.follow = true;
  }
  try {
    const auto repository = Repository::discover(argv[1]);
    if (!repository) return 2;
    AttributedHistory history(*repository, variant);
    print(history, history.root(repository->resolve_commit(argv[2])), "");
  } catch (const ain::Error& error) {
    std::fprintf(stderr, "error: %s\n", error.what());
    return 1;
  }
}
