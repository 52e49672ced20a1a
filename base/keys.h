// Ed25519 keys in OpenSSH format, in a file or held by ssh-agent. All signing in ain goes through Signer, all verifying through verify() and
// verify_each(): what libsodium judges counts everywhere, so that no two replicas ever judge a signature differently.
#pragma once

#include <array>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ain {

using Signature = std::array<unsigned char, 64>;

struct PublicKey {
  std::array<unsigned char, 32> bytes{};

  auto operator<=>(const PublicKey&) const = default;
  // "ssh-ed25519 AAAA… comment"; throws `failed` for other key types and malformed lines.
  static PublicKey parse_openssh(std::string_view line);
  std::string openssh(std::string_view comment = {}) const;
  std::string wire() const;  // the SSH wire blob: string "ssh-ed25519", string key
  static std::optional<PublicKey> from_wire(std::string_view blob);
  std::string fingerprint() const;  // "SHA256:…" as ssh-keygen -l prints it
};

// True for a canonical point of the prime-order subgroup: not small-order, not malleable. Asked when a key is first accepted.
bool is_safe_key(const PublicKey& key);
// Ed25519 as RFC 8032 with libsodium's strictness (canonical S, no small order).
bool verify(const PublicKey& key, std::string_view message, const Signature& signature);

struct SignedMessage {
  PublicKey key;
  std::string_view message;
  Signature signature{};
};
// verify() of each; of many at once several times as quick where the processor has AVX-512 IFMA (scripts/bench ledger, 'signatures').
std::vector<bool> verify_each(const std::vector<SignedMessage>& all);

// Holds, or reaches, one secret key.
class Signer {
 public:
  virtual ~Signer() = default;
  virtual const PublicKey& public_key() const = 0;
  virtual Signature sign(std::string_view message) const = 0;  // throws `bad_signature` when the agent refuses
};

// A fresh key in memory.
std::unique_ptr<Signer> generate_key();
// Deterministic, for tests: the key of a 32-byte seed.
std::unique_ptr<Signer> key_from_seed(std::string_view seed);

// Writes PATH (0600, unencrypted openssh-key-v1) and PATH.pub; never overwrites. Returns the signer.
std::unique_ptr<Signer> create_key_file(const std::filesystem::path& path, std::string_view comment);
// Reads PATH. A passphrase-protected key is used through ssh-agent ($SSH_AUTH_SOCK), which must hold it.
std::unique_ptr<Signer> load_key_file(const std::filesystem::path& path);
// The 32-byte seed of an unencrypted key file: only for TLS, whose library needs the secret itself.
std::string load_key_seed(const std::filesystem::path& path);
// The public half of PATH, from PATH.pub or PATH itself; no passphrase needed.
PublicKey load_public_key(const std::filesystem::path& path);

}  // namespace ain
