// Bearer tokens for plain git, which cannot sign its requests: the account's word that whoever holds this text may speak for it to
// one node, for some minutes. A JWS of typ "ain-token" over {account, expires, key, node}.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/ids.h"
#include "base/keys.h"

namespace ain::remote {

inline constexpr int64_t kTokenValidMs = 10 * 60 * 1000;
inline constexpr int64_t kTokenClockSkewMs = 5 * 60 * 1000;  // of the maker's clock ahead of the node's
inline constexpr size_t kTokenBytesMax = 2048;

std::string make_token(const AccountId& account, const Signer& signer, const NodeId& node, int64_t now_ms);

// The account that made the token for node `self`. Throws `bad_signature` for a token that is malformed, expired, valid for too long,
// for another node, or signed by a key that is not the account's.
AccountId check_token(std::string_view token, const NodeId& self, int64_t now_ms);

}  // namespace ain::remote
