// Who wrote how much of a commit's tree, in tokens of code: attr-v1. The forward walk (repo/walk) says with which commit each token came,
// the lexers which tokens weigh, the owners (repo/owners.h) whose commit it was. The same commit and identity give the same table and
// digest everywhere. docs/attribution.md is the specification.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/attribution.h"
#include "repo/copies/claim.h"
#include "repo/copies/publication.h"
#include "repo/identity.h"
#include "repo/walk_report.h"

namespace ain::repo {

inline constexpr const char* kAttributionAlgorithm = "attr-v1";

struct AuthorShare {
  std::string payee;  // as in base/attribution.h
  std::string email;  // of the newest commit it was seen with, for display
  std::string name;
  bool claimed = false;   // an account
  int64_t weight = 0;     // tokens
  int64_t share_ppm = 0;  // sums to 1 000 000 over the table (0 when the tree has no weight)
};

struct Authorship {
  std::string commit;
  std::string tree;
  std::string root;                  // of the attributed tree, hex SHA-256
  int64_t total = 0;                 // tokens
  std::vector<AuthorShare> authors;  // by weight, then payee
};

// Computed, or read from .git/ain/attribution/. Throws `failed` for a shallow clone, and what repo/walk throws. Copies of what is not
// `published` count for those who have them here.
Authorship authorship(const Repository& repository, const std::optional<Identity>& identity, const ObjectId& commit,
                      const WalkReport& report = {}, const Publications& published = {});

// What the table of some files is made of.
struct FileExplanation {
  std::string path;
  std::string what;      // its language, or why it weighs nothing: "a lock file"
  bool weighs = false;
  int64_t tokens = 0;    // of code
  int64_t repeated = 0;  // of them, counted elsewhere in the repository
  int64_t marks = 0;     // of them, lone punctuation
  int64_t credited = 0;  // of them, another repository's first
  int64_t percent = 100;  // by authors.toml
  std::vector<AuthorShare> authors;
};
struct Selection {
  std::vector<std::string> paths = {};         // files or folders; empty: all
  std::optional<ObjectId> since = {};          // only what did not come with it or an ancestor of it
};
// Tokens that another repository registered first.
struct CopyCredit {
  std::string path;         // here
  std::string payee;        // of another repository as payee_of_dependency() names it
  std::string repository;   // there
  std::string commit;
  std::string path_there;
  int64_t tokens = 0;       // that weigh
};
struct Explanation {
  Authorship table;  // of the selection
  std::vector<CopyCredit> credits;
  std::vector<FileExplanation> files;
  std::vector<std::string> remarks;  // what was not honoured, and why
};
Explanation explain_authorship(const Repository& repository, const std::optional<Identity>& identity,
                               const ObjectId& commit, const Selection& selection, const Publications& published,
                               const WalkReport& report = {});

// What a push says of its code.
ClaimTree claim_of(const Repository& repository, const Identity& identity, const ObjectId& commit, const WalkReport& report = {});

// Whose words count for a run of `commit`: the nearest commit that a delegate signed, itself included, so that what an executor adds
// earns the executor nothing; `commit` where no delegate signed anything.
ObjectId attributed_commit(const Repository& repository, const std::optional<Identity>& identity, const ObjectId& commit);

// The table as it is registered and paid: more than kPayeesMax payees keep the largest, the rest is dropped
// from the table.
Attribution to_attribution(const Authorship& authorship, const RepositoryId& repository, const Royalty& royalty);

}  // namespace ain::repo
