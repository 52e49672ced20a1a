#include "repo/walk/moves.h"

#include <algorithm>
#include <list>
#include <mutex>
#include <random>
#include <unordered_map>

#include "base/amount.h"
#include "repo/walk/hash_table.h"

namespace ain::repo {
namespace {

constexpr uint32_t kSeedAtoms = 8;    // a block begins where so many atoms are equal
constexpr uint32_t kSteppedMax = 64;  // atoms that stayed in their place, over which a block goes on
constexpr size_t kOpenTexts = 8;
constexpr uint64_t kManyAtoms = 500'000;  // whoever looks through so many is alone: threads would need hundreds of megabytes each

// The atoms of one range of a part.
struct Passage {
  size_t part = 0;
  uint32_t begin = 0;  // the first atom's number in the file
  std::vector<uint64_t> atoms;
  std::vector<bool> words;
  std::vector<uint64_t> sums;  // hashes of all atoms before each, and of all
};

// Sums are modulo this prime, and multiplied with a secret of this process: whatever the atoms, nobody can make two stretches whose sums are
// alike. (Modulo 2^64 there are such stretches for every factor.)
constexpr uint64_t kSumPrime = (uint64_t{1} << 61) - 1;

uint64_t reduced(uint64_t number) {
  number = (number & kSumPrime) + (number >> 61);
  return number >= kSumPrime ? number - kSumPrime : number;
}
uint64_t product(uint64_t a, uint64_t b) {
  const Int128 wide = static_cast<Int128>(a) * b;
  return reduced((static_cast<uint64_t>(wide) & kSumPrime) + static_cast<uint64_t>(wide >> 61));
}
uint64_t sum_factor() {
  static const uint64_t secret = (uint64_t{std::random_device()()} << 32 | std::random_device()()) % (kSumPrime - 2) + 2;
  return secret;
}

void add_sums(Passage& passage) {
  const uint64_t factor = sum_factor();
  passage.sums.reserve(passage.atoms.size() + 1);
  passage.sums.push_back(0);
  for (const uint64_t atom : passage.atoms) passage.sums.push_back(reduced(product(passage.sums.back(), factor) + reduced(atom)));
}

bool can_hold_block(const AtomRange& range) { return range.end - range.begin >= kMovedAtomsMin; }

void add_passages(size_t number, const MovePart& part, const TokenText& text, std::vector<Passage>& passages) {
  for (const AtomRange& range : part.ranges) {
    if (!can_hold_block(range)) continue;
    Passage& passage = passages.emplace_back(Passage{number, range.begin, {}, {}, {}});
    passage.atoms = text.atoms(range.begin, range.end, &passage.words);
    add_sums(passage);
  }
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
    while (factors_.size() <= atoms_max) factors_.push_back(product(factors_.back(), sum_factor()));
  }
  bool may_be_equal(const Passage& a, uint32_t a_at, const Passage& b, uint32_t b_at, uint32_t length) const {
    return length <= a.atoms.size() - a_at && length <= b.atoms.size() - b_at && hash(a, a_at, length) == hash(b, b_at, length);
  }

 private:
  uint64_t hash(const Passage& passage, uint32_t at, uint32_t length) const {
    return reduced(passage.sums[at + length] + kSumPrime - product(passage.sums[at], factors_[length]));
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
  explicit LazyAtoms(std::shared_ptr<const TokenText> text) : text_(std::move(text)) {}
  uint32_t count() const { return text_->units(); }
  uint64_t at(uint32_t number) {
    if (number < begin_ || number >= end_) enter_line_of(number);
    return (*atoms_)[number - begin_];
  }

 private:
  void enter_line_of(uint32_t number) {
    const std::vector<TokenText::Line>& lines = text_->lines();
    const auto next = std::upper_bound(lines.begin(), lines.end(), number, [](uint32_t atom, const TokenText::Line& line) {
      return atom < line.first_atom;
    });
    begin_ = (next - 1)->first_atom;
    end_ = text_->atom_of_line(static_cast<size_t>(next - lines.begin()));
    const auto [known, is_new] = lines_.try_emplace(begin_);
    if (is_new) known->second = text_->atoms(begin_, end_);
    atoms_ = &known->second;
  }

  std::shared_ptr<const TokenText> text_;
  std::unordered_map<uint32_t, std::vector<uint64_t>> lines_;  // by first atom
  const std::vector<uint64_t>* atoms_ = nullptr;               // of the line at hand
  uint32_t begin_ = 0;
  uint32_t end_ = 0;
};

// The texts of some parts, those used last.
class OpenTexts {
 public:
  explicit OpenTexts(const std::vector<MovePart>& parts) : parts_(parts) {}

  // Good until the next call; null when more were opened than kMovedOpenedAtomsMax.
  LazyAtoms* of(size_t part) {
    const auto known = std::find_if(open_.begin(), open_.end(), [&](const auto& one) { return one.first == part; });
    if (known != open_.end()) {
      open_.splice(open_.begin(), open_, known);
    } else {
      if (opened_ > kMovedOpenedAtomsMax) return nullptr;
      if (open_.size() == kOpenTexts) open_.pop_back();
      open_.emplace_front(part, LazyAtoms(parts_[part].text()));
      opened_ += open_.front().second.count();
    }
    return &open_.front().second;
  }

