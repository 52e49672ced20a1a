// Private to repo/: attributed trees that outlive the process, in .git/ain/authorship.db. A state is the root of one commit's tree for
// one variant: whole, or as what differs from its first parent's. Nothing in it is trusted beyond its hash, and nothing is lost with
// it: what is damaged, or written by other rules, is walked again.
#pragma once

#include <filesystem>

#include "base/sqlite.h"
#include "repo/walk/nodes.h"
#include "repo/walk/units.h"

namespace ain::repo {

inline constexpr int64_t kDeltaChainMax = 16;  // states between a state and the whole one that it builds upon
inline constexpr int64_t kStoreBytesMax = int64_t{512} << 20;  // beyond it all but one state is dropped

// The store contradicts itself or cannot be read: remove() it and walk again.
class DamagedStore : public Error {
 public:
  using Error::Error;
};

class NodeStore final : public NodeSource {
 public:
  // `file` is made when missing; one that cannot be used is replaced.
  NodeStore(const std::filesystem::path& file, Variant variant);

  // All of these throw DamagedStore.
  std::string read(const Digest& hash) override;
  // Null when there is none.
  NodePtr state(const Nodes& nodes, const git_oid& commit);
  // `base`: the commit that it is told from where its state is stored, with its root; else it is stored whole.
  void save_state(const Nodes& nodes, const git_oid& commit, const NodePtr& root, const git_oid* base, const NodePtr& base_root);
  // True when it has grown beyond kStoreBytesMax.
  bool is_too_large();
  // Drops everything, in a transaction of the caller's. `roots`: those that stay in use; they are to be saved anew.
  void clear(const Nodes& nodes, const std::vector<NodePtr>& roots);
  Database& database() { return db_; }  // for grouping writes in a SqlTransaction

  // Calls `act`; whatever it throws is DamagedStore, but for a full disk and for a store that another program holds: that one is sound.
  template <typename Act>
  static auto guarded(Act act) {
    try {
      return act();
    } catch (const DamagedStore&) {
      throw;
    } catch (const Error& error) {
      if (error.kind() == ErrorKind::exhausted || error.kind() == ErrorKind::timed_out) throw;
      throw DamagedStore(error.kind(), error.message());
    }
  }
  // With the states of all variants.
  static void remove(const std::filesystem::path& file);

 private:
  void save_with_below(const Nodes& nodes, const Node& node);
  std::string change_between(const Nodes& nodes, const NodePtr& before, const NodePtr& after);
  std::optional<int64_t> chain_of(const git_oid& commit);

  int64_t variant_;
  Database db_;
  Statement find_node_, put_node_, find_state_, put_state_, find_chain_;
  OidMap<NodePtr> states_;    // that were read
  OidMap<int64_t> chains_;    // that were written
};

}  // namespace ain::repo
