// The diff inside libgit2 and the one through its public interface must find the same: who wrote a line rests on it.
#include "repo/walk/line_diff.h"

#include <gtest/gtest.h>

#include <random>

#include "repo/libgit.h"
namespace ain::repo {
namespace {

std::string random_text(std::mt19937& random, const std::string& from) {
  // A text of few different lines has many equally good diffs, which only the heuristics choose between.
  constexpr std::array kLines{"", "}", "{", "  return 0;", "\tint i;", " \f", "void f()", "  if (a) {", "x  = y", "x = y"};
  std::string text;
  size_t at = 0;
  const size_t lines = random() % 400;
  for (size_t i = 0; i < lines; ++i) {
    const size_t end = from.find('\n', at);
    if (end != from.npos && random() % 5 != 0) {
      text += from.substr(at, end - at + 1);
      at = end + 1;
    } else {
      text += std::string(kLines[random() % kLines.size()]) + "\n";
      if (end != from.npos && random() % 3 == 0) at = end + 1;
    }
  }
  if (random() % 4 == 0) text += "no newline at the end";
  return text;
}

TEST(LineDiff, AgreesWithThePublicInterface) {
  start_libgit2();
  std::mt19937 random(4711);
  for (int round = 0; round < 3000; ++round) {
    const std::string old_text = random_text(random, "");
    const std::string new_text = random_text(random, old_text);
    for (const bool ignore_space : {false, true}) {
      ASSERT_EQ(match_lines(Lines(old_text), Lines(new_text), ignore_space),
                match_lines_by_patch(Lines(old_text), Lines(new_text), ignore_space))
          << "round " << round;
    }
  }
}

}  // namespace
}  // namespace ain::repo
