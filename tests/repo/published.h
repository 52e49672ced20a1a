// What pushes have published, as a ledger's log would have it.
#pragma once

#include "base/hash.h"
#include "repo/authorship.h"
#include "repo/copies/leaf_index.h"

namespace ain::repo {

class Published {
 public:
  explicit Published(const std::filesystem::path& file) : index_(file) {}

  void push(const Repository& repository, const Identity& identity, const ObjectId& commit) {
    ++now_ms_;
    std::vector<Publication> publications;
    const ClaimTree claim = claim_of(repository, identity, commit);
    for (const std::string& leaf : claim.leaves()) {
      publications.push_back({identity.id.text(), account_of(identity.delegates.front().key).text(), commit, now_ms_, now_ms_, sha256(leaf), leaf});
    }
    index_.add(publications, {now_ms_, {}});
  }

  Publications all() const {
    return {.newest_ms = now_ms_, .holding = [this](std::span<const uint64_t> fingerprints, std::span<const Digest> held) {
              return index_.holding(fingerprints, held, INT64_MAX);
            }};
  }

 private:
  LeafIndex index_;
  int64_t now_ms_ = 0;
};

}  // namespace ain::repo
