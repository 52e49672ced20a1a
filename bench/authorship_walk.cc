// Walks a repository's history as repo/walk does, and says what it took: authorship_walk FOLDER REVISION UNIT [THREADS]
// UNIT: line, line-w, token, each with "-nofollow" or without. Prints one line of JSON.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <sys/resource.h>

#include "base/encoding.h"
#include "repo/repository.h"
#include "repo/walk/attributed.h"

using namespace ain::repo;

namespace {

struct Totals {
  size_t files = 0, runs = 0, units = 0;
};

void count(const Nodes& nodes, const Node& folder, Totals& totals) {
  for (const Entry& entry : nodes.entries(folder)) {
    if (!entry.node) continue;
    if (entry.kind == EntryKind::folder) {
      count(nodes, *entry.node, totals);
      continue;
    }
    ++totals.files;
    totals.runs += nodes.runs(*entry.node).size();
    for (const Run& run : nodes.runs(*entry.node)) totals.units += run.count;
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) return 2;
  const std::string unit = argv[3];
  Variant variant;
  variant.follow = unit.find("-nofollow") == unit.npos;
  if (unit.starts_with("line-w")) variant.unit = Unit::line_ignoring_space;
  if (unit.starts_with("token")) variant.unit = Unit::token;
  const auto repository = Repository::discover(argv[1]);
  if (!repository) return 1;
  Names names;
  const Nodes nodes(names);
  const auto started = std::chrono::steady_clock::now();
  const auto seconds = [&] { return std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count(); };
  WalkHooks hooks;
  if (argc > 4) hooks.threads = static_cast<unsigned>(std::atoi(argv[4]));
  try {
    const NodePtr root = walk(*repository, repository->resolve_commit(argv[2]), variant, nodes, hooks);
    const double walked = seconds();
    Totals totals;
    count(nodes, *root, totals);
    const std::string digest = ain::to_hex(nodes.hash(*root));
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    std::printf(R"({"seconds":%.2f,"hashed":%.2f,"memory_mb":%ld,"files":%zu,"runs":%zu,"units":%zu,"root":"%s"})" "\n", walked,
                seconds(), usage.ru_maxrss / 1024, totals.files, totals.runs, totals.units, digest.c_str());
  } catch (const ain::Error& error) {
    std::fprintf(stderr, "error: %s\n", error.what());
    return 1;
  }
}
