#include "repo/copies/repeats.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "base/error.h"
#include "repo/copies/runs.h"

namespace ain::repo {
namespace {

struct Place {
  uint64_t hash = 0;
  uint32_t file = 0;
  uint32_t at = 0;
  auto operator<=>(const Place&) const = default;
};

class RepeatFinder {
 public:
  explicit RepeatFinder(std::span<const std::span<const uint64_t>> files) : files_(files) {
    size_t tokens = 0;
    for (uint32_t file = 0; file < files.size(); ++file) {
      tokens += files[file].size();
      fingerprints_.push_back(winnow(files[file]));
      for (const Fingerprint& fingerprint : fingerprints_.back())
        places_.push_back({fingerprint.hash, file, fingerprint.at});
    }
    std::sort(places_.begin(), places_.end());
    comparisons_left_ = kComparisonsPerTokenMax * tokens;
  }

  std::vector<Repeat> find() {
    for (const size_t place : in_file_order()) compare_with_earlier(place);
    std::sort(repeats_.begin(), repeats_.end(), [](const Repeat& x, const Repeat& y) {
      return std::tie(x.file_b, x.at_b, x.file_a, x.at_a) < std::tie(y.file_b, y.at_b, y.file_a, y.at_a);
    });
    return std::move(repeats_);
  }

 private:
  // Numbers of places_.
  std::vector<size_t> in_file_order() const {
    std::vector<size_t> order(places_.size());
    for (size_t i = 0; i < order.size(); ++i) order[i] = i;
    std::sort(order.begin(), order.end(), [&](size_t x, size_t y) {
      return std::tie(places_[x].file, places_[x].at) < std::tie(places_[y].file, places_[y].at);
    });
    return order;
  }

  void compare_with_earlier(size_t number) {
    const Place& later = places_[number];
    if (later.file != file_) runs_end_.clear();
    file_ = later.file;
    for (size_t back = 1; back <= kEarlierPlacesMax && back <= number; ++back) {
      const Place& earlier = places_[number - back];
      if (earlier.hash != later.hash) return;
      compare(earlier, later);
    }
  }

  void compare(const Place& earlier, const Place& later) {
    // The places come in the order of this file: what a run on the same diagonal reached is done with.
    uint32_t& end = runs_end_[{earlier.file, int64_t{later.at} - earlier.at}];
    if (later.at < end) return;
    const EqualRun run = equal_run(files_[earlier.file], earlier.at, files_[later.file], later.at);
    end = std::max(later.at + 1, run.at_b + run.length);
    spend(run.length);
    if (is_block(text(earlier.file), text(later.file), run)) {
      repeats_.push_back({earlier.file, run.at_a, later.file, run.at_b, run.length});
    }
  }

  CopyText text(uint32_t file) const { return {files_[file], fingerprints_[file]}; }

  void spend(uint64_t comparisons) {
    if (comparisons > comparisons_left_) {
      fail(ErrorKind::failed, "repeated blocks: more than {} comparisons a token", kComparisonsPerTokenMax);
    }
    comparisons_left_ -= comparisons;
  }

  std::span<const std::span<const uint64_t>> files_;
  std::vector<std::vector<Fingerprint>> fingerprints_;
  std::vector<Place> places_;  // sorted
  std::vector<Repeat> repeats_;
  std::map<std::pair<uint32_t, int64_t>, uint32_t>
      runs_end_;  // (earlier file, diagonal) → end of the last run in file_
  uint32_t file_ = 0;
  uint64_t comparisons_left_ = 0;
};

}  // namespace

std::vector<Repeat> find_repeats(std::span<const std::span<const uint64_t>> files) {
  return RepeatFinder(files).find();
}

}  // namespace ain::repo
