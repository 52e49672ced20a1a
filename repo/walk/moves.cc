#include "repo/walk/moves.h"

#include <algorithm>
#include <unordered_map>

namespace ain::repo {
namespace {

constexpr uint32_t kSeedAtoms = 8;  // a block begins where so many atoms are equal

// The atoms of one range of a part.
struct Passage {
  size_t part = 0;
  uint32_t begin = 0;  // the first atom's number in the file
  std::vector<uint64_t> atoms;
  std::vector<bool> words;
};

std::vector<Passage> passages_of(const std::vector<MovePart>& parts) {
  std::vector<Passage> passages;
  for (size_t part = 0; part < parts.size(); ++part) {
    for (const AtomRange& range : parts[part].ranges) {
      if (range.end - range.begin < kMovedAtomsMin) continue;
      Passage& passage = passages.emplace_back(Passage{part, range.begin, {}, {}});
      passage.atoms = parts[part].text->atoms(range.begin, range.end, &passage.words);
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

bool is_block(const Passage& passage, uint32_t at, uint32_t length) {
  if (length < kMovedAtomsMin) return false;
  const auto first = passage.words.begin() + at;
  return std::count(first, first + length, true) >= static_cast<int64_t>(kMovedWordsMin);
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
  std::vector<Move> moves;
  for (const Passage& target : targets) {
    for (uint32_t at = 0; at + kMovedAtomsMin <= target.atoms.size();) {
      const auto found = places.find(seed_at(target, at));
      Place best;
      uint32_t length = 0;
      if (found != places.end()) {
        for (const Place& place : found->second) {
          const uint32_t common = common_length(sources[place.passage], place.at, target, at);
          if (common <= length) continue;
          length = common;
          best = place;
        }
      }
      if (!is_block(target, at, length)) {
        ++at;
        continue;
      }
      const Passage& source = sources[best.passage];
      moves.push_back({source.part, target.part, {source.begin + best.at, target.begin + at, length}});
      at += length;
    }
  }
  return moves;
}

}  // namespace ain::repo
