// Making and checking signed commits, exactly as `git commit -S` with gpg.format=ssh.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "repo/repository.h"

namespace ain::repo {

inline constexpr const char* kEmptyTree = "4b825dc642cb6eb9a060e54bf8d69288fbee4904";

struct CommitTime {
  int64_t time_s = 0;
  int offset_minutes = 0;
};

struct CommitSpec {
  ObjectId tree = {};
  std::vector<ObjectId> parents = {};
  Person author = {};
  Person committer = {};
  int64_t time_s = 0;
  int offset_minutes = 0;
  std::string message = {};
  std::optional<CommitTime> committed = {};  // the committer's time, where it differs from the author's
};

// Writes the commit object, signed by `signer` when there is one; moves no ref.
ObjectId write_commit(Repository& repository, const CommitSpec& spec, const Signer* signer);

// The key whose valid signature (namespace "git") the commit carries; nothing for unsigned, foreign (GPG) or
// wrong ones.
std::optional<PublicKey> commit_signer(const Repository& repository, const ObjectId& commit);

// The nearest commits whose valid signature is by a key that `by` accepts: `commit` itself, or else, breadth-first over all parents,
// those behind which the walk need not go on. Looks at `commits_max` commits at most; the same for everybody who has the history.
std::vector<ObjectId> nearest_signed(const Repository& repository, const ObjectId& commit,
                                     const std::function<bool(const PublicKey&)>& by, size_t commits_max);

// The allowed-signers file that git's own verification reads: one line a known key. Adds what is missing,
// atomically, and sets gpg.ssh.allowedSignersFile, gpg.format in the repository's config when they are not
// set.
void allow_signer(Repository& repository, const PublicKey& key, const std::string& principal);

// The `-c` arguments that make the `git` program sign with this key file (or agent key) and verify with the
// allowed-signers file.
std::vector<std::string> git_signing_arguments(const Repository& repository,
                                               const std::filesystem::path& key_file);

}  // namespace ain::repo
