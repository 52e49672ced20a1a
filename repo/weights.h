// Private to repo/: what the files of a tree weigh, token by token, and to which commits that weight belongs.
#pragma once

#include <string>
#include <vector>

#include "repo/lexers/classify.h"
#include "repo/walk/attributed.h"

namespace ain::repo {

// A token of code and the atom that decides whose it is: its first word, else its first mark.
struct WeighedToken {
  uint64_t hash = 0;
  uint32_t begin = 0;  // bytes of the blob
  uint32_t end = 0;
  uint32_t atom = 0;  // its number in the file
  bool word = false;  // it has a letter or a digit
};

// Why a token that is code weighs nothing.
enum class Unweighed : unsigned char {
  none,
  repeated,  // it stands elsewhere in the repository too, and counts there
  marks,     // punctuation that came alone into somebody else's code: what a formatter adds
  credited,  // another repository had it first: it weighs for its owner there
};

struct WeighedFile {
  std::string path;
  git_oid blob{};
  FileClass what;
  int64_t percent = 100;               // that it weighs by authors.toml
  const Node* node = nullptr;          // its runs; kept alive by the root
  std::vector<WeighedToken> tokens;    // empty for a file that weighs nothing
  std::vector<Unweighed> unweighed;    // one for each token
};

// Of one tree: what is read of it, and what is held at once.
inline constexpr int64_t kWeighedBytesMax = int64_t{16} << 30;
inline constexpr int64_t kWeighedTokensMax = 250'000'000;  // some 6 GB

// The files of the tree under `root`, by path; read and lexed on several threads. Throws `exhausted` beyond the limits.
std::vector<WeighedFile> weigh_files(const Repository& repository, const Nodes& nodes, const NodePtr& root, unsigned threads);

// Marks lone marks, tokens that came twice from one place, and blocks that stand in several places: of these the first counts, in the
// order in which their commits came into the history of `tip` (`rank_of` says a commit's place in it; it is asked only where it matters).
// Of equals it is the one in the file that weighs most, so that nobody takes the weight of others' code by copying it to where it weighs less.
void mark_unweighed(const Nodes& nodes, const std::function<std::function<size_t(uint32_t origin)>()>& rank_of,
                    std::vector<WeighedFile>& files);

// The commits of `tip` by their place in its history: ancestors before descendants, the first parent's side before the others'. `names`
// must outlive it.
std::function<size_t(uint32_t origin)> ranks_of(const Repository& repository, const ObjectId& tip, const Names& names);

// Calls take(run, first atom, first token, end token) for each run of the file with the tokens that it decides.
template <typename Take>
void each_run(const Runs& runs, const std::vector<WeighedToken>& tokens, Take take) {
  size_t next = 0;
  uint32_t at = 0;
  for (const Run& run : runs) {
    const size_t first = next;
    while (next < tokens.size() && tokens[next].atom < at + run.count) ++next;
    take(run, at, first, next);
    at += run.count;
  }
}

}  // namespace ain::repo
