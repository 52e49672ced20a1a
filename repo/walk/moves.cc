#include "repo/walk/moves.h"

#include <algorithm>
#include <unordered_map>

#include "repo/walk/hash_table.h"

namespace ain::repo {
namespace {

constexpr uint32_t kSeedAtoms = 8;    // a block begins where so many atoms are equal
constexpr uint32_t kSteppedMax = 64;  // atoms that stayed in their place, over which a block goes on

// The atoms of one range of a part.
struct Passage {
  size_t part = 0;
  uint32_t begin = 0;  // the first atom's number in the file
  std::vector<uint64_t> atoms;
  std::vector<bool> words;
  std::vector<uint64_t> sums;  // hashes of all atoms before each, and of all
};

constexpr uint64_t kSumFactor = 0x9e3779b97f4a7c15;

void add_sums(Passage& passage) {
  passage.sums.reserve(passage.atoms.size() + 1);
  passage.sums.push_back(0);
  for (const uint64_t atom : passage.atoms) passage.sums.push_back(passage.sums.back() * kSumFactor + atom);
}

std::vector<Passage> passages_of(const std::vector<MovePart>& parts) {
  std::vector<Passage> passages;
  for (size_t part = 0; part < parts.size(); ++part) {
    for (const AtomRange& range : parts[part].ranges) {
      if (range.end - range.begin < kMovedAtomsMin) continue;
      Passage& passage = passages.emplace_back(Passage{part, range.begin, {}, {}});
      passage.atoms = parts[part].text->atoms(range.begin, range.end, &passage.words);
      add_sums(passage);
    }
  }
  return passages;
}

uint64_t seed_at(const Passage& passage, uint32_t at) {
  uint64_t hash = 0;
  for (uint32_t i = 0; i < kSeedAtoms; ++i) hash = (hash ^ passage.atoms[at + i]) * 0x9e3779b97f4a7c15 + (hash >> 29);
  return hash;
}

struct Place {
  uint32_t passage = 0;
  uint32_t at = 0;
};

// The places of the sources where each seed is; of one that is everywhere the first kMovedPlacesMax.
class Seeds {
 public:
  // `atoms`: as many as the sources have.
  Seeds(const std::vector<Passage>& sources, size_t atoms) {
    seeds_.start(atoms);
    links_.reserve(atoms);
    for (uint32_t number = 0; number < sources.size(); ++number) {
      for (uint32_t at = 0; at + kSeedAtoms <= sources[number].atoms.size(); ++at) add(seed_at(sources[number], at), {number, at});
    }
  }
  // Calls `take` with each, in order.
  template <typename Take>
  void each_place(uint64_t seed, Take take) const {
    const Chain& chain = seeds_.find(seed);
    for (uint32_t i = chain.first, left = chain.count; left > 0; i = links_[i].next, --left) take(links_[i].place);
  }

 private:
  struct Link {
    Place place;
    uint32_t next = 0;
  };
  struct Chain {
    uint32_t first = 0;
    uint32_t last = 0;
    uint32_t count = 0;
    explicit operator bool() const { return count > 0; }
  };

  void add(uint64_t seed, Place place) {
    Chain& chain = seeds_[seed];
    if (chain.count == kMovedPlacesMax) return;
    const auto link = static_cast<uint32_t>(links_.size());
    links_.push_back({place});
    if (chain.count == 0) chain.first = link;
    else links_[chain.last].next = link;
    chain.last = link;
    ++chain.count;
  }

