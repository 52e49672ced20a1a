// Two versions of a file, parted by a byte 0x1e. What the diffs say they share must be shared, in bounds and told once; and a version
// attributed by it must be covered by its runs, each unit from where a naive reckoning has it from.
#include <algorithm>
#include <map>
#include <numeric>
#include <string>

#include "repo/text_file.h"
#include "repo/walk/apply.h"
#include "repo/walk/line_diff.h"
#include "repo/walk/moves.h"
#include "repo/walk/sequence_diff.h"
#include "tests/fuzz/harness.h"

namespace ain::repo {
namespace {

constexpr const char* kFile = "f";
using Hashes = std::vector<uint64_t>;

// `alike`: whether an old and a new unit are.
template <typename Alike>
void check_matches(const Matches& matches, size_t old_units, size_t new_units, Alike alike) {
  size_t end = 0;
  for (const Match& match : matches) {
    must(match.count > 0 && match.new_at >= end);
    end = size_t{match.new_at} + match.count;
    must(end <= new_units && size_t{match.old_at} + match.count <= old_units);
    for (uint32_t i = 0; i < match.count; ++i) must(alike(match.old_at + i, match.new_at + i));
  }
}

// In the old version's order too, and none could be longer.
void check_in_order(const Matches& matches) {
  for (size_t i = 1; i < matches.size(); ++i) {
    const Match& before = matches[i - 1];
    const uint32_t old_end = before.old_at + before.count;
    must(matches[i].old_at >= old_end);
    must(matches[i].old_at > old_end || matches[i].new_at > before.new_at + before.count);
  }
}

std::vector<std::string> lines_of(std::string_view text, bool ignore_space) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const size_t size = std::min(text.find('\n'), text.size() - 1) + 1;
    std::string line(text.substr(0, size));
    if (ignore_space) std::erase_if(line, [](char c) { return std::string_view(" \t\n\r\v\f").find(c) != std::string_view::npos; });
    lines.push_back(std::move(line));
    text.remove_prefix(size);
  }
  return lines;
}

Matches check_lines(std::string_view before, std::string_view after, bool ignore_space) {
  const std::vector<std::string> old_lines = lines_of(before, ignore_space);
  const std::vector<std::string> new_lines = lines_of(after, ignore_space);
  must(old_lines.size() == count_lines(before) && new_lines.size() == count_lines(after));
  const auto matched = [&] { return match_lines(Lines(before), Lines(after), ignore_space); };
  Matches matches = matched();
  check_matches(matches, old_lines.size(), new_lines.size(), [&](size_t was, size_t is) { return old_lines[was] == new_lines[is]; });
  check_in_order(matches);
  must(matched() == matches && match_lines_by_patch(Lines(before), Lines(after), ignore_space) == matches);
  if (before == after && !before.empty()) must(matches == Matches{{0, 0, static_cast<uint32_t>(old_lines.size())}});
  return matches;
}

void check_sequences(const Hashes& before, const Hashes& after) {
  int64_t work = 0;
  const Matches matches = match_sequences(before, after, work);
  check_matches(matches, before.size(), after.size(), [&](size_t was, size_t is) { return before[was] == after[is]; });
  check_in_order(matches);
  // What both begin with, whatever follows.
  const auto differ = std::mismatch(before.begin(), before.end(), after.begin(), after.end());
  const auto same = static_cast<uint32_t>(differ.first - before.begin());
  if (same > 0) must(!matches.empty() && matches[0].old_at == 0 && matches[0].new_at == 0 && matches[0].count >= same);
  int64_t again = 0;
  must(match_sequences(before, after, again) == matches && again == work);
}

std::shared_ptr<const TokenText> token_text(std::string_view text, const TokenText* near = nullptr) {
  return std::make_shared<const TokenText>(std::make_shared<const std::string>(text), near);
}

// What is taken over from a near version is what reading gives.
void check_near(const TokenText& read, const TokenText& near) {
  must(read.units() == near.units() && read.lines().size() == near.lines().size());
  for (size_t i = 0; i < read.lines().size(); ++i) {
    const TokenText::Line& a = read.lines()[i];
    const TokenText::Line& b = near.lines()[i];
    must(a.begin == b.begin && a.end == b.end && a.first_atom == b.first_atom && a.words == b.words && a.hash == b.hash);
  }
}

Hashes atoms_of(std::string_view bytes, const TokenText& text) {
  uint32_t words = 0;
  uint32_t count = 0;
  each_atom(bytes, [&](const Atom& atom) {
    must(atom.begin < atom.end && atom.end <= bytes.size());
    ++count;
    words += atom.word ? 1 : 0;
  });
  std::vector<bool> is_word;
  Hashes atoms = text.atoms(0, text.units(), &is_word);
  must(count == text.units() && atoms.size() == count);
  must(std::count(is_word.begin(), is_word.end(), true) == static_cast<long>(words));
  return atoms;
}

// What no match covers.
std::vector<AtomRange> gaps(Matches matches, uint32_t units, uint32_t Match::* at) {
  std::sort(matches.begin(), matches.end(), [&](const Match& a, const Match& b) { return a.*at < b.*at; });
  std::vector<AtomRange> ranges;
  uint32_t end = 0;
  for (const Match& match : matches) {
    if (match.*at > end) ranges.push_back({end, match.*at});
    end = std::max(end, match.*at + match.count);
  }
  if (end < units) ranges.push_back({end, units});
  return ranges;
}

