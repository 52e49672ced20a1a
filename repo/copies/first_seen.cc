#include "repo/copies/first_seen.h"

#include <algorithm>
#include <set>
#include <unordered_map>

#include "base/error.h"
#include "repo/copies/runs.h"

namespace ain::repo {
namespace {

constexpr size_t kLeavesAskedFor = 64;       // in one question
constexpr uint64_t kComparisonsAlways = 1 << 24;

struct Place {
  uint32_t file = 0;
  uint32_t at = 0;
};

// A fingerprint of the leaf in hand that a file has too.
struct Candidate {
  uint32_t file = 0;
  int64_t diagonal = 0;  // at - at there
  uint32_t at = 0;
  auto operator<=>(const Candidate&) const = default;
};

class Finder {
 public:
  explicit Finder(std::span<const std::vector<uint64_t>> files) : files_(files) {
    credits_.of_file.resize(files.size());
    for (uint32_t file = 0; file < files.size(); ++file) {
      allow(files[file].size());
      taken_.emplace_back(files[file].size(), false);
      prints_.push_back(winnow(files[file]));
      for (const Fingerprint& print : prints_.back()) add_place(print.hash, {file, print.at});
    }
  }

  // Distinct, rising.
  std::vector<uint64_t> fingerprints() const {
    std::vector<uint64_t> hashes;
    for (const auto& [hash, places] : places_) hashes.push_back(hash);
    std::sort(hashes.begin(), hashes.end());
    return hashes;
  }

  // The leaf of a publication, with those of its fingerprints that count there; in the order of registrations.
  void look_at(const Publication& publication, const std::string& bytes, const std::vector<uint64_t>& counting) {
    const auto leaf = unpack_leaf(bytes);
    if (!leaf) return;
    allow(leaf->tokens.size());
    const std::vector<Fingerprint> prints = winnow(leaf->tokens);
    source_ = static_cast<uint32_t>(credits_.sources.size());
    credits_.sources.push_back({publication.repository, publication.commit, leaf->path});
    last_ = {};
    last_end_ = 0;
    for (const Candidate& candidate : candidates_of(prints, counting)) look_at(candidate, *leaf, prints);
  }

  // What these fingerprints cover is commons, and what is left between in pieces too short to say anything.
  void mark_commons(const std::vector<uint64_t>& commons) {
    for (uint32_t file = 0; file < files_.size(); ++file) {
      std::vector<bool> covered(files_[file].size());
      bool any = false;
      for (const Fingerprint& print : prints_[file]) {
        if (!std::binary_search(commons.begin(), commons.end(), print.hash)) continue;
        std::fill_n(covered.begin() + print.at, kGramTokens, true);
        any = true;
      }
      if (any) credits_.of_file[file] = split(credits_.of_file[file], covered);
    }
  }

  Credits take() {
    for (std::vector<Credit>& credits : credits_.of_file) {
      std::sort(credits.begin(), credits.end(), [](const Credit& a, const Credit& b) { return a.at < b.at; });
    }
    return std::move(credits_);
  }

 private:
  void add_place(uint64_t hash, Place place) {
    std::vector<Place>& places = places_[hash];
    const bool is_full = places.size() >= kFindPlacesMax && places[places.size() - kFindPlacesMax].file == place.file;
    if (!is_full) places.push_back(place);  // files come one after the other
  }

  void allow(size_t tokens) { work_left_ += tokens * kFindComparisonsMax; }
  void spend(uint64_t tokens) {
    if (tokens > work_left_) {
      fail_with_hint(ErrorKind::exhausted, "leave out the file that repeats itself so often",
                     "finding copies takes more than {} comparisons a token", kFindComparisonsMax);
    }
    work_left_ -= tokens;
  }

  // Of a hash that the leaf has several times, the first place stands for all.
  std::vector<Candidate> candidates_of(const std::vector<Fingerprint>& prints, const std::vector<uint64_t>& counting) {
    std::vector<Candidate> candidates;
    std::set<uint64_t> done;
    for (const Fingerprint& there : prints) {
      const auto here = places_.find(there.hash);
      if (here == places_.end() || !std::binary_search(counting.begin(), counting.end(), there.hash)) continue;
      if (!done.insert(there.hash).second) continue;
      for (const Place& place : here->second) candidates.push_back({place.file, int64_t{place.at} - there.at, place.at});
    }
    std::sort(candidates.begin(), candidates.end());
    return candidates;
  }

  void look_at(const Candidate& candidate, const Leaf& leaf, const std::vector<Fingerprint>& prints) {
    const bool same_diagonal = candidate.file == last_.file && candidate.diagonal == last_.diagonal;
    if ((same_diagonal && candidate.at < last_end_) || is_taken(candidate)) return;
    const CopyText here{files_[candidate.file], prints_[candidate.file]}, there{leaf.tokens, prints};
    const EqualRun run = equal_run(there.tokens, static_cast<uint32_t>(candidate.at - candidate.diagonal), here.tokens, candidate.at);
    spend(run.length);
    last_ = candidate;
    last_end_ = run.at_b + run.length;
    if (is_block(there, here, run)) take(candidate.file, run, leaf);
  }

  // Whether earlier blocks have all that this fingerprint could add. A run reaches less than a window beyond its last fingerprint on either
  // side, so that no token of a run is lost when all of its fingerprints are passed over.
  bool is_taken(const Candidate& candidate) const {
    const std::vector<bool>& taken = taken_[candidate.file];
    const size_t begin = candidate.at > kWindowGrams ? candidate.at - kWindowGrams : 0;
    const size_t end = std::min<size_t>(candidate.at + kGramTokens + kWindowGrams, taken.size());
    return std::find(taken.begin() + static_cast<long>(begin), taken.begin() + static_cast<long>(end), false) ==
           taken.begin() + static_cast<long>(end);
  }

