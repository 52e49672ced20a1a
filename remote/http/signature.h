// RFC 9421 HTTP message signatures with Ed25519, tag "ain".
//
// Covered: "@method" "@path" "@query" "ain-node", over TCP also "@authority", and with a body also
// "content-digest" (RFC 9530, sha-256). On a Unix socket there is no authority worth signing. "ain-node" is a
// header with the id of the node the request is for: no node can pass a request on to another one. Further
// covered fields are accepted if they verify. Parameters: created (seconds), nonce (16 random bytes), keyid
// (base64url of the public key), alg="ed25519", tag="ain".
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/ids.h"
#include "base/keys.h"
#include "remote/http/message.h"

namespace ain::remote {

inline constexpr int64_t kSignatureWindowMs = 300 * 1000;  // either side of the receiver's clock
inline constexpr size_t kNoncesMax = 200000;
inline constexpr size_t kNoncesPerKeyMax = 20000;

// The nonces that were used, for as long as their requests could be replayed. Thread-safe. When it is full,
// signed requests are refused rather than replays let through.
class NonceCache {
 public:
  // What was created before `started_ms` is refused, as the nonces of an earlier life of this node are
  // forgotten.
  explicit NonceCache(int64_t started_ms, size_t max = kNoncesMax, size_t per_key_max = kNoncesPerKeyMax);

  // Throws bad_signature for a replay or a request from before the start, `refused` when a limit is reached.
  void use(const PublicKey& key, std::string_view nonce, int64_t created_ms, int64_t now_ms);
  size_t size() const;

 private:
  using Name = std::array<unsigned char, 32>;
  void forget_until(int64_t now_ms);

  const int64_t started_ms_;
  const size_t max_, per_key_max_;
  mutable std::mutex mutex_;
  std::set<Name> names_;  // SHA-256(key || nonce)
  std::map<std::pair<int64_t, Name>, PublicKey> by_expiry_;
  std::map<PublicKey, size_t> per_key_;
};

// Signs `request` for `target`, adding ain-node, content-digest, signature-input and signature (replacing
// older ones). request.headers must hold Host when it goes over TCP (HttpClient sees to that); without Host,
// @authority is not signed.
void sign_request(HttpRequest& request, const Signer& signer, const NodeId& target);
void sign_request(HttpRequest& request, const Signer& signer, const NodeId& target, int64_t now_ms,
                  std::string_view nonce);

// The key that signed `request` for node `self`; nothing when it carries no signature tagged "ain". Throws
// bad_signature when there is one that is wrong, incomplete, out of the window, replayed or for another node.
std::optional<PublicKey> verify_request(const HttpRequest& request, const NodeId& self, int64_t now_ms,
                                        NonceCache& nonces);

// What the headers alone prove, while the body (if there is to be one) is still on its way: all of the above but
// that the body is the one of the digest, which has to be covered. Uses up the nonce; then check_body() is left.
std::optional<PublicKey> verify_headers(const HttpRequest& request, bool has_body, const NodeId& self,
                                        int64_t now_ms, NonceCache& nonces);
// Throws bad_signature when the body is not the one of "content-digest".
void check_body(const HttpRequest& request);

// RFC 9530 "sha-256=:…:" of a request's body, streamed when it is a file.
std::string content_digest(const HttpRequest& request);

// A parsed Signature-Input member; exposed for tests.
struct SignatureInput {
  std::string label;
  std::vector<std::string> components;
  std::string parameters;  // the raw text from '(' on: what the signature base ends with
  std::optional<int64_t> created, expires;
  std::string nonce, keyid, alg, tag;
};
// Throws bad_signature for what is not a dictionary of inner lists as RFC 9421 writes them.
std::vector<SignatureInput> parse_signature_input(std::string_view header);

}  // namespace ain::remote
