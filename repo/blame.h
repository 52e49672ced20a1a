// Which commit each line of a file came with: `git blame`'s answer, read off the forward walk.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "repo/owners.h"
#include "repo/walk_report.h"

namespace ain::repo {

// What is not committed yet belongs to this commit, as in git.
inline constexpr const char* kUncommitted = "0000000000000000000000000000000000000000";

// `count` lines from `line` on are those from `original_line` on of `path` in `commit` (lines from 1). Neighbouring groups differ in more
// than their place.
struct BlameGroup {
  ObjectId commit;
  std::string path;
  uint32_t original_line = 0;
  uint32_t line = 0;
  uint32_t count = 0;
};

struct Blame {
  std::string text;  // of the file
  std::vector<BlameGroup> groups;
};

struct BlameOptions {
  bool ignore_space = false;
  bool follow = true;  // renames
};

// Throws `failed` when the commit has no such file, or it is larger than kLineBlobBytesMax.
Blame blame(const Repository& repository, const ObjectId& commit, const std::string& path, const BlameOptions& options,
            const WalkReport& report = {});

// The blame of the file in the work folder; what is in no commit is of kUncommitted. Throws `failed` when HEAD, the other side of a merge
// in progress and the index all lack the path, or the file cannot be read.
Blame blame_work_folder(const Repository& repository, const std::string& path, const BlameOptions& options,
                        const WalkReport& report = {});

// A run of tokens on one line, all of one commit and owner: the bytes from `begin` to `end` of the line.
struct TokenRun {
  ObjectId commit;
  size_t owner = 0;   // its number among the owners
  uint32_t line = 0;  // from 1
  uint32_t begin = 0;
  uint32_t end = 0;
};

struct TokenBlame {
  std::string text;
  std::vector<TokenRun> runs;  // in order; lines without tokens have none
  std::vector<Owner> owners;   // whom they belong to
};

// Throws as blame() does, and for a broken authors.toml that counts; what is no text has no tokens.
TokenBlame blame_tokens(const Repository& repository, const std::optional<Identity>& identity, const ObjectId& commit,
                        const std::string& path, bool follow, const WalkReport& report = {});

struct FileVersion {
  ObjectId commit;
  std::string path;

  auto operator<=>(const FileVersion&) const = default;
};

// For each version of a file the one that its commit found: in the first parent that has the path or, with `follow`, what was renamed
// to it. Nothing where the commit brought the file.
std::vector<std::optional<FileVersion>> previous_versions(const Repository& repository, const std::vector<FileVersion>& versions,
                                                          bool follow);

// The same for the file in the work folder.
std::optional<FileVersion> version_before_work(const Repository& repository, const std::string& path, bool follow);

// True when the commit's tree has a file or link, or anything at all, at the path.
bool has_file(const Repository& repository, const ObjectId& commit, const std::string& path);
bool has_path(const Repository& repository, const ObjectId& commit, const std::string& path);

}  // namespace ain::repo
