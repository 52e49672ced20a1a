#include "repo/walk/attributed.h"

#include <chrono>
#include <unordered_set>

namespace ain::repo {
namespace {

constexpr int kCheckpointShare = 50;  // a checkpoint waits for so many times what the last one took: 2 % of a walk at most

std::filesystem::path store_file(const Repository& repository) { return repository.ain_folder() / "authorship.db"; }

std::optional<NodeStore> open_store(const Repository& repository, Variant variant) {
  if (!shallow_commits(repository).empty()) return std::nullopt;
  try {
    return std::optional<NodeStore>(std::in_place, store_file(repository), variant);
  } catch (const Error&) {
    return std::nullopt;
  }
}

// Stores results while a walk goes on. Throws DamagedStore.
class Keeper {
 public:
  Keeper(NodeStore& store, const Nodes& nodes, int64_t checkpoint_ms)
      : store_(store), nodes_(nodes), checkpoint_every_(checkpoint_ms), next_checkpoint_(Clock::now() + checkpoint_every_) {}

  // Told from its first parent where that is stored: neighbours take little room.
  void save(const HistoryCommit& made, const std::vector<NodePtr>& parents, const NodePtr& root) {
    write([&] {
      const bool has_base = !parents.empty();
      store_.save_state(nodes_, made.oid, root, has_base ? &made.parents.front() : nullptr, has_base ? parents.front() : nullptr);
      saved_.insert(made.oid);
    });
  }
  bool is_checkpoint_due() const { return Clock::now() >= next_checkpoint_; }
  // From `results` the walk can be taken up again, whatever happens to this process.
  void checkpoint(const WalkResults& results) {
    const Clock::time_point began = Clock::now();
    write([&] {
      if (store_.is_too_large()) drop_all_but(results);
      for (const auto& [commit, root] : results) {
        if (!saved_.contains(commit)) store_.save_state(nodes_, commit, root, nullptr, nullptr);
      }
    });
    end_writing();
    const Clock::time_point now = Clock::now();
    next_checkpoint_ = now + std::max<Clock::duration>(checkpoint_every_, kCheckpointShare * (now - began));
  }

  // Of a store that has grown too large only the walk's result is left.
  void finish(const git_oid& commit, const NodePtr& root) {
    end_writing();
    if (NodeStore::guarded([&] { return store_.is_too_large(); })) checkpoint({{commit, root}});
  }

 private:
  using Clock = std::chrono::steady_clock;

  template <typename Act>
  void write(Act act) {
    if (!may_write()) return;
    NodeStore::guarded(act);
  }
  // Where another program writes for so long, or nobody may, nothing of this walk is stored.
  bool may_write() {
    if (writing_ || gave_up_) return !gave_up_;
    try {
      writing_.emplace(store_.database());
    } catch (const Error& error) {
      if (error.kind() == ErrorKind::exhausted) throw;
      if (error.kind() == ErrorKind::verification) throw DamagedStore(error.kind(), error.message());
      gave_up_ = true;
    }
    return !gave_up_;
  }
  void end_writing() {
    if (writing_) NodeStore::guarded([&] { writing_->commit(); });
    writing_.reset();
  }
  void drop_all_but(const WalkResults& results) {
    std::vector<NodePtr> roots;
    for (const auto& result : results) roots.push_back(result.second);
    store_.clear(nodes_, roots);
    saved_.clear();
  }

  NodeStore& store_;
  const Nodes& nodes_;
  const std::chrono::milliseconds checkpoint_every_;
  Clock::time_point next_checkpoint_;
  std::optional<SqlTransaction> writing_;
  bool gave_up_ = false;
  std::unordered_set<git_oid, OidHash, OidEqual> saved_;  // by save(); their roots are not kept: large folders would fill the memory
};

}  // namespace

AttributedHistory::AttributedHistory(const Repository& repository, Variant variant)
    : repository_(repository),
      variant_(variant),
      store_(open_store(repository, variant)),
      nodes_(names_, store_ ? &*store_ : nullptr) {}

NodePtr AttributedHistory::root(const ObjectId& commit, const WalkReport& report) {
  if (!repository_.has_commit(commit)) fail(ErrorKind::failed, "commit '{}' is not in this repository", commit);
  try {
    return walk_and_store(commit, report);
  } catch (const DamagedStore&) {
    start_over();
    return walk_and_store(commit, report);
  }
}

void AttributedHistory::start_over() {
  store_.reset();
  NodeStore::remove(store_file(repository_));
  try {
    store_.emplace(store_file(repository_), variant_);
  } catch (const Error&) {
    // Then nothing is kept, as in a repository that cannot be written to.
  }
}

NodePtr AttributedHistory::walk_and_store(const ObjectId& commit, const WalkReport& report) {
  WalkHooks hooks{.progress = report.progress, .stop = report.stop, .threads = report.threads};
  std::optional<Keeper> keeper;
  if (store_) {
    keeper.emplace(*store_, nodes_, report.checkpoint_ms);
    hooks.known = [&](const git_oid& oid) { return NodeStore::guarded([&] { return store_->state(nodes_, oid); }); };
    hooks.made = [&](const HistoryCommit& made, const std::vector<NodePtr>& parents, const NodePtr& root, size_t number, size_t total) {
      if (number + kRecentStates >= total) keeper->save(made, parents, root);
    };
    hooks.checkpoint = [&] { return keeper->is_checkpoint_due(); };
    hooks.left = [&](const WalkResults& results) { keeper->checkpoint(results); };
  }
  NodePtr root = walk(repository_, commit, variant_, nodes_, hooks);
  if (root == nullptr) {
    throw Error(ErrorKind::stopped, "stopped; what was done is kept", "the same command goes on from there");
  }
  if (keeper) keeper->finish(to_oid(commit), root);
  return root;
}

}  // namespace ain::repo
