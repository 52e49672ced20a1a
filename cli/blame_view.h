// How `ain blame` shows what it found: git's formats, which other programs read, and JSON.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "cli/line_ranges.h"
#include "cli/output.h"
#include "repo/blame.h"
#include "repo/commit_details.h"

namespace ain::cli {

// What is known of a commit that lines came with.
struct BlamedCommit {
  repo::CommitDetails details;
  std::string account;  // whose key signed it; empty: nobody's that is known
};

struct BlameView {
  std::string path;
  std::vector<std::string_view> lines;    // of the file
  std::vector<repo::BlameGroup> groups;   // those to show
  std::map<repo::ObjectId, BlamedCommit> commits;
  std::map<repo::FileVersion, repo::FileVersion> previous;  // for porcelain_text()
};

// The parts of `groups` within `ranges`.
std::vector<repo::BlameGroup> clip(const std::vector<repo::BlameGroup>& groups, const std::vector<LineRange>& ranges);

// `git blame`'s default format; a known account follows the author's name as "@account".
std::string blame_text(const BlameView& view, const Output& out);
// `git blame --porcelain`, byte for byte; `each_line`: --line-porcelain. Dates have to be raw, `quote_high`: git's core.quotePath.
std::string porcelain_text(const BlameView& view, bool each_line, bool quote_high);
Json blame_json(const BlameView& view);

struct TokenView {
  std::string path;
  std::vector<std::string_view> lines;
  std::vector<repo::TokenRun> runs;
  std::vector<std::string> owners;       // of each number: "@name" of an account, or the e-mail it waits for
  std::vector<std::string> payees;
  std::map<repo::ObjectId, BlamedCommit> commits;
};

// A line for each run of tokens: the line's number, the commit, the owner, and the text where it stands in its line.
std::string tokens_text(const TokenView& view, const Output& out);
Json tokens_json(const TokenView& view);

}  // namespace ain::cli
