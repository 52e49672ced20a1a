// Who wrote each token of a tree. A forward walk over history gives every line its origin commit; a line's
// weight is its number of tokens; the owner is the key that signed the origin commit. Deterministic: same
// commit, same digest, everywhere.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/attribution.h"
#include "repo/repository.h"

namespace ain::repo {

inline constexpr const char* kAttributionAlgorithm = "attr-v0";

struct AuthorShare {
  std::string payee;  // as in base/attribution.h
  std::string email;  // of the newest commit it was seen with, for display
  std::string name;
  bool claimed = false;   // an account, by signature
  int64_t weight = 0;     // tokens
  int64_t share_ppm = 0;  // sums to 1 000 000 over the table (0 when the tree has no weight)
};

struct Authorship {
  std::string commit;
  std::string tree;
  int64_t total = 0;                 // tokens
  std::vector<AuthorShare> authors;  // by weight, then payee
};

// Computed, or read from .git/ain/attribution/; `progress(done, total commits)` may be empty.
Authorship authorship(const Repository& repository, const ObjectId& commit,
                      const std::function<void(int64_t, int64_t)>& progress = {});

// The table as it is registered and paid: more than kPayeesMax payees keep the largest, the rest is dropped
// from the table.
Attribution to_attribution(const Authorship& authorship, const RepositoryId& repository, int64_t royalty_ppm);

}  // namespace ain::repo
