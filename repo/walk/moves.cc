#include "repo/walk/moves.h"

#include <algorithm>
#include <unordered_map>

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

// All atoms of the parts that are asked for.
class WholeTexts {
 public:
  explicit WholeTexts(const std::vector<MovePart>& parts) : parts_(parts), atoms_(parts.size()) {}
  const std::vector<uint64_t>& of(size_t part) {
    if (atoms_[part].empty()) atoms_[part] = parts_[part].text->atoms(0, parts_[part].text->units());
    return atoms_[part];
  }

 private:
  const std::vector<MovePart>& parts_;
  std::vector<std::vector<uint64_t>> atoms_;
};

// Takes the pieces beside a block that are too small to be found alone: where what was beside it in its old place is beside it in the
// new one, but for atoms between that an equal one stayed for.
class Extension {
 public:
  Extension(const std::vector<MovePart>& gone, const std::vector<MovePart>& added, const std::vector<Move>& moves)
      : old_texts_(gone), new_texts_(added), free_(added.size()) {
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
    const std::vector<uint64_t>& old_atoms = old_texts_.of(move.from);
    const std::vector<uint64_t>& new_atoms = new_texts_.of(move.to);
    std::vector<bool>& free = free_[move.to];
    for (uint32_t stepped = 0; stepped <= kSteppedMax; old_at += step, new_at += step) {
      if (old_at < 0 || new_at < 0 || old_at >= std::ssize(old_atoms) || new_at >= std::ssize(new_atoms)) return;
      const auto at = static_cast<size_t>(new_at);
      if (old_atoms[static_cast<size_t>(old_at)] != new_atoms[at]) return;
      ++stepped;
      if (!free[at]) continue;
      stepped = 0;
      free[at] = false;
      pieces.push_back({move.from, move.to, {static_cast<uint32_t>(old_at), static_cast<uint32_t>(new_at), 1}});
    }
  }

  WholeTexts old_texts_;
  WholeTexts new_texts_;
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
  uint64_t atoms = 0;
  for (const Passage& source : sources) atoms += source.atoms.size();
  if (sources.empty() || targets.empty() || atoms > kMovedSourceAtomsMax) return {};
  std::unordered_map<uint64_t, std::vector<Place>> places;
  for (uint32_t number = 0; number < sources.size(); ++number) {
    for (uint32_t at = 0; at + kSeedAtoms <= sources[number].atoms.size(); ++at) {
      std::vector<Place>& same = places[seed_at(sources[number], at)];
      if (same.size() < kMovedPlacesMax) same.push_back({number, at});
    }
  }
  size_t longest = 0;
  for (const Passage& target : targets) longest = std::max(longest, target.atoms.size());
  const Probe probe(longest);
  std::vector<Move> moves;
  for (const Passage& target : targets) {
    const std::vector<uint32_t> shortest = shortest_blocks(target);
    for (uint32_t at = 0; at + kMovedAtomsMin <= target.atoms.size();) {
      const auto found = shortest[at] == kNoBlock ? places.end() : places.find(seed_at(target, at));
      Place best;
      uint32_t length = 0;
      if (found != places.end()) {
        for (const Place& place : found->second) {
          const Passage& source = sources[place.passage];
          if (!probe.may_be_equal(source, place.at, target, at, shortest[at])) continue;
          const uint32_t common = common_length(source, place.at, target, at);
          if (common < shortest[at] || common <= length) continue;
          length = common;
          best = place;
        }
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
