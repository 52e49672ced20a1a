#include "repo/walk/token_text.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "repo/walk/sequence_diff.h"

namespace ain::repo {
namespace {

constexpr uint32_t kWeakBlockAtoms = 8;   // so few, between two rewritten passages, are alike by chance
constexpr uint32_t kMovedLineAtomsMin = 3;
constexpr int kWeakRounds = 4;

constexpr std::array<bool, 256> kWordBytes = [] {
  std::array<bool, 256> words{};
  for (size_t c = 0; c < 256; ++c) {
    words[c] = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c >= 0x80;
  }
  return words;
}();

constexpr uint64_t kSeed = 0x9e3779b97f4a7c15;
constexpr uint64_t kPrime = 0x100000001b3;

uint64_t mix(uint64_t hash) {
  hash ^= hash >> 32;
  hash *= 0xd6e8feb86659fd93;
  hash ^= hash >> 32;
  return hash;
}

// A formatter that prefers the other kind of quotes has changed nothing.
unsigned char plain(char c) { return c == '"' ? '\'' : static_cast<unsigned char>(c); }

uint64_t hash_atom(std::string_view atom) {
  uint64_t hash = kSeed;
  for (const char c : atom) hash = (hash ^ plain(c)) * kPrime;
  return mix(hash);
}

uint64_t load(const char* bytes) {
  uint64_t number;
  std::memcpy(&number, bytes, sizeof number);
  return number;
}

// Bytes that both begin with.
size_t common_begin(std::string_view a, std::string_view b) {
  const size_t most = std::min(a.size(), b.size());
  size_t count = 0;
  while (count + 8 <= most && load(a.data() + count) == load(b.data() + count)) count += 8;
  while (count < most && a[count] == b[count]) ++count;
  return count;
}

// Bytes that both end with.
size_t common_end(std::string_view a, std::string_view b) {
  const size_t most = std::min(a.size(), b.size());
  const char* a_end = a.data() + a.size();
  const char* b_end = b.data() + b.size();
  size_t count = 0;
  while (count + 8 <= most && load(a_end - count - 8) == load(b_end - count - 8)) count += 8;
  while (count < most && *(a_end - count - 1) == *(b_end - count - 1)) ++count;
  return count;
}

// The same atoms, in the same order.
bool same_atoms(std::string_view a, std::string_view b) {
  if (a == b) return true;
  const auto atoms_of = [](std::string_view line) {
    std::string atoms;
    each_atom(line, [&](const Atom& atom) {
      for (uint32_t i = atom.begin; i < atom.end; ++i) atoms.push_back(static_cast<char>(plain(line[i])));
      atoms.push_back(' ');
    });
    return atoms;
  };
  return atoms_of(a) == atoms_of(b);
}

// Lines or atoms of the two versions that nothing matches, between two matches.
struct Gap {
  uint32_t old_begin, old_end, new_begin, new_end;
  bool is_rewrite() const { return old_end > old_begin && new_end > new_begin; }
  uint32_t size() const { return std::max(old_end - old_begin, new_end - new_begin); }
};

Gap gap_between(const Match* before, const Match* after, uint32_t old_count, uint32_t new_count) {
  return {before ? before->old_at + before->count : 0, after ? after->old_at : old_count,
          before ? before->new_at + before->count : 0, after ? after->new_at : new_count};
}

std::vector<Gap> gaps_of(const Matches& matches, uint32_t old_count, uint32_t new_count) {
  std::vector<Gap> gaps;
  for (size_t i = 0; i <= matches.size(); ++i) {
    gaps.push_back(gap_between(i > 0 ? &matches[i - 1] : nullptr, i < matches.size() ? &matches[i] : nullptr, old_count,
                               new_count));
  }
  return gaps;
}

// Drops matches that `is_weak(match, gap before, gap after)`; a gap grows when a match beside it goes, so that more may follow.
template <typename IsWeak>
void drop_weak(Matches& matches, uint32_t old_count, uint32_t new_count, IsWeak is_weak) {
  for (int round = 0; round < kWeakRounds; ++round) {
    Matches kept;
    for (size_t i = 0; i < matches.size(); ++i) {
      const Match* next = i + 1 < matches.size() ? &matches[i + 1] : nullptr;
      const Gap before = gap_between(kept.empty() ? nullptr : &kept.back(), &matches[i], old_count, new_count);
      const Gap after = gap_between(&matches[i], next, old_count, new_count);
      if (!is_weak(matches[i], before, after)) kept.push_back(matches[i]);
    }
    const bool stable = kept.size() == matches.size();
    matches = std::move(kept);
    if (stable) return;
  }
}

std::vector<uint64_t> line_hashes(const TokenText& text) {
  std::vector<uint64_t> hashes;
  hashes.reserve(text.lines().size());
  for (const TokenText::Line& line : text.lines()) hashes.push_back(line.hash);
  return hashes;
}

// Everything from the first to the last of `count` lines.
std::string_view passage(const TokenText& text, uint32_t first, uint32_t count) {
  return text.line({.begin = text.lines()[first].begin, .end = text.lines()[first + count - 1].end});
}

// Blocks of equal lines; a hash is not trusted.
Matches match_blocks(const TokenText& old_version, const TokenText& new_version, int64_t& work) {
  Matches blocks;
  for (const Match& match : match_sequences(line_hashes(old_version), line_hashes(new_version), work)) {
    if (passage(old_version, match.old_at, match.count) == passage(new_version, match.new_at, match.count)) {
      blocks.push_back(match);
      continue;
    }
    for (uint32_t i = 0; i < match.count; ++i) {
      const TokenText::Line& old_line = old_version.lines()[match.old_at + i];
      const TokenText::Line& new_line = new_version.lines()[match.new_at + i];
      if (!same_atoms(old_version.line(old_line), new_version.line(new_line))) continue;
      const bool goes_on = !blocks.empty() && blocks.back().old_at + blocks.back().count == match.old_at + i &&
                           blocks.back().new_at + blocks.back().count == match.new_at + i;
      if (goes_on) ++blocks.back().count;
      else blocks.push_back({match.old_at + i, match.new_at + i, 1});
    }
  }
  return blocks;
}

// The atoms that two rewritten passages share. What is alike between two larger changes is so by chance.
Matches match_passages(const TokenText& old_version, const TokenText& new_version, const Gap& atoms, int64_t& work) {
  const std::vector<uint64_t> old_atoms = old_version.atoms(atoms.old_begin, atoms.old_end);
  const std::vector<uint64_t> new_atoms = new_version.atoms(atoms.new_begin, atoms.new_end);
  Matches matches = match_sequences(old_atoms, new_atoms, work);
  drop_weak(matches, static_cast<uint32_t>(old_atoms.size()), static_cast<uint32_t>(new_atoms.size()),
            [](const Match& match, const Gap& before, const Gap& after) {
              return before.is_rewrite() && after.is_rewrite() && match.count < before.size() && match.count < after.size();
            });
  for (Match& match : matches) {
    match.old_at += atoms.old_begin;
    match.new_at += atoms.new_begin;
  }
  return matches;
}

// True for lines, by number, of which no atom is matched.
std::vector<bool> untouched(const TokenText& text, std::vector<std::pair<uint32_t, uint32_t>> matched) {
  std::sort(matched.begin(), matched.end());
  std::vector<bool> result(text.lines().size(), true);
  size_t next = 0;
  for (size_t line = 0; line < result.size(); ++line) {
    while (next < matched.size() && matched[next].second <= text.atom_of_line(line)) ++next;
    result[line] = next == matched.size() || matched[next].first >= text.atom_of_line(line + 1);
  }
  return result;
}

// Lines that changed places: each takes the first equal line of the old version that nothing else has.
void match_moved_lines(const TokenText& old_version, const TokenText& new_version, Matches& matches) {
  std::vector<std::pair<uint32_t, uint32_t>> old_matched;
  std::vector<std::pair<uint32_t, uint32_t>> new_matched;
  for (const Match& match : matches) {
    old_matched.emplace_back(match.old_at, match.old_at + match.count);
    new_matched.emplace_back(match.new_at, match.new_at + match.count);
  }
  const std::vector<bool> old_free = untouched(old_version, std::move(old_matched));
  const std::vector<bool> new_free = untouched(new_version, std::move(new_matched));
  std::vector<std::pair<uint64_t, size_t>> gone;  // hash and number
  for (size_t line = 0; line < old_free.size(); ++line) {
    if (old_free[line]) gone.emplace_back(old_version.lines()[line].hash, line);
  }
  if (gone.empty()) return;
  std::sort(gone.begin(), gone.end());
  std::vector<size_t> used(gone.size(), 0);  // of the lines with one hash, at the first of them
  for (size_t line = 0; line < new_free.size(); ++line) {
    const TokenText::Line& now = new_version.lines()[line];
    const uint32_t atoms = new_version.atom_of_line(line + 1) - now.first_atom;
    if (!new_free[line] || now.words == 0 || atoms < kMovedLineAtomsMin) continue;
    const auto first = std::lower_bound(gone.begin(), gone.end(), std::pair<uint64_t, size_t>(now.hash, 0));
    const auto number = static_cast<size_t>(first - gone.begin());
    const size_t next = number < gone.size() ? number + used[number] : number;
    if (next >= gone.size() || gone[next].first != now.hash) continue;
    const TokenText::Line& was = old_version.lines()[gone[next].second];
    if (!same_atoms(old_version.line(was), new_version.line(now))) continue;
    ++used[number];
    matches.push_back({was.first_atom, now.first_atom, atoms});
  }
}

}  // namespace

bool is_word_byte(unsigned char byte) { return kWordBytes[byte]; }

TokenText::TokenText(Bytes bytes, const TokenText* near) : bytes_(std::move(bytes)) {
  const std::string_view text = *bytes_;
  if (near == nullptr) {
    read_lines(0, text.size());
    lines_.shrink_to_fit();
    return;
  }
  const std::string_view other = *near->bytes_;
  const size_t same_begin = common_begin(text, other);
  // Lines that end, newline included, within what both begin with.
  lines_.reserve(near->lines_.size() + 16);
  auto line = near->lines_.begin();
  for (; line != near->lines_.end() && line->end < same_begin; ++line) lines_.push_back(*line);
  atoms_ = near->atom_of_line(lines_.size());
  const size_t begin = lines_.empty() ? 0 : lines_.back().end + 1;
  const size_t same_end = common_end(text.substr(same_begin), other.substr(same_begin));
  // The lines after the first newline in what both end with.
  const size_t newline = text.find('\n', text.size() - same_end);
  const size_t tail = newline == text.npos ? text.size() : newline + 1;
  read_lines(begin, tail);
  const size_t other_tail = other.size() - (text.size() - tail);
  auto rest = std::lower_bound(near->lines_.begin(), near->lines_.end(), other_tail,
                               [](const Line& known, size_t at) { return known.begin < at; });
  if (rest == near->lines_.end()) return;
  const uint32_t before = rest->first_atom;
  const uint32_t here = atoms_;
  for (; rest != near->lines_.end(); ++rest) {
    Line moved = *rest;
    moved.begin = static_cast<uint32_t>(moved.begin - other_tail + tail);
    moved.end = static_cast<uint32_t>(moved.end - other_tail + tail);
    moved.first_atom = moved.first_atom - before + here;
    lines_.push_back(moved);
  }
  atoms_ = near->atoms_ - before + here;
}

void TokenText::read_lines(size_t begin, size_t end) {
  const std::string_view text = std::string_view(*bytes_).substr(0, end);
  while (begin < end) {
    const size_t newline = std::min(text.find('\n', begin), end);
    Line line{.begin = static_cast<uint32_t>(begin), .end = static_cast<uint32_t>(newline), .first_atom = atoms_,
              .hash = kSeed};
    each_atom(text.substr(begin, newline - begin), [&](const Atom& atom) {
      uint64_t hash = line.hash;
      for (uint32_t i = atom.begin; i < atom.end; ++i) hash = (hash ^ plain(text[begin + i])) * kPrime;
      line.hash = (hash ^ (hash >> 29)) * kPrime;
      line.words += atom.word ? 1 : 0;
      ++atoms_;
    });
    line.hash = mix(line.hash);
    if (atoms_ > line.first_atom) lines_.push_back(line);
    begin = newline + 1;
  }
}

std::vector<uint64_t> TokenText::atoms(uint32_t first, uint32_t end, std::vector<bool>* words) const {
  std::vector<uint64_t> hashes;
  hashes.reserve(end - first);
  auto at = std::upper_bound(lines_.begin(), lines_.end(), first,
                             [](uint32_t atom, const Line& line) { return atom < line.first_atom; });
  if (at != lines_.begin()) --at;
  for (; at != lines_.end() && at->first_atom < end; ++at) {
    const std::string_view text = line(*at);
    uint32_t number = at->first_atom;
    each_atom(text, [&](const Atom& atom) {
      if (number >= first && number < end) {
        hashes.push_back(hash_atom(text.substr(atom.begin, atom.end - atom.begin)));
        if (words != nullptr) words->push_back(atom.word);
      }
      ++number;
    });
  }
  return hashes;
}

Matches match_tokens(const TokenText& old_version, const TokenText& new_version, int64_t& work) {
  const auto old_lines = static_cast<uint32_t>(old_version.lines().size());
  const auto new_lines = static_cast<uint32_t>(new_version.lines().size());
  Matches blocks = match_blocks(old_version, new_version, work);
  drop_weak(blocks, old_lines, new_lines, [&](const Match& block, const Gap& before, const Gap& after) {
    const uint32_t atoms = new_version.atom_of_line(block.new_at + block.count) - new_version.atom_of_line(block.new_at);
    return atoms < kWeakBlockAtoms && before.is_rewrite() && after.is_rewrite();
  });
  Matches matches;
  const std::vector<Gap> gaps = gaps_of(blocks, old_lines, new_lines);
  for (size_t i = 0; i < gaps.size(); ++i) {
    if (gaps[i].is_rewrite()) {
      const Gap atoms = {old_version.atom_of_line(gaps[i].old_begin), old_version.atom_of_line(gaps[i].old_end),
                         new_version.atom_of_line(gaps[i].new_begin), new_version.atom_of_line(gaps[i].new_end)};
      const Matches inside = match_passages(old_version, new_version, atoms, work);
      matches.insert(matches.end(), inside.begin(), inside.end());
    }
    if (i == blocks.size()) break;
    const uint32_t new_begin = new_version.atom_of_line(blocks[i].new_at);
    matches.push_back({old_version.atom_of_line(blocks[i].old_at), new_begin,
                       new_version.atom_of_line(blocks[i].new_at + blocks[i].count) - new_begin});
  }
  match_moved_lines(old_version, new_version, matches);
  std::sort(matches.begin(), matches.end(), [](const Match& a, const Match& b) { return a.new_at < b.new_at; });
  return matches;
}

}  // namespace ain::repo
