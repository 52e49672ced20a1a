#include <algorithm>
#include <list>
#include <tuple>

#include "repo/copies/seen_tables.h"
#include "repo/copies/runs.h"

namespace ain::repo {
namespace {

constexpr size_t kPlacesInMemory = 16;

// A fingerprint of the file in hand that somebody, maybe its own repository, registered before.
struct Candidate {
  int64_t order = 0;
  int64_t place = 0;
  int64_t diagonal = 0;  // at - at_there
  uint32_t at = 0;
  bool own = false;
  auto operator<=>(const Candidate&) const = default;
};

struct LoadedPlace {
  SeenPlace place;
  std::vector<Fingerprint> fingerprints;
  CopyText text() const { return {place.tokens, fingerprints}; }
};

// The file in hand, each of its tokens given to the earliest block that has it.
class Lookup {
 public:
  Lookup(SeenTables& tables, std::span<const uint64_t> tokens) : tables_(tables), tokens_(tokens), taken_(tokens.size(), kFree) {}

  std::vector<Credit> run(std::optional<int64_t> repository, int64_t as_of) {
    collect(repository, as_of);
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
  void collect(std::optional<int64_t> repository, int64_t as_of) {
    std::vector<Fingerprint> sorted = winnow(tokens_);
    std::sort(sorted.begin(), sorted.end(),
              [](const Fingerprint& x, const Fingerprint& y) { return std::tie(x.hash, x.at) < std::tie(y.hash, y.at); });
    for (auto begin = sorted.begin(); begin != sorted.end();) {
      const auto end = std::find_if(begin, sorted.end(), [&](const Fingerprint& one) { return one.hash != begin->hash; });
      const std::vector<SeenAt> seen = tables_.seen_at(begin->hash, as_of);
      const std::span<const Fingerprint> same(begin, end);
      if (is_commons(seen) || tables_.is_marked(begin->hash)) {
        commons_.insert(commons_.end(), begin, end);
      } else {
        counting_.insert(counting_.end(), begin, end);
        add_candidates(same.first(std::min(same.size(), kFindPlacesMax)), seen, repository);
      }
      begin = end;
    }
    std::sort(counting_.begin(), counting_.end(), [](const Fingerprint& x, const Fingerprint& y) { return x.at < y.at; });
  }

  void add_candidates(std::span<const Fingerprint> same, std::span<const SeenAt> seen, std::optional<int64_t> repository) {
    for (const Fingerprint& here : same) {
      for (const SeenAt& there : seen) {
        candidates_.push_back({there.order, there.place, int64_t{here.at} - there.at, here.at, repository == there.repository});
      }
    }
  }

  void look_at(const Candidate& candidate) {
    const bool same_diagonal = candidate.place == last_.place && candidate.diagonal == last_.diagonal;
    if ((same_diagonal && candidate.at < last_end_) || is_taken(candidate.at)) return;
    const CopyText there = load(candidate.place).text();
    const auto at_there = static_cast<uint32_t>(candidate.at - candidate.diagonal);
    const EqualRun run = equal_run(there.tokens, at_there, tokens_, candidate.at);
    spend(run.length);
    last_ = candidate;
    last_end_ = run.at_b + run.length;
    if (is_block(there, {tokens_, counting_}, run)) take(candidate, run);
  }

  // Whether earlier blocks have all that this fingerprint could add. A run reaches less than a window beyond its last fingerprint on
  // either side, so that no token of a run is lost when all of its fingerprints are passed over.
  bool is_taken(uint32_t at) const {
    const auto begin = taken_.begin() + (at > kWindowGrams ? at - kWindowGrams : 0);
    const auto end = taken_.begin() + std::min<std::ptrdiff_t>(at + kGramTokens + kWindowGrams, std::ssize(taken_));
    return std::find(begin, end, kFree) == end;
  }

  void take(const Candidate& candidate, const EqualRun& run) {
    const auto number = static_cast<uint32_t>(blocks_.size());
    blocks_.push_back(candidate);
    const auto begin = taken_.begin() + run.at_b;
    std::replace(begin, begin + run.length, kFree, number);
  }

  void cut_out_commons() {
    for (const Fingerprint& fingerprint : commons_) std::fill_n(taken_.begin() + fingerprint.at, kGramTokens, kFree);
  }

  std::vector<Credit> credits() {
    std::vector<Credit> credits;
    for (uint32_t begin = 0; begin < taken_.size();) {
      uint32_t end = begin + 1;
      while (end < taken_.size() && taken_[end] == taken_[begin]) ++end;
      const bool is_credited = taken_[begin] != kFree && !blocks_[taken_[begin]].own && end - begin >= kGramTokens;
      if (is_credited) credit_owners(blocks_[taken_[begin]], begin, end, credits);
      begin = end;
    }
    return credits;
  }

  // One credit for each range of owners that the tokens from `begin` to `end` touch there, and for what lies between ranges.
  void credit_owners(const Candidate& block, uint32_t begin, uint32_t end, std::vector<Credit>& credits) {
    const SeenPlace& place = load(block.place).place;
    const auto there = [&](uint32_t at) { return static_cast<uint32_t>(at - block.diagonal); };
    const auto add = [&](uint32_t stop, const std::string& payee) {
      if (stop <= begin) return;
      credits.push_back({begin, stop - begin, place.repository, place.commit, place.record.path, there(begin), block.order, payee});
      begin = stop;
    };
    for (const OwnedRange& range : place.record.owners) {
      const int64_t first = range.at + block.diagonal;
      const int64_t last = first + range.length;
      if (last <= begin) continue;
      if (first >= end) break;
      if (first > begin) add(static_cast<uint32_t>(first), "");
      add(static_cast<uint32_t>(std::min<int64_t>(last, end)), range.payee);
    }
    add(end, "");
  }

  const LoadedPlace& load(int64_t number) {
    for (auto one = loaded_.begin(); one != loaded_.end(); ++one) {
      if (one->first != number) continue;
      loaded_.splice(loaded_.begin(), loaded_, one);
      return loaded_.front().second;
    }
    if (loaded_.size() >= kPlacesInMemory) loaded_.pop_back();
    loaded_.emplace_front(number, LoadedPlace{tables_.place(number), {}});
    LoadedPlace& place = loaded_.front().second;
    place.fingerprints = winnow(place.place.tokens);
    spend(place.place.tokens.size());
    return place;
  }

  void spend(uint64_t tokens) { work_left_ -= std::min(work_left_, tokens); }

  SeenTables& tables_;
  std::span<const uint64_t> tokens_;
  std::vector<uint32_t> taken_;  // for each token the number of its block
  std::vector<Candidate> blocks_;
  std::vector<Fingerprint> counting_;  // by at
  std::vector<Fingerprint> commons_;
  std::vector<Candidate> candidates_;
  Candidate last_;
  uint32_t last_end_ = 0;
  std::list<std::pair<int64_t, LoadedPlace>> loaded_;  // the latest first
  uint64_t work_left_ = kFindWorkMax;
};

}  // namespace

std::vector<Credit> FirstSeen::find(const std::string& repository, std::span<const uint64_t> tokens, std::optional<int64_t> as_of) const {
  const int64_t newest = order();
  return Lookup(*tables_, tokens).run(tables_->repository_number(repository), std::min(as_of.value_or(newest), newest));
}

}  // namespace ain::repo
