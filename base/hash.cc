#include "base/hash.h"

#include <openssl/evp.h>
#include <sodium.h>

#include <cstring>

#include "base/error.h"
#include "base/handle.h"
#include "base/text.h"

namespace ain {
namespace {

// Fetched once: fetching costs more than hashing a short message.
const EVP_MD* sha256_method() {
  static const EVP_MD* method = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  AIN_ASSERT(method != nullptr);
  return method;
}

}  // namespace

struct Sha256::State {
  Handle<EVP_MD_CTX, EVP_MD_CTX_free> context{EVP_MD_CTX_new()};
};

Sha256::Sha256() : state_(std::make_unique<State>()) {
  AIN_ASSERT(state_->context && EVP_DigestInit_ex2(state_->context.get(), sha256_method(), nullptr) == 1);
}
Sha256::~Sha256() = default;
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;

Sha256& Sha256::update(std::string_view bytes) {
  AIN_ASSERT(EVP_DigestUpdate(state_->context.get(), bytes.data(), bytes.size()) == 1);
  return *this;
}

Digest Sha256::finish() {
  Digest digest;
  AIN_ASSERT(EVP_DigestFinal_ex(state_->context.get(), digest.data(), nullptr) == 1);
  return digest;
}

Digest sha256(std::string_view bytes) {
  thread_local Handle<EVP_MD_CTX, EVP_MD_CTX_free> context{EVP_MD_CTX_new()};
  Digest digest;
  AIN_ASSERT(EVP_DigestInit_ex2(context.get(), sha256_method(), nullptr) == 1);
  AIN_ASSERT(EVP_DigestUpdate(context.get(), bytes.data(), bytes.size()) == 1);
  AIN_ASSERT(EVP_DigestFinal_ex(context.get(), digest.data(), nullptr) == 1);
  return digest;
}

size_t KeyedHash::operator()(std::string_view bytes) const {
  static const std::string key = random_bytes(crypto_shorthash_KEYBYTES);
  std::array<unsigned char, crypto_shorthash_BYTES> out;
  crypto_shorthash(out.data(), reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(),
                   reinterpret_cast<const unsigned char*>(key.data()));
  size_t hash;
  static_assert(sizeof hash <= out.size());
  std::memcpy(&hash, out.data(), sizeof hash);
  return hash;
}

}  // namespace ain
