#include <algorithm>
#include <tuple>

#include "repo/copies/runs.h"
#include "repo/copies/seen_tables.h"

namespace ain::repo {
namespace {

// A fingerprint of the file in hand that somebody, maybe its own repository, registered before.
struct Candidate {
  uint32_t place = 0;    // the lower, the earlier
  int64_t diagonal = 0;  // at - at_there
  uint32_t at = 0;
  auto operator<=>(const Candidate&) const = default;
};

// The file in hand, each of its tokens given to the earliest block that has it.
class Lookup {
 public:
  Lookup(const SeenTables& tables, std::string_view repository, std::span<const uint64_t> tokens)
      : tables_(tables), repository_(repository), tokens_(tokens), taken_(tokens.size(), kFree) {}

  std::vector<Credit> run() {
    collect();
    std::sort(candidates_.begin(), candidates_.end());
    for (const Candidate& candidate : candidates_) {
      if (work_left_ == 0) break;
      look_at(candidate);
    }
    cut_out_commons();
    return credits();
  }

 private:
  static constexpr uint32_t kFree = UINT32_MAX;

  // Sorts the file's fingerprints into those that count, commons, and candidates for a match.
  void collect() {
    std::vector<Fingerprint> sorted = winnow(tokens_);
    std::sort(sorted.begin(), sorted.end(), [](const Fingerprint& x, const Fingerprint& y) {
      return std::tie(x.hash, x.at) < std::tie(y.hash, y.at);
    });
    for (auto begin = sorted.begin(); begin != sorted.end();) {
      const auto end =
          std::find_if(begin, sorted.end(), [&](const Fingerprint& one) { return one.hash != begin->hash; });
      const std::span<const SeenAt> seen = tables_.seen_at(begin->hash);
      const std::span<const Fingerprint> same(begin, end);
      if (tables_.is_commons(seen)) {
        commons_.insert(commons_.end(), begin, end);
      } else {
        counting_.insert(counting_.end(), begin, end);
        add_candidates(same.first(std::min(same.size(), kFindPlacesMax)), seen);
      }
      begin = end;
    }
    std::sort(counting_.begin(), counting_.end(),
              [](const Fingerprint& x, const Fingerprint& y) { return x.at < y.at; });
  }

  void add_candidates(std::span<const Fingerprint> same, std::span<const SeenAt> seen) {
    for (const Fingerprint& here : same) {
      for (const SeenAt& there : seen) candidates_.push_back({there.place, int64_t{here.at} - there.at, here.at});
    }
  }

  void look_at(const Candidate& candidate) {
    const bool same_diagonal = candidate.place == last_.place && candidate.diagonal == last_.diagonal;
    if ((same_diagonal && candidate.at < last_end_) || is_taken(candidate.at)) return;
    const SeenPlace& place = tables_.places[candidate.place];
    const CopyText there{place.leaf.tokens, place.fingerprints};
    const auto at_there = static_cast<uint32_t>(candidate.at - candidate.diagonal);
    const EqualRun run = equal_run(there.tokens, at_there, tokens_, candidate.at);
    spend(run.length);
    last_ = candidate;
    last_end_ = run.at_b + run.length;
    if (is_block(there, {tokens_, counting_}, run)) take(candidate, run);
  }

  // Whether earlier blocks have all that this fingerprint could add. A run reaches less than a window beyond
  // its last fingerprint on either side, so that no token of a run is lost when all of its fingerprints are
  // passed over.
  bool is_taken(uint32_t at) const {
    const auto begin = taken_.begin() + (at > kWindowGrams ? at - kWindowGrams : 0);
    const auto end =
        taken_.begin() + std::min<std::ptrdiff_t>(at + kGramTokens + kWindowGrams, std::ssize(taken_));
    return std::find(begin, end, kFree) == end;
  }

  void take(const Candidate& candidate, const EqualRun& run) {
    const auto number = static_cast<uint32_t>(blocks_.size());
    blocks_.push_back(candidate);
    const auto begin = taken_.begin() + run.at_b;
    std::replace(begin, begin + run.length, kFree, number);
  }

  void cut_out_commons() {
    for (const Fingerprint& fingerprint : commons_)
      std::fill_n(taken_.begin() + fingerprint.at, kGramTokens, kFree);
  }

  std::vector<Credit> credits() {
    std::vector<Credit> credits;
    for (uint32_t begin = 0; begin < taken_.size();) {
      uint32_t end = begin + 1;
      while (end < taken_.size() && taken_[end] == taken_[begin]) ++end;
      const bool is_credited =
          taken_[begin] != kFree && end - begin >= kGramTokens && tables_.places[blocks_[taken_[begin]].place].repository != repository_;
      if (is_credited) credit_owners(blocks_[taken_[begin]], begin, end, credits);
      begin = end;
    }
    return credits;
  }

  // One credit for each range of owners that the tokens from `begin` to `end` touch there, and for what lies
  // between ranges.
  void credit_owners(const Candidate& block, uint32_t begin, uint32_t end, std::vector<Credit>& credits) {
    const SeenPlace& place = tables_.places[block.place];
    const auto there = [&](uint32_t at) { return static_cast<uint32_t>(at - block.diagonal); };
    const auto add = [&](uint32_t stop, const std::string& payee) {
      if (stop <= begin) return;
      credits.push_back({begin, stop - begin, place.repository, place.commit, place.leaf.path, place.leaf.at + there(begin), payee});
      begin = stop;
    };
    for (const OwnedRange& range : place.leaf.owners) {
      const int64_t first = range.at + block.diagonal;
      const int64_t last = first + range.length;
      if (last <= begin) continue;
      if (first >= end) break;
      if (first > begin) add(static_cast<uint32_t>(first), "");
      add(static_cast<uint32_t>(std::min<int64_t>(last, end)), range.payee);
    }
    add(end, "");
  }

  void spend(uint64_t tokens) { work_left_ -= std::min(work_left_, tokens); }

  const SeenTables& tables_;
  std::string_view repository_;
  std::span<const uint64_t> tokens_;
  std::vector<uint32_t> taken_;  // for each token the number of its block
  std::vector<Candidate> blocks_;
  std::vector<Fingerprint> counting_;  // by at
  std::vector<Fingerprint> commons_;
  std::vector<Candidate> candidates_;
  Candidate last_;
  uint32_t last_end_ = 0;
  uint64_t work_left_ = kFindWorkMax;
};

}  // namespace

std::vector<Credit> FirstSeen::find(std::string_view repository, std::span<const uint64_t> tokens) const {
  return Lookup(*tables_, repository, tokens).run();
}

}  // namespace ain::repo
