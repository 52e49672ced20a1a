#include "repo/walk/moves.h"

#include <gtest/gtest.h>

#include <bit>
#include <random>

#include "tests/repo/walk/texts.h"

namespace ain::repo {
namespace {

MovePart whole(const std::string& text) {
  const auto read = token_text(text);
  return {[read] { return read; }, {{0, read->units()}}};
}

// By the rule, place by place: the longest block from each atom on, of equals the first, and on behind it.
Matches naive_blocks(const TokenText& gone, const TokenText& added) {
  std::vector<bool> is_word;
  const std::vector<uint64_t> before = gone.atoms(0, gone.units());
  const std::vector<uint64_t> after = added.atoms(0, added.units(), &is_word);
  Matches blocks;
  for (uint32_t at = 0; at < after.size();) {
    Match best{0, at, 0};
    size_t places = 0;
    for (uint32_t from = 0; from < before.size() && places < kMovedPlacesMax; ++from) {
      uint32_t length = 0;
      while (from + length < before.size() && at + length < after.size() && before[from + length] == after[at + length]) ++length;
      if (length >= 8) ++places;
      if (length > best.count) best = {from, at, length};
    }
    const auto words = std::count(is_word.begin() + at, is_word.begin() + at + best.count, true);
    const bool is_block = best.count >= kMovedAtomsMin && words >= static_cast<long>(kMovedWordsMin);
    if (is_block) blocks.push_back(best);
    at += is_block ? best.count : 1;
  }
  return blocks;
}

std::string random_text(std::mt19937& random, size_t atoms) {
  static constexpr const char* kAtoms[] = {"a ", "b ", ". ", ". ", "( "};
  std::string text;
  while (atoms-- > 0) text += kAtoms[random() % std::size(kAtoms)];
  return text;
}

TEST(Moves, HoldTheNaiveBlocks) {
  std::mt19937 random(5);
  size_t found = 0;
  for (int round = 0; round < 300; ++round) {
    const std::string shared = random_text(random, 10 + random() % 60);
    const std::string other = random_text(random, 10 + random() % 40);
    const MovePart gone = whole(random_text(random, random() % 50) + shared + random_text(random, 5) + other);
    const MovePart added = whole(other + random_text(random, random() % 50) + shared + shared);
    const std::vector<Move> moves = find_moves({gone}, {added});
    for (const Match& block : naive_blocks(*gone.text(), *added.text())) {
      const bool is_held = std::any_of(moves.begin(), moves.end(), [&](const Move& move) {
        return move.match.new_at <= block.new_at && block.new_at + block.count <= move.match.new_at + move.match.count &&
               int64_t{move.match.new_at} - move.match.old_at == int64_t{block.new_at} - block.old_at;
      });
      ASSERT_TRUE(is_held) << round << ": " << block.old_at << " " << block.new_at << " " << block.count;
      ++found;
    }
  }
  EXPECT_GT(found, 300u);
}

TEST(Moves, MarksAloneAreNoBlock) {
  EXPECT_TRUE(find_moves({whole(repeated("; ", 100))}, {whole(repeated("; ", 100))}).empty());
  EXPECT_EQ(find_moves({whole(repeated("; ", 100) + "a b c d e f")}, {whole(repeated("; ", 100) + "a b c d e f")}).size(), 1u);
}

// Each mark has many places to be compared with, all the way; none is a block.
TEST(Moves, ManyMarksEndSoon) {
  const MovePart marks = whole(repeated(";", 2'000'000));
  EXPECT_TRUE(find_moves({marks}, {marks}).empty());
}

// Two stretches of two marks each whose polynomial sums modulo 2^64 are alike, whatever the factor: Thue and Morse's.
std::string thue_morse(size_t marks, bool other) {
  std::string text;
  for (size_t i = 0; i < marks; ++i) text += (std::popcount(i) % 2 != 0) != other ? '[' : '(';
  return text;
}

TEST(Moves, StretchesThatAreMadeToLookAlikeEndSoon) {
  std::mt19937 random(7);
  std::string marks;
  for (int i = 0; i < 1'000'000; ++i) marks += ".,:;!?+-*/%&|<>=(){}[]~^"[random() % 24];
  const auto part = [&](bool other, const std::string& words) { return whole(marks + thue_morse(4096, other) + words); };
  EXPECT_TRUE(find_moves({part(false, " a b c d e f")}, {part(true, " a b c d e f")}).empty());
}

}  // namespace
}  // namespace ain::repo