  HashTable<Chain> seeds_;
  std::vector<Link> links_;
};

uint32_t common_length(const Passage& a, uint32_t a_at, const Passage& b, uint32_t b_at) {
  uint32_t length = 0;
  while (a_at + length < a.atoms.size() && b_at + length < b.atoms.size() && a.atoms[a_at + length] == b.atoms[b_at + length]) {
    ++length;
  }
  return length;
}

// Says at once that most stretches differ: a long one of marks alone is no block, however many places it is compared with.
class Probe {
 public:
  explicit Probe(size_t atoms_max) : factors_{1} {
    factors_.reserve(atoms_max + 1);
    while (factors_.size() <= atoms_max) factors_.push_back(factors_.back() * kSumFactor);
  }
  bool may_be_equal(const Passage& a, uint32_t a_at, const Passage& b, uint32_t b_at, uint32_t length) const {
    return length <= a.atoms.size() - a_at && length <= b.atoms.size() - b_at && hash(a, a_at, length) == hash(b, b_at, length);
  }

 private:
  uint64_t hash(const Passage& passage, uint32_t at, uint32_t length) const {
    return passage.sums[at + length] - passage.sums[at] * factors_[length];
  }

  std::vector<uint64_t> factors_;  // of what came so many atoms before
};

// How many atoms the shortest block has that begins at each; kNoBlock where none can.
constexpr uint32_t kNoBlock = UINT32_MAX;

std::vector<uint32_t> shortest_blocks(const Passage& passage) {
  std::vector<uint32_t> lengths(passage.atoms.size(), kNoBlock);
  std::vector<uint32_t> words;  // places, the nearest last
  for (auto at = static_cast<uint32_t>(lengths.size()); at-- > 0;) {
    if (passage.words[at]) words.push_back(at);
    if (words.size() < kMovedWordsMin) continue;
    lengths[at] = std::max(kMovedAtomsMin, words[words.size() - kMovedWordsMin] + 1 - at);
  }
  return lengths;
}

// The atoms of a whole text, hashed line by line as they are asked for.
class LazyAtoms {
 public:
  explicit LazyAtoms(const TokenText& text) : text_(text) {}
  uint64_t at(uint32_t number) {
    if (number < begin_ || number >= end_) enter_line_of(number);
    return (*atoms_)[number - begin_];
  }

 private:
  void enter_line_of(uint32_t number) {
    const std::vector<TokenText::Line>& lines = text_.lines();
    const auto next = std::upper_bound(lines.begin(), lines.end(), number, [](uint32_t atom, const TokenText::Line& line) {
      return atom < line.first_atom;
    });
    begin_ = (next - 1)->first_atom;
    end_ = text_.atom_of_line(static_cast<size_t>(next - lines.begin()));
    const auto [known, is_new] = lines_.try_emplace(begin_);
    if (is_new) known->second = text_.atoms(begin_, end_);
    atoms_ = &known->second;
  }

  const TokenText& text_;
  std::unordered_map<uint32_t, std::vector<uint64_t>> lines_;  // by first atom
  const std::vector<uint64_t>* atoms_ = nullptr;               // of the line at hand
  uint32_t begin_ = 0;
  uint32_t end_ = 0;
};

std::vector<LazyAtoms> atoms_of(const std::vector<MovePart>& parts) {
  std::vector<LazyAtoms> atoms;
  for (const MovePart& part : parts) atoms.emplace_back(*part.text);
  return atoms;
}

// Takes the pieces beside a block that are too small to be found alone: where what was beside it in its old place is beside it in the
// new one, but for atoms between that an equal one stayed for.
class Extension {
 public:
  Extension(const std::vector<MovePart>& gone, const std::vector<MovePart>& added, const std::vector<Move>& moves)
      : gone_(gone), added_(added), old_atoms_(atoms_of(gone)), new_atoms_(atoms_of(added)), free_(added.size()) {
    for (const Move& move : moves) {
      if (free_[move.to].empty()) free_[move.to] = free_atoms(added[move.to]);
      std::fill_n(free_[move.to].begin() + move.match.new_at, move.match.count, false);
    }
  }

  void extend(const Move& move, std::vector<Move>& pieces) {
    go(move, move.match.old_at + move.match.count, move.match.new_at + move.match.count, 1, pieces);
    go(move, int64_t{move.match.old_at} - 1, int64_t{move.match.new_at} - 1, -1, pieces);
  }

