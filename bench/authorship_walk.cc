// Walks a repository's history as repo/walk does, and says what it took, as one line of JSON:
//   authorship_walk FOLDER REVISION UNIT [THREADS]      the whole history, nothing stored
//   authorship_walk FOLDER REVISION UNIT keep           the whole history; only what came of the commits on stdin is stored
//   authorship_walk FOLDER REVISION UNIT each           one commit after the other as `git rev-list --reverse` on stdin lists them, each
//                                                       from what is stored of its parents, opened anew and stored
// UNIT: line, line-w or token, with "-nofollow" or without.
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <iostream>

#include "base/encoding.h"
#include "repo/walk/attributed.h"

using namespace ain::repo;

namespace {

class Clock {
 public:
  double seconds() const { return std::chrono::duration<double>(std::chrono::steady_clock::now() - started_).count(); }

 private:
  std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
};

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

void walk_whole(const Repository& repository, const std::string& revision, Variant variant, unsigned threads) {
  Names names;
  const Nodes nodes(names);
  const Clock clock;
  WalkHooks hooks;
  hooks.threads = threads;
  const NodePtr root = walk(repository, repository.resolve_commit(revision), variant, nodes, hooks);
  const double seconds = clock.seconds();
  Totals totals;
  count(nodes, *root, totals);
  const std::string digest = ain::to_hex(nodes.hash(*root));
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  std::printf(R"({"seconds":%.3f,"memory_mb":%ld,"files":%zu,"runs":%zu,"units":%zu,"root":"%s"})" "\n", seconds,
              usage.ru_maxrss / 1024, totals.files, totals.runs, totals.units, digest.c_str());
}

void walk_and_keep(const Repository& repository, const std::string& revision, Variant variant) {
  OidMap<bool> wanted;
  std::string commit;
  while (std::getline(std::cin, commit)) wanted[to_oid(commit)] = true;
  Names names;
  NodeStore store(repository.ain_folder() / "authorship.db", variant);
  const Nodes nodes(names, &store);
  ain::SqlTransaction writing(store.database());
  WalkHooks hooks;
  hooks.made = [&](const HistoryCommit& made, const std::vector<NodePtr>&, const NodePtr& root, size_t, size_t) {
    if (wanted.contains(made.oid)) store.save_state(nodes, made.oid, root, nullptr, nullptr);
  };
  walk(repository, repository.resolve_commit(revision), variant, nodes, hooks);
  writing.commit();
}

void walk_each(const Repository& repository, Variant variant) {
  std::vector<double> times;
  std::string commit;
  while (std::getline(std::cin, commit)) {
    const Clock clock;
    AttributedHistory history(repository, variant);
    history.root(commit);
    times.push_back(clock.seconds() * 1000);
  }
  std::sort(times.begin(), times.end());
  const auto at = [&](size_t percent) { return times[std::min(times.size() - 1, times.size() * percent / 100)]; };
  std::printf(R"({"n":%zu,"p50_ms":%.3f,"p90_ms":%.3f,"p99_ms":%.3f,"max_ms":%.3f})" "\n", times.size(), at(50), at(90), at(99),
              times.back());
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) return 2;
  const std::string unit = argv[3];
  Variant variant{.unit = Unit::line, .follow = unit.find("-nofollow") == unit.npos};
  if (unit.starts_with("line-w")) variant.unit = Unit::line_ignoring_space;
  if (unit.starts_with("token")) variant.unit = Unit::token;
  try {
    const auto repository = Repository::discover(argv[1]);
    if (!repository) ain::fail(ain::ErrorKind::failed, "there is no repository in '{}'", argv[1]);
    const std::string mode = argc > 4 ? argv[4] : "0";
    if (mode == "each") walk_each(*repository, variant);
    else if (mode == "keep") walk_and_keep(*repository, argv[2], variant);
    else walk_whole(*repository, argv[2], variant, static_cast<unsigned>(std::atoi(mode.c_str())));
  } catch (const ain::Error& error) {
    std::fprintf(stderr, "error: %s\n", error.what());
    return 1;
  }
}
