// Private to repo/: a commit read from its own bytes, as git reads it: libgit2's parser refuses commits that
// git accepts, and the payload of a signature has to be exact.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "repo/libgit.h"

namespace ain::repo {

inline constexpr size_t kCommitBytesMax = 16 << 20;
inline constexpr size_t kParentsMax = 256;

struct CommitObject {
  git_oid tree{};
  std::vector<git_oid> parents;
  Person author;
  Person committer;
  int64_t committed_s = 0;
  int offset_minutes = 0;
  std::optional<std::string> signature;  // of the one "gpgsig" header; nothing when there are none or several
  std::string payload;                   // what a signature covers: the commit without its signature headers

  std::string_view message() const;
};

// Throws `failed` for what is not a commit.
CommitObject parse_commit(std::string_view bytes, const git_oid& oid);
CommitObject read_commit(git_odb* odb, const git_oid& oid);
// As commit_signer (repo/commits.h).
std::optional<PublicKey> signer_of(const CommitObject& commit);

}  // namespace ain::repo
