// Private to repo/: a file as a sequence of atoms, the units of attr-v1. An atom is a run of letters, digits, '_' and bytes above
// 0x7f (a word), or any other printable byte (a mark); blanks are none. What of it is code, and so worth money, is decided later, by
// the lexer of its language: the walk needs no language.
#pragma once

#include <string_view>

#include "repo/walk/units.h"

namespace ain::repo {

class TokenText final : public UnitText {
 public:
  struct Line {
    uint32_t begin = 0;  // bytes
    uint32_t end = 0;
    uint32_t first_atom = 0;
    uint32_t words = 0;
    uint64_t hash = 0;  // of its atoms
  };

  // The lines at the beginning and at the end that `near` has too are taken from it.
  explicit TokenText(Bytes bytes, const TokenText* near = nullptr);

  uint32_t units() const override { return atoms_; }
  size_t memory_bytes() const override { return bytes_->size() + lines_.capacity() * sizeof(Line); }
  const std::vector<Line>& lines() const { return lines_; }  // those with atoms
  std::string_view line(const Line& line) const { return std::string_view(*bytes_).substr(line.begin, line.end - line.begin); }
  // The first atom of a line, or the number of atoms for the one after the last.
  uint32_t atom_of_line(size_t line) const { return line < lines_.size() ? lines_[line].first_atom : atoms_; }
  // Hashes of the atoms from `first` to `end`; `words` is filled with which of them are words.
  std::vector<uint64_t> atoms(uint32_t first, uint32_t end, std::vector<bool>* words = nullptr) const;

 private:
  void read_lines(size_t begin, size_t end);

  Bytes bytes_;
  std::vector<Line> lines_;
  uint32_t atoms_ = 0;
};

struct Atom {
  uint32_t begin = 0;  // bytes
  uint32_t end = 0;
  bool word = false;
};
// Calls `take(Atom)` for each atom of `text`.
template <typename Take>
void each_atom(std::string_view text, Take take);

bool is_word_byte(unsigned char byte);

// What both versions share. Whole lines first, whatever their blanks; then the atoms of lines that were rewritten; then single lines
// that changed places.
// `work` grows by the steps that it took.
Matches match_tokens(const TokenText& old_version, const TokenText& new_version, int64_t& work);

template <typename Take>
void each_atom(std::string_view text, Take take) {
  for (uint32_t i = 0; i < text.size();) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte <= ' ' || byte == 0x7f) {
      ++i;
      continue;
    }
    const uint32_t begin = i++;
    const bool word = is_word_byte(byte);
    while (word && i < text.size() && is_word_byte(static_cast<unsigned char>(text[i]))) ++i;
    take(Atom{begin, i, word});
  }
}

}  // namespace ain::repo
