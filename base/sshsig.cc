#include "base/sshsig.h"

#include <sodium.h>

#include <array>

#include "base/encoding.h"
#include "base/hash.h"
#include "base/ssh_wire.h"

namespace ain {
namespace {

constexpr std::string_view kMagic = "SSHSIG";
constexpr std::string_view kArmorName = "SSH SIGNATURE";
constexpr std::string_view kHash = "sha512";
constexpr uint32_t kVersion = 1;
constexpr size_t kLineCharacters = 70;
constexpr size_t kArmorBytesMax = 16 << 10;

// What the key really signs. ssh-keygen makes sha512 by default; sha256 is allowed by the format.
std::optional<std::string> preimage(std::string_view name_space, std::string_view hash, std::string_view message) {
  std::string digest;
  if (hash == "sha512") {
    std::array<unsigned char, crypto_hash_sha512_BYTES> bytes;
    crypto_hash_sha512(bytes.data(), reinterpret_cast<const unsigned char*>(message.data()), message.size());
    digest = as_view(bytes);
  } else if (hash == "sha256") {
    digest = as_view(sha256(message));
  } else {
    return std::nullopt;
  }
  return SshWriter().raw(kMagic).string(name_space).string("").string(hash).string(digest).bytes();
}

}  // namespace

std::string sshsig_sign(std::string_view name_space, std::string_view message, const Signer& signer) {
  const Signature signature = signer.sign(*preimage(name_space, kHash, message));
  SshWriter blob;
  blob.raw(kMagic).u32(kVersion).string(signer.public_key().wire()).string(name_space).string("").string(kHash);
  blob.string(SshWriter().string("ssh-ed25519").string(as_view(signature)).bytes());
  return ssh_armor(kArmorName, blob.bytes(), kLineCharacters);
}

std::optional<PublicKey> sshsig_verify(std::string_view name_space, std::string_view message,
                                       std::string_view armored) {
  if (armored.size() > kArmorBytesMax) return std::nullopt;
  const auto bytes = ssh_dearmor(kArmorName, armored);
  if (!bytes || !bytes->starts_with(kMagic)) return std::nullopt;
  SshReader reader(std::string_view(*bytes).substr(kMagic.size()));
  const auto version = reader.u32();
  const auto key_blob = reader.string(), signed_name_space = reader.string(), reserved = reader.string();
  const auto hash = reader.string(), signature_blob = reader.string();
  if (version != kVersion || !key_blob || signed_name_space != name_space || !reserved || !hash || !signature_blob ||
      !reader.at_end()) {
    return std::nullopt;
  }
  const auto key = PublicKey::from_wire(*key_blob);
  SshReader inner(*signature_blob);
  const auto type = inner.string(), raw = inner.string();
  const auto signature = raw ? to_array<64>(*raw) : std::nullopt;
  const auto covered = preimage(name_space, *hash, message);
  if (!key || type != "ssh-ed25519" || !signature || !inner.at_end() || !covered || !verify(*key, *covered, *signature)) {
    return std::nullopt;
  }
  return key;
}

}  // namespace ain
