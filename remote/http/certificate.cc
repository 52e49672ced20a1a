#include "remote/http/certificate.h"

#include <openssl/asn1.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include "base/encoding.h"
#include "base/error.h"
#include "base/handle.h"
#include "base/hash.h"

namespace ain::remote {
namespace {

using Key = Handle<EVP_PKEY, EVP_PKEY_free>;
using X509Handle = Handle<X509, X509_free>;

template <typename Object, typename Encode>
std::string der_of(const Object* object, Encode encode) {
  unsigned char* bytes = nullptr;
  const int size = encode(object, &bytes);
  AIN_ASSERT(size > 0);
  std::string result(reinterpret_cast<const char*>(bytes), static_cast<size_t>(size));
  OPENSSL_clear_free(bytes, static_cast<size_t>(size));
  return result;
}

}  // namespace

Certificate make_certificate(std::string_view seed) {
  AIN_ASSERT(seed.size() == 32);
  const auto* secret = reinterpret_cast<const unsigned char*>(seed.data());
  const Key key(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, secret, seed.size()));
  AIN_ASSERT(key);
  NodeId node;
  size_t size = node.bytes.size();
  AIN_ASSERT(EVP_PKEY_get_raw_public_key(key.get(), node.bytes.data(), &size) == 1 && size == 32);
  const std::string name = node.text();

  const X509Handle certificate(X509_new());
  AIN_ASSERT(certificate);
  X509* raw = certificate.get();
  X509_NAME* subject = X509_get_subject_name(raw);
  // A node id has 63 characters; the upper bound of a common name is 64.
  const bool made = X509_set_version(raw, X509_VERSION_3) == 1 &&
                    ASN1_INTEGER_set(X509_get_serialNumber(raw), 1) == 1 &&
                    ASN1_TIME_set_string_X509(X509_getm_notBefore(raw), "20200101000000Z") == 1 &&
                    ASN1_TIME_set_string_X509(X509_getm_notAfter(raw), "99991231235959Z") == 1 &&
                    X509_set_pubkey(raw, key.get()) == 1 &&
                    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
                                               reinterpret_cast<const unsigned char*>(name.data()),
                                               static_cast<int>(name.size()), -1, 0) == 1 &&
                    X509_set_issuer_name(raw, subject) == 1 && X509_sign(raw, key.get(), nullptr) > 0;
  AIN_ASSERT(made);
  return {der_of(raw, i2d_X509), der_of(key.get(), i2d_PrivateKey)};
}

std::string spki_pin(const NodeId& node) {
  // RFC 8410: SEQUENCE { SEQUENCE { OID 1.3.101.112 }, BIT STRING } is a constant before the key itself.
  static constexpr std::string_view kPrefix("\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00", 12);
  Sha256 hash;
  hash.update(kPrefix).update(as_view(node.bytes));
  return "sha256//" + base64_encode(as_view(hash.finish()));
}

}  // namespace ain::remote
