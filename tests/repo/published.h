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
    ++size_;
    std::vector<LeafIndex::Entry> entries;
    const ClaimTree claim = claim_of(repository, identity, commit);
    const std::string lineage = account_of(identity.delegates.front().key).text();
    for (const std::string& leaf : claim.leaves()) {
      entries.push_back({{identity.id.text(), lineage, commit, size_, size_, sha256(leaf)}, std::ssize(entries), leaf});
    }
    index_.add(entries, {size_, {}});
  }

  Publications all() const { return of(index_, size_); }
  static Publications of(const LeafIndex& index, int64_t until) {
    return {.newest = index.newest(until),
            .holders = [&index, until](std::span<const uint64_t> fingerprints) { return index.holders(fingerprints, until).value(); },
            .leaves = [&index](std::span<const Digest> digests) {
              std::vector<std::string> leaves;
              for (const Digest& digest : digests) leaves.push_back(index.leaf(digest).value());
              return leaves;
            }};
  }

 private:
  LeafIndex index_;
  int64_t size_ = 0;
};

}  // namespace ain::repo
