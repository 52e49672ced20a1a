#include "repo/walk/sequence_diff.h"

#include <algorithm>

#include "repo/walk/hash_table.h"

namespace ain::repo {
namespace {

struct Range {
  uint32_t old_begin, old_end, new_begin, new_end;
  uint32_t old_size() const { return old_end - old_begin; }
  uint32_t new_size() const { return new_end - new_begin; }
};

class Matcher {
 public:
  Matcher(std::span<const uint64_t> old_values, std::span<const uint64_t> new_values)
      : old_(old_values), new_(new_values) {}

  Matches run() {
    std::vector<Range> todo = {
        {0, static_cast<uint32_t>(old_.size()), 0, static_cast<uint32_t>(new_.size())}};
    while (!todo.empty()) {
      Range range = todo.back();
      todo.pop_back();
      trim(range);
      if (range.old_size() == 0 || range.new_size() == 0) continue;
      work_ += range.old_size() + range.new_size();
      if (work_ > kSequenceWorkMax) continue;
      if (!split_at_anchors(range, todo)) shortest_edit(range);
    }
    return joined();
  }

  int64_t work() const { return work_; }

 private:
  void trim(Range& range) {
    const uint32_t old_begin = range.old_begin;
    const uint32_t new_begin = range.new_begin;
    while (range.old_begin < range.old_end && range.new_begin < range.new_end &&
           old_[range.old_begin] == new_[range.new_begin]) {
      ++range.old_begin;
      ++range.new_begin;
    }
    add(old_begin, new_begin, range.old_begin - old_begin);
    uint32_t count = 0;
    while (range.old_begin < range.old_end && range.new_begin < range.new_end &&
           old_[range.old_end - 1] == new_[range.new_end - 1]) {
      --range.old_end;
      --range.new_end;
      ++count;
    }
    add(range.old_end, range.new_end, count);
  }

  struct Anchor {
    uint32_t old_at, new_at;
  };

  // Elements that occur once in each of the two, by their place in the new sequence.
  std::vector<Anchor> unique_in_both(const Range& range) {
    known_.start(range.old_size());
    for (uint32_t i = range.old_begin; i < range.old_end; ++i) {
      Known& known = known_[old_[i]];
      known = {i, more(known.in_old), Often::never};
    }
    found_known_.clear();
    for (uint32_t i = range.new_begin; i < range.new_end; ++i) {
      Known& known = *found_known_.emplace_back(&known_[new_[i]]);
      known.in_new = more(known.in_new);
    }
    std::vector<Anchor> anchors;
    for (uint32_t i = 0; i < range.new_size(); ++i) {
      const Known& known = *found_known_[i];
      if (known.in_old == Often::once && known.in_new == Often::once) anchors.push_back({known.old_at, range.new_begin + i});
    }
    return anchors;
  }

  // The longest run of them whose places in the old sequence grow too.
  static std::vector<Anchor> longest_growing(const std::vector<Anchor>& anchors) {
    std::vector<size_t> tails;  // of the runs of each length, the one that ends lowest
    std::vector<size_t> before(anchors.size(), SIZE_MAX);
    for (size_t i = 0; i < anchors.size(); ++i) {
      const auto at = std::lower_bound(tails.begin(), tails.end(), anchors[i].old_at,
                                       [&](size_t tail, uint32_t place) { return anchors[tail].old_at < place; });
      if (at != tails.begin()) before[i] = *(at - 1);
      if (at == tails.end()) tails.push_back(i);
      else *at = i;
    }
    std::vector<Anchor> run;
    for (size_t i = tails.empty() ? SIZE_MAX : tails.back(); i != SIZE_MAX; i = before[i]) run.push_back(anchors[i]);
    std::reverse(run.begin(), run.end());
    return run;
  }

  bool split_at_anchors(const Range& range, std::vector<Range>& todo) {
    const std::vector<Anchor> anchors = longest_growing(unique_in_both(range));
    if (anchors.empty()) return false;
    uint32_t old_at = range.old_begin;
    uint32_t new_at = range.new_begin;
    for (const Anchor& anchor : anchors) {
      todo.push_back({old_at, anchor.old_at, new_at, anchor.new_at});
      add(anchor.old_at, anchor.new_at, 1);
      old_at = anchor.old_at + 1;
      new_at = anchor.new_at + 1;
    }
    todo.push_back({old_at, range.old_end, new_at, range.new_end});
    return true;
  }

