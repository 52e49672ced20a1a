#include "repo/walk/apply.h"

#include <algorithm>

namespace ain::repo {
namespace {

using How = EntryChange::How;

// Units of the new file from `at` on; what nobody claimed has no origin yet.
struct Piece {
  uint32_t at = 0;
  uint32_t count = 0;
  bool claimed = false;
  Run run = {};
};

void add_run(Runs& runs, const Run& run) {
  if (!runs.empty() && goes_on(runs.back(), run)) runs.back().count += run.count;
  else runs.push_back(run);
}

// Where each run of a file begins, for looking up a unit.
class RunIndex {
 public:
  explicit RunIndex(const Runs& runs) : runs_(runs) {
    uint32_t at = 0;
    for (const Run& run : runs) {
      starts_.push_back(at);
      at += run.count;
    }
    units_ = at;
  }
  // Calls `take` with the runs that make up `count` units from `at` on.
  template <typename Take>
  void slice(uint32_t at, uint32_t count, Take take) const {
    if (at > units_ || count > units_ - at) fail(ErrorKind::failed, "an attributed file is shorter than what it is compared with");
    auto i = static_cast<size_t>(std::upper_bound(starts_.begin(), starts_.end(), at) - starts_.begin());
    for (i = i == 0 ? 0 : i - 1; count > 0; ++i) {
      const Run& run = runs_[i];
      const uint32_t skipped = at - starts_[i];
      const uint32_t taken = std::min(run.count - skipped, count);
      if (taken > 0) take(Run{run.origin, run.path, run.position + skipped, taken});
      at += taken;
      count -= taken;
    }
  }

 private:
  const Runs& runs_;
  std::vector<uint32_t> starts_;
  uint32_t units_ = 0;
};

// Gives to their origins what a parent's version hands down and nobody before it claimed.
std::vector<Piece> inherit(const std::vector<Piece>& pieces, const Matches& matches, const Runs& old_runs) {
  const RunIndex index(old_runs);
  std::vector<Piece> result;
  size_t next = 0;
  for (const Piece& piece : pieces) {
    if (piece.claimed) {
      result.push_back(piece);
      continue;
    }
    uint32_t at = piece.at;
    const uint32_t end = piece.at + piece.count;
    while (next > 0 && next < matches.size() && matches[next].new_at > at) --next;
    while (next < matches.size() && matches[next].new_at + matches[next].count <= at) ++next;
    for (; next < matches.size() && matches[next].new_at < end; ++next) {
      const Match& match = matches[next];
      const uint32_t from = std::max(at, match.new_at);
      const uint32_t to = std::min(end, match.new_at + match.count);
      if (from > at) result.push_back({at, from - at});
      uint32_t claimed_at = from;
      index.slice(match.old_at + (from - match.new_at), to - from, [&](const Run& run) {
        result.push_back({claimed_at, run.count, true, run});
        claimed_at += run.count;
      });
      at = to;
      if (match.new_at + match.count > end) break;
    }
    if (at < end) result.push_back({at, end - at});
  }
  return result;
}

class Step {
 public:
  Step(const Nodes& nodes, const CommitChange& change, const std::vector<NodePtr>& parents)
      : nodes_(nodes), parents_(parents), origin_(nodes.names().commit(change.commit.oid)) {}

  NodePtr folder(const FolderChange& change, const std::vector<NodePtr>& before, const std::string& path) const {
    static const std::vector<Entry> kNothing;
    const auto first = std::find_if(before.begin(), before.end(), [](const NodePtr& node) { return node != nullptr; });
    const std::vector<Entry>& base = first == before.end() ? kNothing : nodes_.entries(**first);
    auto result = std::make_shared<Node>(true);
    result->entries.reserve(base.size() + change.entries.size());
    auto old = base.begin();
    for (const EntryChange& entry : change.entries) {
      while (old != base.end() && *old->name < entry.name) result->entries.push_back(*old++);
      if (old != base.end() && *old->name == entry.name) ++old;
      if (entry.how != How::removed) result->entries.push_back(make(entry, before, path));
    }
    result->entries.insert(result->entries.end(), old, base.end());
    result->count();
    return result;
  }

 private:
  Entry make(const EntryChange& change, const std::vector<NodePtr>& before, const std::string& path) const {
    const auto lookup = [&](const NodePtr& folder) -> const Entry* {
      const Entry* entry = folder ? nodes_.find(*folder, change.name) : nullptr;
      return entry != nullptr && entry->kind == change.kind ? entry : nullptr;
    };
    Entry entry{.name = nodes_.names().file_name(change.name), .kind = change.kind};
    if (change.kind != EntryKind::folder) entry.oid = change.oid;
    if (change.how == How::shared) {
      const Entry* from = lookup(before.at(change.parent));
      if (from == nullptr) fail(ErrorKind::failed, "'{}' is not in the parent's attributed tree", path + change.name);
      entry.node = from->node;
    } else if (change.how == How::attributed) {
      entry.node = file(change, path + change.name);
    } else if (change.how == How::folder) {
      std::vector<NodePtr> folders;
      for (const NodePtr& node : before) {
        const Entry* from = lookup(node);
        folders.push_back(from != nullptr ? from->node : nullptr);
      }
      entry.node = folder(*change.folder, folders, path + change.name + "/");
    }
    return entry;
  }

  NodePtr file(const EntryChange& change, const std::string& path) const {
    std::vector<Piece> pieces;
    if (change.units > 0) pieces.push_back({0, change.units});
    for (const Inheritance& from : change.inherited) {
      const Entry* entry = nodes_.find_path(parents_.at(from.parent), from.path);
      if (entry == nullptr || entry->node == nullptr) {
        fail(ErrorKind::failed, "'{}' is not in the parent's attributed tree", from.path);
      }
      if (from.matches == nullptr) return entry->node;
      pieces = inherit(pieces, *from.matches, nodes_.runs(*entry->node));
    }
    const uint32_t path_number = nodes_.names().path(path);
    auto result = std::make_shared<Node>(false);
    for (const Piece& piece : pieces) {
      add_run(result->runs, piece.claimed ? piece.run : Run{origin_, path_number, piece.at, piece.count});
    }
    result->runs.shrink_to_fit();
    result->count();
    return result;
  }

  const Nodes& nodes_;
  const std::vector<NodePtr>& parents_;
  uint32_t origin_;
};

}  // namespace

NodePtr apply_change(const Nodes& nodes, const CommitChange& change, const std::vector<NodePtr>& parents) {
  if (change.root.how == How::shared) return parents.at(change.root.parent);
  return Step(nodes, change, parents).folder(*change.root.folder, parents, "");
}

}  // namespace ain::repo
