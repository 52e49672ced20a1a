// Private to repo/: blocks of code that a commit takes away in one place and puts in another. They keep their authors. A frozen rule of
// the attribution: a block is at least kMovedAtomsMin atoms, at least kMovedWordsMin of them words; the longest block counts, of
// equals the one from the first path and place. Smaller pieces beside a block that were beside it before come with it.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "repo/walk/token_text.h"

namespace ain::repo {

inline constexpr uint32_t kMovedAtomsMin = 16;
inline constexpr uint32_t kMovedWordsMin = 6;
inline constexpr uint64_t kMovedSourceAtomsMax = 8'000'000;  // of all that a commit takes away; beyond it nothing is looked for
inline constexpr size_t kMovedPlacesMax = 32;                // places of one beginning that are tried
inline constexpr uint64_t kMovedOpenedAtomsMax = 100'000'000;  // of old texts that are opened for what lay beside blocks

struct AtomRange {
  uint32_t begin = 0;
  uint32_t end = 0;
};

// A version of a file, and the atoms of it that are gone (of an old one) or new (of a new one). Its text is asked for when it is needed: a
// commit can change more than fits into memory.
struct MovePart {
  std::function<std::shared_ptr<const TokenText>()> text;
  std::vector<AtomRange> ranges;
};
// Of those that can hold a block.
uint64_t movable_atoms(const MovePart& part);

struct Move {
  size_t from = 0;  // number of the old part
  size_t to = 0;    // of the new one
  Match match;
};

// What of `added` was in `gone`, by new part and place, not overlapping there.
std::vector<Move> find_moves(const std::vector<MovePart>& gone, const std::vector<MovePart>& added);

}  // namespace ain::repo