  // Myers' greedy search; `reached_[d]` holds the furthest old place on each diagonal after d edits.
  void shortest_edit(const Range& range) {
    const auto old_size = static_cast<int32_t>(range.old_size());
    const auto new_size = static_cast<int32_t>(range.new_size());
    const int edits_max = std::min<int64_t>(kEditsMax, int64_t{old_size} + new_size);
    reached_.clear();
    for (int edits = 0; edits <= edits_max; ++edits) {
      reached_.emplace_back(static_cast<size_t>(2 * edits + 1));
      for (int diagonal = -edits; diagonal <= edits; diagonal += 2) {
        int32_t x = edits == 0 ? 0 : furthest(edits, diagonal);
        const int32_t start = x;
        while (x < old_size && x - diagonal < new_size && x - diagonal >= 0 &&
               old_[range.old_begin + static_cast<uint32_t>(x)] ==
                   new_[range.new_begin + static_cast<uint32_t>(x - diagonal)]) {
          ++x;
        }
        work_ += 1 + x - start;
        reached_.back()[static_cast<size_t>(diagonal + edits)] = x;
        if (x >= old_size && x - diagonal >= new_size) {
          walk_back(range, edits, diagonal);
          return;
        }
      }
      if (work_ > kSequenceWorkMax) return;
    }
  }

  int32_t at(int edits, int diagonal) const { return reached_[static_cast<size_t>(edits)][static_cast<size_t>(diagonal + edits)]; }

  bool comes_by_insertion(int edits, int diagonal) const {
    return diagonal == -edits || (diagonal != edits && at(edits - 1, diagonal - 1) < at(edits - 1, diagonal + 1));
  }

  int32_t furthest(int edits, int diagonal) const {
    return comes_by_insertion(edits, diagonal) ? at(edits - 1, diagonal + 1) : at(edits - 1, diagonal - 1) + 1;
  }

  void walk_back(const Range& range, int edits, int diagonal) {
    for (; edits >= 0; --edits) {
      const int32_t end = at(edits, diagonal);
      const int32_t start = edits == 0 ? 0 : furthest(edits, diagonal);
      add(range.old_begin + static_cast<uint32_t>(start), range.new_begin + static_cast<uint32_t>(start - diagonal),
          static_cast<uint32_t>(end - start));
      if (edits > 0) diagonal += comes_by_insertion(edits, diagonal) ? 1 : -1;
    }
  }

  void add(uint32_t old_at, uint32_t new_at, uint32_t count) {
    if (count > 0) found_.push_back({old_at, new_at, count});
  }

  Matches joined() {
    std::sort(found_.begin(), found_.end(), [](const Match& a, const Match& b) { return a.new_at < b.new_at; });
    Matches result;
    for (const Match& match : found_) {
      const bool goes_on = !result.empty() && result.back().old_at + result.back().count == match.old_at &&
                           result.back().new_at + result.back().count == match.new_at;
      if (goes_on) result.back().count += match.count;
      else result.push_back(match);
    }
    return result;
  }

  enum class Often : unsigned char { never, once, more };
  static Often more(Often often) { return often == Often::never ? Often::once : Often::more; }
  // An element of the old sequence.
  struct Known {
    uint32_t old_at = 0;
    Often in_old = Often::never;
    Often in_new = Often::never;
    explicit operator bool() const { return in_old != Often::never; }
  };

  std::span<const uint64_t> old_;
  std::span<const uint64_t> new_;
  Matches found_;
  HashTable<Known> known_;
  std::vector<Known*> found_known_;  // of each element of the new range
  std::vector<std::vector<int32_t>> reached_;
  int64_t work_ = 0;
};

}  // namespace

Matches match_sequences(std::span<const uint64_t> old_values, std::span<const uint64_t> new_values, int64_t& work) {
  Matcher matcher(old_values, new_values);
  Matches matches = matcher.run();
  work += matcher.work();
  return matches;
}

}  // namespace ain::repo
