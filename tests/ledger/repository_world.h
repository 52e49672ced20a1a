// A world with a repository whose identity the tests revise.
#pragma once

#include "base/encoding.h"
#include "base/identity_document.h"
#include "base/sshsig.h"
#include "tests/ledger/world.h"

namespace ain::ledger {

class RepositoryWorld : public testing::Test {
 protected:
  explicit RepositoryWorld(const Genesis& of = World::genesis()) : world_(of) {}

  // The next revision (or `number`) with these delegates, signed by these.
  RepositoryRegister revision(const std::vector<char>& delegates, int64_t threshold, std::string_view by, std::optional<int64_t> number = {}) {
    Identity identity{.id = id_, .revision = number.value_or(next_), .name = "digits", .salt = std::string(32, '0'), .threshold = threshold};
    for (char seed : delegates) identity.delegates.push_back({std::string(1, seed), Actor(seed).key()});
    RepositoryRegister body{write_identity_document(identity, previous_), {}};
    if (next_ == 0 && identity.revision == 0) id_ = RepositoryId{sha256(body.document)};
    for (char seed : by) body.signatures.push_back(sshsig_sign(kIdentityNamespace, body.document, *Actor(seed).signer));
    return body;
  }
  void revise(const std::vector<char>& delegates, int64_t threshold, std::string_view by) {
    const RepositoryRegister body = revision(delegates, threshold, by);
    world_.must(world_.stranger, body);
    previous_ = identity_document_hash(body.document);
    ++next_;
  }
  void found() { revise({'D'}, 1, "D"); }

  World world_;
  RepositoryId id_;
  std::string previous_;
  int64_t next_ = 0;
};

}  // namespace ain::ledger
