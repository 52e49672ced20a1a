// Private to repo/: the attributed tree of a commit, walked or, as far as it was walked before, read.
#pragma once

#include <functional>
#include <optional>

#include "repo/walk_report.h"
#include "repo/walk/store.h"
#include "repo/walk/walk.h"

namespace ain::repo {

// Of the last commits of a first walk so many are kept, so that branches that left the trunk there are followed at once.
inline constexpr size_t kRecentStates = 2048;

class AttributedHistory {
 public:
  AttributedHistory(const Repository& repository, Variant variant);

  // What `use` makes of the root of the commit's attributed tree. Throws `stopped` when the report asked for it. What was walked is stored;
  // where the store turns out to be damaged, while it is walked or used, all is walked again and `use` called once more.
  template <typename Use>
  auto with_root(const ObjectId& commit, const WalkReport& report, Use use) {
    try {
      return use(root(commit, report));
    } catch (const DamagedStore&) {
      start_over();
      return use(root(commit, report));
    }
  }
  // The root alone: what lies below it may still throw DamagedStore.
  NodePtr root(const ObjectId& commit, const WalkReport& report = {});
  const Nodes& nodes() const { return nodes_; }
  Names& names() { return names_; }

 private:
  void start_over();
  NodePtr walk_and_store(const ObjectId& commit, const WalkReport& report);

  const Repository& repository_;
  Variant variant_;
  Names names_;
  std::optional<NodeStore> store_;  // none in a repository that cannot be written to, or that is shallow
  Nodes nodes_;
};

}  // namespace ain::repo
