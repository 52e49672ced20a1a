// A node's TLS identity: its Ed25519 key as a self-signed X.509 certificate, and the pin by which clients
// know it.
#pragma once

#include <string>
#include <string_view>

#include "base/ids.h"

namespace ain::remote {

struct Certificate {
  std::string certificate_der;
  std::string key_der;  // PKCS #8; secret
};

// `seed`: the 32 bytes of an Ed25519 secret key. CN is the node id; no expiry (RFC 5280's 99991231235959Z),
// as the key is all that counts and it is pinned.
Certificate make_certificate(std::string_view seed);

// "sha256//" + base64 of SHA-256 of the SubjectPublicKeyInfo, the form of curl's CURLOPT_PINNEDPUBLICKEY.
std::string spki_pin(const NodeId& node);

}  // namespace ain::remote
