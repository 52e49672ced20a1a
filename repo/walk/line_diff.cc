#include "repo/walk/line_diff.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>

#include "repo/libgit.h"
#include "repo/text_file.h"
#include "repo/walk/xdiff.h"

namespace ain::repo {
namespace {

constexpr size_t kTrimBlock = 1024;
constexpr const char* kCannotCompare = "cannot compare two versions of a file";

// git's trim_common_tail: without it one line in 300 gets another origin than git blame's.
void trim_common_end(std::string_view& a, std::string_view& b) {
  const size_t smaller = std::min(a.size(), b.size());
  size_t trimmed = 0;
  while (trimmed + kTrimBlock <= smaller &&
         std::memcmp(a.data() + a.size() - trimmed - kTrimBlock, b.data() + b.size() - trimmed - kTrimBlock,
                     kTrimBlock) == 0) {
    trimmed += kTrimBlock;
  }
  const char* end = a.data() + a.size() - trimmed;
  size_t recovered = 0;
  while (recovered < trimmed) {
    if (end[recovered++] == '\n') break;
  }
  a.remove_suffix(trimmed - recovered);
  b.remove_suffix(trimmed - recovered);
}

// git counts form feeds and vertical tabs as letters, libgit2 as blanks (with -w, and where it looks at indentation). Where there are
// some, bytes that neither text has stand for them.
class WithoutFeeds {
 public:
  WithoutFeeds(std::string_view& a, std::string_view& b) {
    const std::string unused = unused_letters(a, b);
    if (unused.size() < 2) return;  // no text anyway
    for (auto& [text, copy] : {std::pair(&a, &a_), std::pair(&b, &b_)}) {
      *copy = *text;
      std::replace(copy->begin(), copy->end(), '\f', unused[0]);
      std::replace(copy->begin(), copy->end(), '\v', unused[1]);
      *text = *copy;
    }
  }

 private:
  static std::string unused_letters(std::string_view a, std::string_view b) {
    std::array<bool, 256> used{};
    for (const char blank : {'\0', ' ', '\t', '\n', '\v', '\f', '\r'}) used[static_cast<unsigned char>(blank)] = true;
    for (const std::string_view text : {a, b}) {
      for (const char c : text) used[static_cast<unsigned char>(c)] = true;
    }
    std::string unused;
    for (size_t i = 0; i < used.size(); ++i) {
      if (!used[i]) unused += static_cast<char>(i);
    }
    return unused;
  }

  std::string a_, b_;
};

struct Collector {
  Matches matches;
  uint32_t old_line = 0;
  uint32_t new_line = 0;

  void match_until(uint32_t old_end, uint32_t new_end) {
    if (old_end < old_line || new_end < new_line || old_end - old_line != new_end - new_line) {
      fail(ErrorKind::bug, "a diff's hunks do not fit together");
    }
    if (old_end > old_line) matches.push_back({old_line, new_line, old_end - old_line});
  }
};

int take_hunk(Collector& collector, uint32_t old_begin, uint32_t old_count, uint32_t new_begin, uint32_t new_count) {
  if (old_begin < collector.old_line || new_begin < collector.new_line) return -1;
  if (old_begin - collector.old_line != new_begin - collector.new_line) return -1;
  collector.match_until(old_begin, new_begin);
  collector.old_line = old_begin + old_count;
  collector.new_line = new_begin + new_count;
  return 0;
}

int on_patch_hunk(const git_diff_delta*, const git_diff_hunk* hunk, void* payload) {
  // A hunk without lines on one side is numbered by the line before it.
  const auto begin = [](int start, int lines) { return static_cast<uint32_t>(lines > 0 ? start - 1 : start); };
  return take_hunk(*static_cast<Collector*>(payload), begin(hunk->old_start, hunk->old_lines), static_cast<uint32_t>(hunk->old_lines),
                   begin(hunk->new_start, hunk->new_lines), static_cast<uint32_t>(hunk->new_lines));
}

void diff_by_patch(std::string_view old_text, std::string_view new_text, bool ignore_space, Collector& collector) {
  git_diff_options options = GIT_DIFF_OPTIONS_INIT;
  options.flags = GIT_DIFF_INDENT_HEURISTIC | GIT_DIFF_FORCE_TEXT;
  if (ignore_space) options.flags |= GIT_DIFF_IGNORE_WHITESPACE;
  options.context_lines = 0;
  options.interhunk_lines = 0;
  options.max_size = -1;
  check(git_diff_buffers(old_text.data(), old_text.size(), "a", new_text.data(), new_text.size(), "a", &options, nullptr, nullptr,
                         on_patch_hunk, nullptr, &collector),
        kCannotCompare);
}

#ifdef AIN_XDIFF
int on_hunk(long old_begin, long old_count, long new_begin, long new_count, void* payload) {
  return take_hunk(*static_cast<Collector*>(payload), static_cast<uint32_t>(old_begin), static_cast<uint32_t>(old_count),
                   static_cast<uint32_t>(new_begin), static_cast<uint32_t>(new_count));
}

void diff(std::string_view old_text, std::string_view new_text, bool ignore_space, Collector& collector) {
  const auto file = [](std::string_view text) { return mmfile_t{const_cast<char*>(text.data()), text.size()}; };  // it only reads
  mmfile_t old_file = file(old_text), new_file = file(new_text);
  xpparam_t parameters{};
  parameters.flags = kXdfIndentHeuristic | (ignore_space ? kXdfIgnoreWhitespace : 0);
  xdemitconf_t emit{};
  emit.hunk_func = on_hunk;
  xdemitcb_t target{};
  target.priv = &collector;
  if (xdl_diff(&old_file, &new_file, &parameters, &emit, &target) < 0) fail(ErrorKind::failed, "{}", kCannotCompare);
}
#else
constexpr auto diff = diff_by_patch;
#endif

Matches match(const Lines& old_version, const Lines& new_version, bool ignore_space,
              void (*differ)(std::string_view, std::string_view, bool, Collector&)) {
  if (old_version.count == 0 || new_version.count == 0) return {};
  std::string_view old_text = old_version.text, new_text = new_version.text;
  Collector collector;
  if (old_text != new_text) {
    trim_common_end(old_text, new_text);
    std::optional<WithoutFeeds> copies;
    if (old_version.feeds || new_version.feeds) copies.emplace(old_text, new_text);
    differ(old_text, new_text, ignore_space, collector);
  }
  collector.match_until(old_version.count, new_version.count);
  return std::move(collector.matches);
}

}  // namespace

Lines::Lines(std::string_view of)
    : text(of), count(count_lines(of)), feeds(of.find('\f') != of.npos || of.find('\v') != of.npos) {}

Matches match_lines(const Lines& old_version, const Lines& new_version, bool ignore_space) {
  return match(old_version, new_version, ignore_space, diff);
}

Matches match_lines_by_patch(const Lines& old_version, const Lines& new_version, bool ignore_space) {
  return match(old_version, new_version, ignore_space, diff_by_patch);
}

}  // namespace ain::repo