 private:
  static std::vector<bool> free_atoms(const MovePart& part) {
    std::vector<bool> free(part.text->units(), false);
    for (const AtomRange& range : part.ranges) std::fill(free.begin() + range.begin, free.begin() + range.end, true);
    return free;
  }

  void go(const Move& move, int64_t old_at, int64_t new_at, int step, std::vector<Move>& pieces) {
    const int64_t old_count = gone_[move.from].text->units();
    const int64_t new_count = added_[move.to].text->units();
    std::vector<bool>& free = free_[move.to];
    for (uint32_t stepped = 0; stepped <= kSteppedMax; old_at += step, new_at += step) {
      if (old_at < 0 || new_at < 0 || old_at >= old_count || new_at >= new_count) return;
      const auto at = static_cast<uint32_t>(new_at);
      if (old_atoms_[move.from].at(static_cast<uint32_t>(old_at)) != new_atoms_[move.to].at(at)) return;
      ++stepped;
      if (!free[at]) continue;
      stepped = 0;
      free[at] = false;
      pieces.push_back({move.from, move.to, {static_cast<uint32_t>(old_at), static_cast<uint32_t>(new_at), 1}});
    }
  }

  const std::vector<MovePart>& gone_;
  const std::vector<MovePart>& added_;
  std::vector<LazyAtoms> old_atoms_;  // by part
  std::vector<LazyAtoms> new_atoms_;
  std::vector<std::vector<bool>> free_;
};

// By part and place, neighbours in one.
std::vector<Move> joined(std::vector<Move> moves) {
  std::sort(moves.begin(), moves.end(), [](const Move& a, const Move& b) {
    return std::tie(a.to, a.match.new_at) < std::tie(b.to, b.match.new_at);
  });
  std::vector<Move> result;
  for (const Move& move : moves) {
    Move* last = result.empty() ? nullptr : &result.back();
    const bool goes_on = last && last->from == move.from && last->to == move.to &&
                         last->match.old_at + last->match.count == move.match.old_at &&
                         last->match.new_at + last->match.count == move.match.new_at;
    if (goes_on) last->match.count += move.match.count;
    else result.push_back(move);
  }
  return result;
}

}  // namespace

std::vector<Move> find_moves(const std::vector<MovePart>& gone, const std::vector<MovePart>& added) {
  const std::vector<Passage> sources = passages_of(gone);
  const std::vector<Passage> targets = passages_of(added);
  size_t atoms = 0;
  for (const Passage& source : sources) atoms += source.atoms.size();
  if (sources.empty() || targets.empty() || atoms > kMovedSourceAtomsMax) return {};
  const Seeds seeds(sources, atoms);
  size_t longest = 0;
  for (const Passage& target : targets) longest = std::max(longest, target.atoms.size());
  const Probe probe(longest);
  std::vector<Move> moves;
  for (const Passage& target : targets) {
    const std::vector<uint32_t> shortest = shortest_blocks(target);
    for (uint32_t at = 0; at + kMovedAtomsMin <= target.atoms.size();) {
      Place best;
      uint32_t length = 0;
      if (shortest[at] != kNoBlock) {
        seeds.each_place(seed_at(target, at), [&](const Place& place) {
          const Passage& source = sources[place.passage];
          if (!probe.may_be_equal(source, place.at, target, at, shortest[at])) return;
          const uint32_t common = common_length(source, place.at, target, at);
          if (common < shortest[at] || common <= length) return;
          length = common;
          best = place;
        });
      }
      if (length == 0) {
        ++at;
        continue;
      }
      const Passage& source = sources[best.passage];
      moves.push_back({source.part, target.part, {source.begin + best.at, target.begin + at, length}});
      at += length;
    }
  }
  Extension extension(gone, added, moves);
  std::vector<Move> pieces = moves;
  for (const Move& move : moves) extension.extend(move, pieces);
  return joined(std::move(pieces));
}

}  // namespace ain::repo