  // What nobody had before. A piece that is shorter than a fingerprint goes to nobody.
  void take(uint32_t file, const EqualRun& run, const Leaf& leaf) {
    std::vector<bool>& taken = taken_[file];
    const uint32_t stop = run.at_b + run.length;
    for (uint32_t begin = run.at_b; begin < stop;) {
      uint32_t end = begin + 1;
      while (end < stop && taken[end] == taken[begin]) ++end;
      if (!taken[begin]) {
        std::fill(taken.begin() + begin, taken.begin() + end, true);
        if (end - begin >= kGramTokens) credit(file, begin, end, run.at_a + (begin - run.at_b), leaf);
      }
      begin = end;
    }
  }

  // One credit for each range of owners that the tokens touch there, and for what lies between ranges.
  void credit(uint32_t file, uint32_t begin, uint32_t end, uint32_t there, const Leaf& leaf) {
    const auto add = [&](uint32_t count, const std::string& payee) {
      if (count == 0) return;
      credits_.of_file[file].push_back({begin, count, leaf.at + there, source_, number_of(payee), false});
      begin += count;
      there += count;
    };
    auto range = std::partition_point(leaf.owners.begin(), leaf.owners.end(), [&](const OwnedRange& one) { return one.at + one.length <= there; });
    for (; range != leaf.owners.end() && begin < end; ++range) {
      if (range->at > there) add(std::min(range->at - there, end - begin), "");
      if (begin < end) add(std::min(range->at + range->length - there, end - begin), range->payee);
    }
    add(end - begin, "");
  }

  uint32_t number_of(const std::string& payee) {
    const auto [known, is_new] = payees_.try_emplace(payee, static_cast<uint32_t>(credits_.payees.size()));
    if (is_new) credits_.payees.push_back(payee);
    return known->second;
  }

  static std::vector<Credit> split(const std::vector<Credit>& credits, const std::vector<bool>& covered) {
    std::vector<Credit> pieces;
    for (const Credit& credit : credits) {
      for (uint32_t done = 0; done < credit.length;) {
        uint32_t end = done + 1;
        while (end < credit.length && covered[credit.at + end] == covered[credit.at + done]) ++end;
        const bool commons = covered[credit.at + done] || (end - done < kGramTokens && end - done < credit.length);
        if (done > 0 && pieces.back().commons == commons) pieces.back().length += end - done;
        else pieces.push_back({credit.at + done, end - done, credit.at_there + done, credit.source, credit.payee, commons});
        done = end;
      }
    }
    return pieces;
  }

  std::span<const std::vector<uint64_t>> files_;
  std::vector<std::vector<Fingerprint>> prints_;               // of each file
  std::vector<std::vector<bool>> taken_;
  std::unordered_map<uint64_t, std::vector<Place>> places_;
  std::unordered_map<std::string, uint32_t> payees_;
  Credits credits_;
  uint32_t source_ = 0;
  Candidate last_;
  uint32_t last_end_ = 0;
  uint64_t work_left_ = kComparisonsAlways;
};

// Of several publications, in their order; what is held is not asked for.
std::vector<std::string> leaves_of(const Holders& holders, std::span<const uint32_t> numbers, const Publications& published, const HeldLeaves& held) {
  std::vector<Digest> missing;
  for (const uint32_t number : numbers) {
    const Digest& digest = holders.publications[number].digest;
    if (!held.contains(digest) && std::find(missing.begin(), missing.end(), digest) == missing.end()) missing.push_back(digest);
  }
  const std::vector<std::string> asked = missing.empty() ? std::vector<std::string>() : published.leaves(missing);
  std::vector<std::string> leaves;
  for (const uint32_t number : numbers) {
    const Digest& digest = holders.publications[number].digest;
    const auto known = held.find(digest);
    leaves.push_back(known != held.end() ? known->second
                                         : asked.at(static_cast<size_t>(std::find(missing.begin(), missing.end(), digest) - missing.begin())));
  }
  return leaves;
}

}  // namespace

Credits find_credits(std::span<const std::vector<uint64_t>> files, const Publications& published, const HeldLeaves& held, const WalkReport& report) {
  Finder finder(files);
  const std::vector<uint64_t> fingerprints = finder.fingerprints();
  const Holders holders = published.holders(fingerprints);
  std::vector<std::vector<uint64_t>> counting(holders.publications.size());  // by publication, rising
  std::vector<uint64_t> commons;
  for (size_t i = 0; i < fingerprints.size(); ++i) {
    for (const uint32_t number : holders.of[i]) counting[number].push_back(fingerprints[i]);
    if (holders.is_commons(i)) commons.push_back(fingerprints[i]);
  }
  std::vector<uint32_t> numbers;  // of those that may have a block
  for (uint32_t number = 0; number < counting.size(); ++number) {
    if (!counting[number].empty()) numbers.push_back(number);
  }
  for (size_t at = 0; at < numbers.size(); at += kLeavesAskedFor) {
    const auto some = std::span(numbers).subspan(at, std::min(kLeavesAskedFor, numbers.size() - at));
    const std::vector<std::string> leaves = leaves_of(holders, some, published, held);
    for (size_t i = 0; i < some.size(); ++i) finder.look_at(holders.publications[some[i]], leaves[i], counting[some[i]]);
    if (at > 0 && report.progress) report.progress(static_cast<int64_t>(at), static_cast<int64_t>(numbers.size()));
  }
  finder.mark_commons(commons);
  return finder.take();
}

}  // namespace ain::repo
