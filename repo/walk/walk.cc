#include "repo/walk/walk.h"

#include <condition_variable>
#include <mutex>
#include <system_error>
#include <thread>

#include "base/text.h"
#include "repo/walk/apply.h"
#include "repo/walk/changes.h"
#include "repo/walk/packed.h"

namespace ain::repo {
namespace {

constexpr size_t kBatch = 32;     // neighbouring commits, looked at by one thread: they share versions of files
constexpr size_t kAhead = 1024;   // commits looked at before their turn, at most
constexpr size_t kAheadBytes = size_t{256} << 20;  // of their changes; beyond it only the next one is looked at
constexpr size_t kAloneMax = 64;  // so few commits are not worth a thread

// Looks at commits on threads of its own, ahead of the one who takes their changes in order.
class Scouts {
 public:
  Scouts(const Repository& repository, std::shared_ptr<PackedObjects> packs, Variant variant, std::vector<HistoryCommit>& commits,
         const OidMap<git_oid>& trees, unsigned threads)
      : repository_(repository), packs_(std::move(packs)), variant_(variant), commits_(commits), trees_(trees), changes_(commits.size()) {
    try {
      for (unsigned i = 0; i < threads; ++i) threads_.emplace_back([this] { run(); });
    } catch (const std::system_error&) {
      // The machine gives no more of them: fewer do as well.
    }
  }
  ~Scouts() {
    {
      const std::lock_guard lock(mutex_);
      leaving_ = true;
    }
    room_.notify_all();
    for (std::thread& thread : threads_) thread.join();
  }
  Scouts(const Scouts&) = delete;
  Scouts& operator=(const Scouts&) = delete;

  // Each number once, in order. Throws what went wrong at that commit.
  CommitChange take(size_t number) {
    if (threads_.empty()) {
      if (!alone_) alone_.emplace(*this);
      return look(*alone_, number);
    }
    std::unique_lock lock(mutex_);
    arrived_.wait(lock, [&] { return changes_[number] != nullptr || failure_.contains(number); });
    if (const auto failed = failure_.find(number); failed != failure_.end()) std::rethrow_exception(failed->second);
    const std::unique_ptr<CommitChange> change = std::move(changes_[number]);
    taken_ = number + 1;
    if (is_full() || taken_ % kBatch == 0) room_.notify_all();
    held_bytes_ -= change->memory_bytes;
    return std::move(*change);
  }

 private:
  struct Eye {
    explicit Eye(const Scouts& scouts)
        : source(scouts.repository_, scouts.packs_), finder(source, scouts.variant_, scouts.caches_) {}
    OdbSource source;
    ChangeFinder finder;
  };

  CommitChange look(Eye& eye, size_t number) {
    std::vector<git_oid> parent_trees;
    for (const git_oid& parent : commits_[number].parents) parent_trees.push_back(trees_.at(parent));
    return eye.finder.find(commits_[number], parent_trees, effort_max(static_cast<int64_t>(number)));
  }

  bool is_full() const { return held_bytes_ > kAheadBytes; }
  bool has_room_for(size_t number) const { return number <= taken_ || (number < taken_ + kAhead && !is_full()); }

  void run() {
    std::optional<Eye> eye;
    for (;;) {
      size_t begin = 0;
      {
        std::unique_lock lock(mutex_);
        room_.wait(lock, [&] { return leaving_ || next_ >= commits_.size() || has_room_for(next_); });
        if (leaving_ || next_ >= commits_.size()) return;
        begin = next_;
        next_ += kBatch;
      }
      for (size_t number = begin; number < std::min(begin + kBatch, commits_.size()); ++number) {
        if (!look_and_tell(eye, number)) return;
      }
    }
  }

  bool look_and_tell(std::optional<Eye>& eye, size_t number) {
    std::unique_ptr<CommitChange> change;
    std::exception_ptr failure;
    {
      std::unique_lock lock(mutex_);
      room_.wait(lock, [&] { return leaving_ || number <= taken_ || !is_full(); });
      if (leaving_) return false;
    }
    try {
      if (!eye) eye.emplace(*this);
      change = std::make_unique<CommitChange>(look(*eye, number));
    } catch (...) {
      failure = std::current_exception();
    }
    const std::lock_guard lock(mutex_);
    if (failure) failure_[number] = failure;
    else held_bytes_ += change->memory_bytes;
    changes_[number] = std::move(change);
    arrived_.notify_one();
    return !leaving_ && !failure;
  }