 private:
  const std::vector<MovePart>& parts_;
  std::list<std::pair<size_t, LazyAtoms>> open_;
  uint64_t opened_ = 0;
};

// Takes the pieces beside a new part's blocks that are too small to be found alone: where what was beside one in its old place is beside it
// in the new one, but for atoms between that an equal one stayed for.
class Extension {
 public:
  Extension(OpenTexts& old_texts, const MovePart& part, std::shared_ptr<const TokenText> text, const std::vector<Move>& moves)
      : old_texts_(old_texts), new_atoms_(std::move(text)), free_(new_atoms_.count(), false) {
    for (const AtomRange& range : part.ranges) std::fill(free_.begin() + range.begin, free_.begin() + range.end, true);
    for (const Move& move : moves) std::fill_n(free_.begin() + move.match.new_at, move.match.count, false);
  }

  void extend(const Move& move, std::vector<Move>& pieces) {
    LazyAtoms* old_atoms = old_texts_.of(move.from);
    if (old_atoms == nullptr) return;
    go(*old_atoms, move, move.match.old_at + move.match.count, move.match.new_at + move.match.count, 1, pieces);
    go(*old_atoms, move, int64_t{move.match.old_at} - 1, int64_t{move.match.new_at} - 1, -1, pieces);
  }

 private:
  void go(LazyAtoms& old_atoms, const Move& move, int64_t old_at, int64_t new_at, int step, std::vector<Move>& pieces) {
    for (uint32_t stepped = 0; stepped <= kSteppedMax; old_at += step, new_at += step) {
      if (old_at < 0 || new_at < 0 || old_at >= old_atoms.count() || new_at >= new_atoms_.count()) return;
      const auto at = static_cast<uint32_t>(new_at);
      if (old_atoms.at(static_cast<uint32_t>(old_at)) != new_atoms_.at(at)) return;
      ++stepped;
      if (!free_[at]) continue;
      stepped = 0;
      free_[at] = false;
      pieces.push_back({move.from, move.to, {static_cast<uint32_t>(old_at), static_cast<uint32_t>(new_at), 1}});
    }
  }

  OpenTexts& old_texts_;
  LazyAtoms new_atoms_;
  std::vector<bool> free_;
};

// What is gone, and where in it the blocks of new parts were.
class Sources {
 public:
  Sources(const std::vector<MovePart>& gone, size_t atoms, size_t longest_target)
      : passages_(passages_of(gone)), seeds_(passages_, atoms), probe_(longest_target) {}

  // Adds the blocks of one passage of a new part, in order.
  void find(const Passage& target, std::vector<Move>& moves) const {
    const std::vector<uint32_t> shortest = shortest_blocks(target);
    for (uint32_t at = 0; at + kMovedAtomsMin <= target.atoms.size();) {
      Place best;
      uint32_t length = 0;
      if (shortest[at] != kNoBlock) {
        seeds_.each_place(seed_at(target, at), [&](const Place& place) {
          const Passage& source = passages_[place.passage];
          if (!probe_.may_be_equal(source, place.at, target, at, shortest[at])) return;
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
      const Passage& source = passages_[best.passage];
      moves.push_back({source.part, target.part, {source.begin + best.at, target.begin + at, length}});
      at += length;
    }
  }

 private:
  static std::vector<Passage> passages_of(const std::vector<MovePart>& gone) {
    std::vector<Passage> passages;
    for (size_t number = 0; number < gone.size(); ++number) {
      if (movable_atoms(gone[number]) > 0) add_passages(number, gone[number], *gone[number].text(), passages);
    }
    return passages;
  }

  std::vector<Passage> passages_;
  Seeds seeds_;
  Probe probe_;
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

uint64_t movable_atoms(const MovePart& part) {
  uint64_t atoms = 0;
  for (const AtomRange& range : part.ranges) atoms += can_hold_block(range) ? range.end - range.begin : 0;
  return atoms;
}

std::vector<Move> find_moves(const std::vector<MovePart>& gone, const std::vector<MovePart>& added) {
  uint64_t atoms = 0;
  for (const MovePart& part : gone) atoms += movable_atoms(part);
  size_t longest = 0;
  for (const MovePart& part : added) {
    for (const AtomRange& range : part.ranges) longest = std::max<size_t>(longest, range.end - range.begin);
  }
  if (atoms == 0 || atoms > kMovedSourceAtomsMax || longest < kMovedAtomsMin) return {};
  static std::mutex many;
  const auto alone = atoms + longest > kManyAtoms ? std::unique_lock(many) : std::unique_lock<std::mutex>();
  const Sources sources(gone, atoms, longest);
  OpenTexts old_texts(gone);
  std::vector<Move> result;
  for (size_t number = 0; number < added.size(); ++number) {
    if (movable_atoms(added[number]) == 0) continue;
    const auto text = added[number].text();
    std::vector<Passage> targets;
    add_passages(number, added[number], *text, targets);
    std::vector<Move> moves;
    for (const Passage& target : targets) sources.find(target, moves);
    if (moves.empty()) continue;
    Extension extension(old_texts, added[number], text, moves);
    std::vector<Move> pieces = moves;
    for (const Move& move : moves) extension.extend(move, pieces);
    const std::vector<Move> whole = joined(std::move(pieces));
    result.insert(result.end(), whole.begin(), whole.end());
  }
  return result;
}

}  // namespace ain::repo
