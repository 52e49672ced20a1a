#include "base/identity_document.h"

#include <algorithm>
#include <set>

#include "base/encoding.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/sshsig.h"
#include "base/text.h"

namespace ain {
namespace {

constexpr const char* kType = "ain-identity";
constexpr size_t kNameLettersMax = 64;
constexpr size_t kSaltBytes = 16;

bool is_repository_name(std::string_view name) {
  return !name.empty() && name.size() <= kNameLettersMax && std::all_of(name.begin(), name.end(), [](unsigned char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
  });
}

bool is_delegate_name(std::string_view name) {
  return !name.empty() && name.size() <= kNameLettersMax && is_utf8(name) && sanitize(name) == name &&
         name.find_first_of("\n\t") == name.npos;
}

IdentityDocument parse(const std::string& document) {
  const Json json = parse_json(document, "identity document", kIdentityDocumentBytesMax);
  ObjectReader reader(json, "identity document");
  if (reader.string("type") != kType) fail(ErrorKind::bad_signature, "it is no identity document");
  IdentityDocument read;
  Identity& identity = read.identity;
  identity.revision = reader.integer("revision", 0, kIdentityRevisionsMax);
  identity.name = reader.string("name");
  identity.salt = reader.string("salt");
  identity.threshold = reader.integer("threshold", 1, kDelegatesMax);
  for (const Json& item : reader.array("delegates", kDelegatesMax)) {
    ObjectReader delegate(item, "delegate");
    identity.delegates.push_back({delegate.string("name"), PublicKey::parse_openssh(delegate.string("key"))});
    delegate.finish();
  }
  if (identity.revision > 0) {
    identity.id = RepositoryId::parse(reader.string("id"));
    read.previous = reader.string("previous");
  } else {
    identity.id = RepositoryId{sha256(document)};
  }
  reader.finish();
  return read;
}

}  // namespace

bool Identity::is_delegate(const AccountId& account) const {
  return std::any_of(delegates.begin(), delegates.end(), [&](const Delegate& delegate) { return account_of(delegate.key) == account; });
}

std::optional<std::string> identity_problem(const Identity& identity) {
  if (!is_repository_name(identity.name)) return "the name must be 1 to 64 letters, digits, '.', '_' or '-'";
  const auto salt = from_hex(identity.salt);
  if (!salt || salt->size() != kSaltBytes || to_hex(*salt) != identity.salt) return "the salt must be 32 hex digits";
  if (identity.delegates.empty()) return "it has no delegate";
  if (identity.delegates.size() > kDelegatesMax) return fmt::format("it has more than {} delegates", kDelegatesMax);
  std::set<PublicKey> keys;
  for (const Delegate& delegate : identity.delegates) {
    if (!is_delegate_name(delegate.name)) return "a delegate's name must be 1 to 64 printable bytes";
    if (!is_safe_key(delegate.key)) return fmt::format("the key of '{}' is not a safe one", delegate.name);
    if (!keys.insert(delegate.key).second) return fmt::format("the key of '{}' is named twice", delegate.name);
  }
  if (identity.threshold < 1 || identity.threshold > static_cast<int64_t>(identity.delegates.size())) {
    return "the threshold must lie between 1 and the number of delegates";
  }
  return std::nullopt;
}

// Revision 0 cannot hold its own hash; every later one holds it, and the hash of the revision before, so that a signature is good for one
// place of one chain only.
std::string write_identity_document(const Identity& identity, const std::string& previous) {
  Json delegates = Json::array();
  for (const Delegate& delegate : identity.delegates) {
    delegates.push_back({{"name", delegate.name}, {"key", std::string(trim(delegate.key.openssh()))}});
  }
  Json document = {{"type", kType},          {"revision", identity.revision}, {"name", identity.name},
                   {"salt", identity.salt},  {"delegates", delegates},        {"threshold", identity.threshold}};
  if (identity.revision > 0) {
    document["id"] = identity.id.text();
    document["previous"] = previous;
  }
  return canonical(document);
}

IdentityDocument read_identity_document(const std::string& document) {
  IdentityDocument read;
  try {
    read = parse(document);
  } catch (const Error& error) {
    throw Error(ErrorKind::bad_signature, error.message());
  }
  if (const auto problem = identity_problem(read.identity)) fail(ErrorKind::bad_signature, "{}", *problem);
  if (write_identity_document(read.identity, read.previous) != document) fail(ErrorKind::bad_signature, "the document is not canonical");
  return read;
}

std::string identity_document_hash(std::string_view document) { return to_hex(sha256(document)); }

}  // namespace ain