  const Repository& repository_;
  const std::shared_ptr<PackedObjects> packs_;
  const Variant variant_;
  const std::vector<HistoryCommit>& commits_;
  const OidMap<git_oid>& trees_;
  const std::shared_ptr<ChangeCaches> caches_ = std::make_shared<ChangeCaches>();
  std::mutex mutex_;
  std::condition_variable room_;
  std::condition_variable arrived_;
  std::vector<std::unique_ptr<CommitChange>> changes_;
  std::map<size_t, std::exception_ptr> failure_;
  size_t next_ = 0;
  size_t taken_ = 0;
  size_t held_bytes_ = 0;  // of `changes_`
  bool leaving_ = false;
  std::optional<Eye> alone_;
  std::vector<std::thread> threads_;
};

// The results that later commits still need.
class Alive {
 public:
  Alive(const std::vector<HistoryCommit>& commits, const std::function<NodePtr(const git_oid&)>& known) {
    for (const HistoryCommit& commit : commits) places_.emplace(commit.oid, Place{});
    for (const HistoryCommit& commit : commits) {
      for (const git_oid& parent : commit.parents) {
        const auto [at, is_known] = places_.try_emplace(parent);
        if (is_known) at->second.root = known(parent);
        ++at->second.children;
      }
    }
  }
  const NodePtr& root(const git_oid& commit) const { return places_.at(commit).root; }
  WalkResults all() const {
    WalkResults results;
    for (const auto& [commit, place] : places_) {
      if (place.root) results.emplace_back(commit, place.root);
    }
    return results;
  }
  void put(const git_oid& commit, NodePtr root) { places_.at(commit).root = std::move(root); }
  void child_done(const HistoryCommit& child) {
    for (const git_oid& parent : child.parents) {
      Place& place = places_.at(parent);
      if (--place.children == 0) place.root.reset();
    }
  }

 private:
  struct Place {
    NodePtr root;
    uint32_t children = 0;
  };
  OidMap<Place> places_;
};

// The trees of all commits that are walked, and of the known ones that they start from.
OidMap<git_oid> trees_of(ObjectSource& source, const std::vector<HistoryCommit>& commits) {
  OidMap<git_oid> trees;
  for (const HistoryCommit& commit : commits) trees.emplace(commit.oid, commit.tree);
  for (const HistoryCommit& commit : commits) {
    for (const git_oid& parent : commit.parents) {
      if (!trees.contains(parent)) trees.emplace(parent, read_history_commit(source, parent).tree);
    }
  }
  return trees;
}

}  // namespace

NodePtr walk(const Repository& repository, const ObjectId& tip, Variant variant, const Nodes& nodes,
             const WalkHooks& hooks) {
  const git_oid tip_oid = to_oid(tip);
  const TrustedReads trusted;
  const auto packs = std::make_shared<PackedObjects>(repository);
  OdbSource source(repository, packs);
  const auto known = [&](const git_oid& oid) { return hooks.known ? hooks.known(oid) : nullptr; };
  if (NodePtr root = known(tip_oid)) return root;
  std::vector<HistoryCommit> commits =
      read_history(source, tip_oid, [&](const git_oid& oid) { return known(oid) != nullptr; }, shallow_commits(repository));
  const OidMap<git_oid> trees = trees_of(source, commits);
  Alive alive(commits, known);
  const unsigned wanted = hooks.threads > 0 ? hooks.threads : std::max(1U, std::thread::hardware_concurrency());
  Scouts scouts(repository, packs, variant, commits, trees, commits.size() <= kAloneMax ? 0 : wanted);
  const size_t total = commits.size();
  NodePtr root;
  int64_t effort = 0;
  for (size_t number = 0; number < total; ++number) {
    if (hooks.progress) hooks.progress(static_cast<int64_t>(number), static_cast<int64_t>(total));
    const HistoryCommit& commit = commits[number];
    const bool stopped = hooks.stop && hooks.stop();
    if (hooks.left && (stopped || (hooks.checkpoint && hooks.checkpoint()))) hooks.left(alive.all());
    if (stopped) return nullptr;
    const CommitChange change = scouts.take(number);
    effort += change.effort;
    if (const int64_t most = effort_max(static_cast<int64_t>(number)); effort > most) fail_too_much_effort(most, commit.oid);
    std::vector<NodePtr> parents;
    for (const git_oid& parent : commit.parents) parents.push_back(alive.root(parent));
    root = apply_change(nodes, change, parents);
    if (hooks.made) hooks.made(commit, parents, root, number, total);
    alive.put(commit.oid, root);
    alive.child_done(commit);
    if (Node::memory_bytes() + nodes.names().memory_bytes() > kWalkMemoryMax) {
      fail(ErrorKind::exhausted, "who wrote what needs more than {} of memory at commit '{}'",
           bytes_text(static_cast<int64_t>(kWalkMemoryMax)), to_id(commit.oid));
    }
  }
  if (hooks.progress) hooks.progress(static_cast<int64_t>(total), static_cast<int64_t>(total));
  return root;
}

}  // namespace ain::repo
