#include "ledger/wire.h"

#include "base/encoding.h"

namespace ain::ledger {
namespace {

constexpr size_t kIdTextMax = 90;  // bech32m's own bound
constexpr size_t kObjectIdDigits = 40;

template <typename IdType>
IdType read_id(ObjectReader& reader, const char* name, const char* what) {
  auto id = IdType::from_text(reader.string(name, kIdTextMax));
  if (!id) reader.fail_member(name, what);
  return *id;
}

}  // namespace

std::string key_text(const PublicKey& key) { return base64url_encode(as_view(key.bytes)); }

AccountId read_account(ObjectReader& reader, const char* name) {
  return read_id<AccountId>(reader, name, "not an account");
}

NodeId read_node(ObjectReader& reader, const char* name) {
  return read_id<NodeId>(reader, name, "not a node id");
}

RepositoryId read_repository(ObjectReader& reader, const char* name) {
  return read_id<RepositoryId>(reader, name, "not a repository id");
}

std::string read_object_id(ObjectReader& reader, const char* name) {
  std::string text = reader.string(name, kObjectIdDigits);
  auto bytes = from_hex(text);
  if (!bytes || text.size() != kObjectIdDigits || to_hex(*bytes) != text) reader.fail_member(name, "not a git object id of 40 digits");
  return text;
}

PublicKey read_key(ObjectReader& reader, const char* name) {
  auto bytes = base64url_decode(reader.string(name, 64));
  auto key = bytes ? to_array<32>(*bytes) : std::nullopt;
  if (!key) reader.fail_member(name, "not a key of 32 bytes in base64url");
  return PublicKey{*key};
}

Digest read_digest(ObjectReader& reader, const char* name) {
  std::string text = reader.string(name, 64);
  auto bytes = from_hex(text);
  auto digest = bytes ? to_array<32>(*bytes) : std::nullopt;
  if (!digest || to_hex(*digest) != text) reader.fail_member(name, "not 64 lower-case hex digits");
  return *digest;
}

Amount read_amount(ObjectReader& reader, const char* name) {
  return Amount::micro(reader.integer(name, 0, kAmountMax));
}

}  // namespace ain::ledger
