#include "repo/walk/attributed.h"

namespace ain::repo {
namespace {

std::filesystem::path store_file(const Repository& repository) { return repository.ain_folder() / "authorship.db"; }

std::optional<NodeStore> open_store(const Repository& repository, Variant variant) {
  if (!shallow_commits(repository).empty()) return std::nullopt;
  try {
    return std::optional<NodeStore>(std::in_place, store_file(repository), variant);
  } catch (const Error&) {
    return std::nullopt;
  }
}

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
  std::optional<SqlTransaction> writing;
  OidMap<NodePtr> recent;  // the states that were stored in this walk, by commit
  const auto save = [&](const HistoryCommit& made, const NodePtr& root) {
    if (!store_) return;
    NodeStore::guarded([&] {
      if (!writing) writing.emplace(store_->database());
      const git_oid* base = made.parents.empty() ? nullptr : &made.parents.front();
      NodePtr base_root = base ? (recent.contains(*base) ? recent[*base] : store_->state(nodes_, *base)) : nullptr;
      store_->save_state(nodes_, made.oid, root, base_root ? base : nullptr, base_root);
      recent[made.oid] = root;
    });
  };
  hooks.known = [&](const git_oid& oid) {
    return store_ ? NodeStore::guarded([&] { return store_->state(nodes_, oid); }) : nullptr;
  };
  hooks.made = [&](const HistoryCommit& made, const NodePtr& root, size_t number, size_t total) {
    if (number + kRecentStates >= total) save(made, root);
  };
  hooks.left = save;
  NodePtr root = walk(repository_, commit, variant_, nodes_, hooks);
  if (writing) NodeStore::guarded([&] { writing->commit(); });
  writing.reset();
  if (root == nullptr) {
    throw Error(ErrorKind::stopped, "stopped; what was done is kept", "the same command goes on from there");
  }
  if (store_) {
    NodeStore::guarded([&] {
      if (store_->is_too_large()) store_->keep_only(nodes_, to_oid(commit), root);
    });
  }
  return root;
}

}  // namespace ain::repo