Matches check_moves(const MovePart& gone, const MovePart& added, const Hashes& before, const Hashes& after) {
  Matches matches;
  for (const Move& move : find_moves({gone}, {added})) {
    must(move.from == 0 && move.to == 0);
    matches.push_back(move.match);
  }
  std::vector<bool> is_added(after.size(), false);
  for (const AtomRange& range : added.ranges) std::fill(is_added.begin() + range.begin, is_added.begin() + range.end, true);
  check_matches(matches, before.size(), after.size(), [&](size_t was, size_t is) { return is_added[is] && before[was] == after[is]; });
  return matches;
}

struct Origin {
  uint32_t commit = 0;
  uint32_t path = 0;
  uint32_t place = 0;
  bool operator==(const Origin&) const = default;
};

std::vector<Origin> origins_of(const Runs& runs) {
  std::vector<Origin> origins;
  for (const Run& run : runs) {
    must(run.count > 0);
    for (uint32_t i = 0; i < run.count; ++i) origins.push_back({run.origin, run.path, run.position + i});
  }
  return origins;
}

git_oid oid_of(unsigned char byte) {
  git_oid oid{};
  oid.id[0] = byte;
  return oid;
}

// The old version came in runs of one, two and three units from two commits.
NodePtr made_root(Names& names, uint32_t units) {
  auto file = std::make_shared<Node>(false);
  for (uint32_t at = 0; at < units;) {
    const uint32_t count = std::min(units - at, 1 + at % 3);
    file->runs.push_back({names.commit(oid_of(static_cast<unsigned char>(1 + at % 2))), names.path("old"), at, count});
    at += count;
  }
  auto root = std::make_shared<Node>(true);
  root->entries.push_back({names.file_name(kFile), oid_of(10), EntryKind::file, std::move(file)});
  return root;
}

// `steps`: what hands down first comes first.
void check_applied(const std::vector<Matches>& steps, uint32_t old_units, uint32_t new_units) {
  Names names;
  const Nodes nodes(names);
  const NodePtr parent = made_root(names, old_units);
  const std::vector<Origin> before = origins_of(parent->entries[0].node->runs);
  const auto change = [&] {
    EntryChange file{.name = kFile, .oid = oid_of(11), .kind = EntryKind::file, .how = EntryChange::How::attributed, .units = new_units};
    for (const Matches& matches : steps) file.inherited.push_back({0, kFile, std::make_shared<const Matches>(matches)});
    CommitChange result{.commit = {.oid = oid_of(12)}};
    result.root.how = EntryChange::How::folder;
    result.root.folder = std::make_unique<FolderChange>();
    result.root.folder->entries.push_back(std::move(file));
    return result;
  };
  const NodePtr root = apply_change(nodes, change(), {parent});
  const Runs& runs = root->entries.at(0).node->runs;
  for (size_t i = 1; i < runs.size(); ++i) {
    const Run& last = runs[i - 1];
    must(last.origin != runs[i].origin || last.path != runs[i].path || last.position + last.count != runs[i].position);
  }
  std::vector<Origin> expected;
  for (uint32_t i = 0; i < new_units; ++i) expected.push_back({names.commit(oid_of(12)), names.path(kFile), i});
  for (auto matches = steps.rbegin(); matches != steps.rend(); ++matches) {
    for (const Match& match : *matches) {
      std::copy_n(before.begin() + match.old_at, match.count, expected.begin() + match.new_at);
    }
  }
  must(origins_of(runs) == expected);
  must(nodes.hash(*apply_change(nodes, change(), {parent})) == nodes.hash(*root));
}

void check_tokens(std::string_view before, std::string_view after) {
  const auto old_text = token_text(before);
  const auto new_text = token_text(after);
  const auto near = token_text(after, old_text.get());
  check_near(*new_text, *near);
  const Hashes old_atoms = atoms_of(before, *old_text);
  const Hashes new_atoms = atoms_of(after, *new_text);
  check_sequences(old_atoms, new_atoms);
  int64_t work = 0;
  const Matches matches = match_tokens(*old_text, *new_text, work);
  check_matches(matches, old_atoms.size(), new_atoms.size(), [&](size_t was, size_t is) { return old_atoms[was] == new_atoms[is]; });
  int64_t again = 0;
  must(match_tokens(*old_text, *near, again) == matches && again == work);
  const Matches moves = check_moves({[&] { return old_text; }, gaps(matches, old_text->units(), &Match::old_at)},
                                    {[&] { return new_text; }, gaps(matches, new_text->units(), &Match::new_at)}, old_atoms, new_atoms);
  check_moves({[&] { return old_text; }, {{0, old_text->units()}}}, {[&] { return new_text; }, {{0, new_text->units()}}}, old_atoms,
              new_atoms);
  check_applied({moves, matches}, old_text->units(), new_text->units());
}

}  // namespace
}  // namespace ain::repo

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace ain::repo;
  start_libgit2();
  ain::Input input(data, size);
  const std::string before(input.text());
  const std::string after(input.rest());
  check_applied({check_lines(before, after, false)}, count_lines(before), count_lines(after));
  check_applied({check_lines(before, after, true)}, count_lines(before), count_lines(after));
  check_sequences(Hashes(before.begin(), before.end()), Hashes(after.begin(), after.end()));
  check_tokens(before, after);
  return 0;
}
