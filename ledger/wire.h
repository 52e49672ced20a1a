// How the ledger's JSON spells ids, keys, digests and amounts: ids in their text form, keys in base64url (as a JWK's "x"),
// digests in hex, amounts as integer µAIN. Readers throw `failed` naming the member.
#pragma once

#include "base/amount.h"
#include "base/hash.h"
#include "base/ids.h"
#include "base/json.h"
#include "base/keys.h"
#include "ledger/limits.h"

namespace ain::ledger {

std::string key_text(const PublicKey& key);

AccountId read_account(ObjectReader& reader, const char* name);
NodeId read_node(ObjectReader& reader, const char* name);
RepositoryId read_repository(ObjectReader& reader, const char* name);
std::string read_object_id(ObjectReader& reader, const char* name);  // of git: 40 lower-case hex digits
PublicKey read_key(ObjectReader& reader, const char* name);
Digest read_digest(ObjectReader& reader, const char* name);
Amount read_amount(ObjectReader& reader, const char* name);  // 0..kAmountMax

}  // namespace ain::ledger
