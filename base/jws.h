// JWS compact envelopes (RFC 7515, EdDSA by RFC 8037). The protected header is exactly {"alg":"EdDSA","typ":TYP}; `typ` is
// the domain ("ain-tx", "ain-voucher"), so a signature made for one purpose is worth nothing for another.
#pragma once

#include <string>
#include <string_view>

#include "base/json.h"
#include "base/keys.h"

namespace ain {

inline constexpr size_t kJwsBytesMax = 256 << 10;

std::string jws_sign(std::string_view typ, const Json& payload, const Signer& signer);

// A decoded envelope whose signature is not yet checked: read the key's owner from the payload, then call verify().
struct Jws {
  Json payload;
  std::string signing_input;  // the bytes as received that the signature covers
  Signature signature{};

  bool verify(const PublicKey& key) const { return ain::verify(key, signing_input, signature); }
};

// Throws `bad_signature` for anything but a well-formed envelope of that typ.
Jws jws_decode(std::string_view compact, std::string_view typ, size_t bytes_max = kJwsBytesMax);
// Decodes and verifies in one step; throws `bad_signature`.
Json jws_open(std::string_view compact, std::string_view typ, const PublicKey& key,
              size_t bytes_max = kJwsBytesMax);

}  // namespace ain
