#include "remote/token.h"

#include "base/encoding.h"
#include "base/error.h"
#include "base/json.h"
#include "base/jws.h"

namespace ain::remote {
namespace {

constexpr std::string_view kTyp = "ain-token";
constexpr size_t kKeyTextMax = 64;

}  // namespace

std::string make_token(const AccountId& account, const Signer& signer, const NodeId& node, int64_t now_ms) {
  const Json payload = {{"account", account.text()},
                        {"expires", now_ms + kTokenValidMs},
                        {"key", base64url_encode(as_view(signer.public_key().bytes))},
                        {"node", node.text()}};
  return jws_sign(kTyp, payload, signer);
}

AccountId check_token(std::string_view token, const NodeId& self, int64_t now_ms) {
  const Jws jws = jws_decode(token, kTyp, kTokenBytesMax);
  AccountId account;
  PublicKey key;
  std::string node;
  int64_t expires = 0;
  try {
    ObjectReader reader(jws.payload, "token");
    account = AccountId::parse(reader.string("account"));
    const auto bytes = base64url_decode(reader.string("key", kKeyTextMax));
    const auto array = bytes ? to_array<32>(*bytes) : std::nullopt;
    if (!array) fail(ErrorKind::bad_signature, "the key is malformed");
    key = {*array};
    node = reader.string("node");
    expires = reader.integer("expires", 0, INT64_MAX);
    reader.finish();
  } catch (Error& error) {
    throw Error(ErrorKind::bad_signature, "the token cannot be read: " + error.message());
  }
  // An account is named by its first key, so the key must be that one.
  if (!is_safe_key(key) || account_of(key) != account || !jws.verify(key)) {
    fail(ErrorKind::bad_signature, "the token is not signed by '{}'", account.text());
  }
  if (node != self.text()) fail(ErrorKind::bad_signature, "the token is for another node");
  if (expires < now_ms) {
    fail_with_hint(ErrorKind::bad_signature, "compare the clocks of both machines", "the token has expired");
  }
  if (expires > now_ms + kTokenValidMs + kTokenClockSkewMs) {
    fail_with_hint(ErrorKind::bad_signature, "compare the clocks of both machines", "the token is valid for too long");
  }
  return account;
}

}  // namespace ain::remote
