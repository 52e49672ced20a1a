// The identity of a repository as a document: who its delegates are and how many of them a next revision needs. Revision 0's hash is the
// repository's id; each later revision names that id and the hash of the one before it. Canonical JSON, signed as SSHSIG in the namespace
// "ain-identity". Repositories keep the chain in git, the ledger its newest revision.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "base/keys.h"

namespace ain {

inline constexpr const char* kIdentityNamespace = "ain-identity";
inline constexpr size_t kDelegatesMax = 64;
inline constexpr int64_t kIdentityRevisionsMax = 1000;
inline constexpr size_t kIdentityDocumentBytesMax = 64 << 10;

struct Delegate {
  std::string name;
  PublicKey key;
  bool operator==(const Delegate&) const = default;
};

struct Identity {
  RepositoryId id;  // of revision 0, in every revision
  int64_t revision = 0;
  std::string name;                 // the repository's, [A-Za-z0-9._-]{1,64}
  std::string salt;                 // 32 hex digits, so that two repositories of one author and name differ
  std::vector<Delegate> delegates;  // who may push and sign for it
  int64_t threshold = 1;            // signatures a next revision needs

  bool is_delegate(const AccountId& account) const;
};

struct IdentityDocument {
  Identity identity;
  std::string previous;             // hash of the revision before, in hex; empty in revision 0
};

std::string write_identity_document(const Identity& identity, const std::string& previous);
// Throws `bad_signature` saying what does not hold.
IdentityDocument read_identity_document(const std::string& document);
std::string identity_document_hash(std::string_view document);
// What keeps such an identity from being one, or nothing.
std::optional<std::string> identity_problem(const Identity& identity);

}  // namespace ain
