// What makes a git repository an ain repository: a signed identity document with delegates and a threshold.
// Revision 0's hash is the repository id; each further revision is signed by the threshold of the previous
// one's delegates. Kept as commits on refs/ain/identity, one a revision, with the tree {identity.json,
// signatures/<account>}. identity.json is canonical JSON; from revision 1 on it names the repository id and
// the hash of the document before it; signatures are SSHSIG, namespace "ain-identity".
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/identity_document.h"
#include "repo/commits.h"

namespace ain::repo {

inline constexpr const char* kIdentityRef = "refs/ain/identity";
using ain::Delegate;
using ain::Identity;

// Verifies the whole chain from revision 0; throws `bad_signature` naming the revision; nothing when the ref
// is absent.
std::optional<Identity> read_identity(const Repository& repository);
std::optional<Identity> read_identity_at(const Repository& repository, const ObjectId& tip);
// The revisions from `from` on, as they were signed: what a ledger registers.
struct SignedRevision {
  std::string document;
  std::vector<std::string> signatures;  // armored SSHSIG
};
std::vector<SignedRevision> identity_revisions(const Repository& repository, int64_t from);
// What a host's hook asks about a push to kIdentityRef: the chain at `after` must be valid and continue
// `before`; throws `bad_signature` or `refused`.
void check_identity_update(const Repository& repository, const std::optional<ObjectId>& before,
                           const ObjectId& after);
// Writes revision 0 signed by `signer`, who becomes the only delegate.
Identity create_identity(Repository& repository, const std::string& name, const Delegate& founder,
                         const Signer& signer);
// Appends a revision: `next` is the current identity with changed name, delegates or threshold (its revision
// number still the current one). Throws `failed` naming the missing delegates when the current threshold is
// not met.
Identity revise_identity(Repository& repository, const Identity& next,
                         const std::vector<const Signer*>& signers);

// "ain://repo1…"
std::string repository_url(const RepositoryId& id);
std::optional<RepositoryId> parse_repository_url(std::string_view url);
RepositoryId repository_named(const std::string& text);  // by its URL or its id; throws `usage`

}  // namespace ain::repo
