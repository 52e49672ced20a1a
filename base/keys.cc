#include "base/keys.h"

#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <mutex>
#include <span>
#include <utility>

#include "base/ed25519_lanes.h"
#include "base/encoding.h"
#include "base/error.h"
#include "base/files.h"
#include "base/hash.h"
#include "base/ssh_agent.h"
#include "base/ssh_wire.h"
#include "base/text.h"

namespace ain {
namespace {

constexpr std::string_view kKeyType = "ssh-ed25519";
constexpr std::string_view kArmorName = "OPENSSH PRIVATE KEY";
constexpr std::string_view kMagic{"openssh-key-v1\0", 15};
constexpr size_t kKeyFileBytesMax = 64 << 10;
constexpr size_t kKeyFileLineCharacters = 70;
constexpr size_t kPaddingBlockBytes = 8;
constexpr size_t kLanesBlock = lanes::kLanes * lanes::kGroupsMax;
constexpr size_t kReadyKeysMax = 1024;  // and as many old ones; 10 KiB each
constexpr size_t kLanesWorthMin = 3;  // fewer are sooner verified one by one

// libsodium's 64 bytes: seed, then public key. Wiped when it goes.
class MemorySigner : public Signer {
 public:
  explicit MemorySigner(std::string_view seed) {
    AIN_ASSERT(seed.size() == crypto_sign_SEEDBYTES);
    crypto_sign_seed_keypair(public_.bytes.data(), secret_.data(), reinterpret_cast<const unsigned char*>(seed.data()));
  }
  ~MemorySigner() override { sodium_memzero(secret_.data(), secret_.size()); }
  MemorySigner(const MemorySigner&) = delete;
  MemorySigner& operator=(const MemorySigner&) = delete;

  const PublicKey& public_key() const override { return public_; }
  Signature sign(std::string_view message) const override {
    Signature signature;
    crypto_sign_detached(signature.data(), nullptr, reinterpret_cast<const unsigned char*>(message.data()),
                         message.size(), secret_.data());
    return signature;
  }
  std::string_view secret() const { return as_view(secret_); }

 private:
  PublicKey public_;
  std::array<unsigned char, crypto_sign_SECRETKEYBYTES> secret_;
};

struct KeyFile {
  PublicKey public_key;
  std::string cipher;
  std::string private_part;
};

KeyFile parse_key_file(std::string_view text) {
  const auto bytes = ssh_dearmor(kArmorName, text);
  if (!bytes || !bytes->starts_with(kMagic)) fail(ErrorKind::failed, "it is not an OpenSSH private key");
  SshReader reader(std::string_view(*bytes).substr(kMagic.size()));
  const auto cipher = reader.string(), kdf = reader.string(), options = reader.string();
  const auto count = reader.u32();
  const auto public_blob = reader.string(), private_part = reader.string();
  if (!cipher || !kdf || !options || count != 1u || !public_blob || !private_part) {
    fail(ErrorKind::failed, "the key file is damaged");
  }
  const auto key = PublicKey::from_wire(*public_blob);
  if (!key) fail_with_hint(ErrorKind::failed, "make one: ssh-keygen -t ed25519", "it is not an Ed25519 key");
  return {*key, std::string(*cipher), std::string(*private_part)};
}

// The seed out of the unencrypted private part: two equal check numbers, type, public, secret, comment, padding 1 2 3 ….
std::string parse_private_part(const KeyFile& file) {
  SshReader reader(file.private_part);
  const auto check1 = reader.u32(), check2 = reader.u32();
  const auto type = reader.string(), public_bytes = reader.string(), secret = reader.string(), comment = reader.string();
  if (!check1 || check1 != check2 || type != kKeyType || !public_bytes || !comment || !secret || secret->size() != 64 ||
      *public_bytes != as_view(file.public_key.bytes)) {
    fail(ErrorKind::failed, "the key file is damaged");
  }
  return std::string(secret->substr(0, 32));
}

// As ssh does: whoever can read the file has the money.
void refuse_if_open_to_others(const std::filesystem::path& path) {
  struct stat info {};
  if (stat(path.c_str(), &info) != 0 || info.st_uid != geteuid() || (info.st_mode & 077) == 0) return;
  fail_with_hint(ErrorKind::failed, fmt::format("keep it to yourself: chmod 600 '{}'", path.string()),
                 "others may read it (mode {:04o})", info.st_mode & 07777);
}

// Runs `read`; its failures name the key, and always the next thing to do.
template <typename Read>
auto reading_key(const std::filesystem::path& path, Read read) {
  try {
    return read();
  } catch (Error& error) {
    if (error.hint().empty()) {
      error.set_hint(fmt::format("restore it from your copy; a new key is another account: ssh-keygen -t ed25519 -f '{}.new'", path.string()));
    }
    throw error.add_context(fmt::format("cannot use the key '{}'", path.string()));
  }
}

std::unique_ptr<MemorySigner> generate() {
  std::string seed = random_bytes(crypto_sign_SEEDBYTES);
  auto signer = std::make_unique<MemorySigner>(seed);
  sodium_memzero(seed.data(), seed.size());
  return signer;
}

std::string key_file_text(const MemorySigner& signer, std::string_view comment) {
  const std::string check = random_bytes(4);
  SshWriter inner;
  inner.raw(check).raw(check).string(kKeyType).string(as_view(signer.public_key().bytes));
  inner.string(signer.secret()).string(comment);
  for (uint8_t pad = 1; inner.bytes().size() % kPaddingBlockBytes != 0; ++pad) inner.u8(pad);
  SshWriter outer;
  outer.raw(kMagic).string("none").string("none").string("").u32(1);
  outer.string(signer.public_key().wire()).string(inner.bytes());
  return ssh_armor(kArmorName, outer.bytes(), kKeyFileLineCharacters);
}

const unsigned char* bytes_of(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

// SHA-512(R || A || message) mod L.
void put_challenge(const SignedMessage& each, unsigned char (&challenge)[32]) {
  crypto_hash_sha512_state hash;
  unsigned char wide[crypto_hash_sha512_BYTES];
  crypto_hash_sha512_init(&hash);
  crypto_hash_sha512_update(&hash, each.signature.data(), 32);
  crypto_hash_sha512_update(&hash, each.key.bytes.data(), each.key.bytes.size());
  crypto_hash_sha512_update(&hash, bytes_of(each.message), each.message.size());
  crypto_hash_sha512_final(&hash, wide);
  crypto_core_ed25519_scalar_reduce(challenge, wide);
}

// The keys of signatures that held lately, made ready: who signs once often signs again.
class ReadyKeys {
 public:
  using Ready = std::shared_ptr<const lanes::Key>;

  // Of the signatures, in their order.
  std::vector<Ready> of(std::span<const SignedMessage> all) const {
    std::vector<Ready> found;
    std::map<PublicKey, Ready> fresh;
    {
      const std::lock_guard lock(mutex_);
      for (const SignedMessage& each : all) {
        found.push_back(find(each.key));
        if (!found.back()) fresh[each.key];
      }
    }
    make_ready(fresh);
    for (size_t i = 0; i < all.size(); ++i) {
      if (!found[i]) found[i] = fresh.at(all[i].key);
    }
    return found;
  }
  void keep(const PublicKey& key, const Ready& ready) {
    const std::lock_guard lock(mutex_);
    if (new_.contains(key)) return;
    if (new_.size() >= kReadyKeysMax) old_ = std::exchange(new_, {});
    new_[key] = ready;
  }

 private:
  Ready find(const PublicKey& key) const {
    for (const auto* keys : {&new_, &old_}) {
      if (const auto at = keys->find(key); at != keys->end()) return at->second;
    }
    return nullptr;
  }
  // A last group that is not full is filled up with its first key.
  static void make_ready(std::map<PublicKey, Ready>& fresh) {
    for (auto at = fresh.begin(); at != fresh.end();) {
      const unsigned char* bytes[lanes::kLanes] = {};
      lanes::Key* keys[lanes::kLanes] = {};
      for (size_t lane = 0; lane < lanes::kLanes; ++lane) {
        bytes[lane] = bytes[0];
        keys[lane] = keys[0];
        if (at == fresh.end()) continue;
        auto key = std::make_shared<lanes::Key>();
        bytes[lane] = at->first.bytes.data();
        keys[lane] = key.get();
        at->second = std::move(key);
        ++at;
      }
      lanes::make_ready(bytes, keys);
    }
  }

  mutable std::mutex mutex_;
  std::map<PublicKey, Ready> new_, old_;  // when there are too many new ones, the old ones go and they become old
};

// A last group that is not full is filled up with its first one.
void verify_in_lanes(std::span<const SignedMessage> all, size_t first, std::vector<bool>& holds) {
  static ReadyKeys ready;
  const std::vector<ReadyKeys::Ready> keys = ready.of(all);
  std::vector<lanes::Signed> block;
  for (size_t i = 0; i < all.size(); ++i) {
    block.push_back({keys[i].get(), all[i].signature.data(), {}});
    put_challenge(all[i], block.back().challenge);
  }
  while (block.size() % lanes::kLanes != 0) block.push_back(block[0]);
  bool accepted[kLanesBlock];
  lanes::verify(block.data(), block.size(), accepted);
  for (size_t i = 0; i < all.size(); ++i) {
    holds[first + i] = accepted[i];
    if (accepted[i]) ready.keep(all[i].key, keys[i]);
  }
}

}  // namespace

PublicKey PublicKey::parse_openssh(std::string_view line) {
  const auto parts = split(trim(line), ' ');
  if (parts.size() >= 2 && parts[0] == kKeyType) {
    if (const auto blob = base64_decode(parts[1])) {
      if (const auto key = from_wire(*blob)) return *key;
    }
  }
  fail_with_hint(ErrorKind::failed, "ain uses Ed25519 keys: ssh-keygen -t ed25519",
                 "'{}' is not an Ed25519 public key", line.substr(0, 40));
}

std::string PublicKey::openssh(std::string_view comment) const {
  std::string line = std::string(kKeyType) + ' ' + base64_encode(wire());
  if (!comment.empty()) line += ' ' + std::string(comment);
  return line;
}

std::string PublicKey::wire() const { return SshWriter().string(kKeyType).string(as_view(bytes)).bytes(); }

std::optional<PublicKey> PublicKey::from_wire(std::string_view blob) {
  SshReader reader(blob);
  const auto type = reader.string(), key = reader.string();
  if (type != kKeyType || !key || !reader.at_end()) return std::nullopt;
  const auto array = to_array<32>(*key);
  if (!array) return std::nullopt;
  return PublicKey{*array};
}

std::string PublicKey::fingerprint() const {
  std::string text = base64_encode(as_view(sha256(wire())));
  while (text.ends_with('=')) text.pop_back();
  return "SHA256:" + text;
}

bool is_safe_key(const PublicKey& key) { return crypto_core_ed25519_is_valid_point(key.bytes.data()) == 1; }

bool verify(const PublicKey& key, std::string_view message, const Signature& signature) {
  return crypto_sign_verify_detached(signature.data(), bytes_of(message), message.size(), key.bytes.data()) == 0;
}

std::vector<bool> verify_each(const std::vector<SignedMessage>& all) {
  std::vector<bool> holds(all.size());
  if (lanes::at_hand()) {
    for (size_t at = 0; at + kLanesWorthMin <= all.size(); at += kLanesBlock) {
      verify_in_lanes(std::span(all).subspan(at, std::min(kLanesBlock, all.size() - at)), at, holds);
    }
  }
  for (size_t i = 0; i < all.size(); ++i) {
    if (!holds[i]) holds[i] = verify(all[i].key, all[i].message, all[i].signature);
  }
  return holds;
}

std::unique_ptr<Signer> generate_key() { return generate(); }

std::unique_ptr<Signer> key_from_seed(std::string_view seed) { return std::make_unique<MemorySigner>(seed); }

std::unique_ptr<Signer> create_key_file(const std::filesystem::path& path, std::string_view comment) {
  auto signer = generate();
  write_new_file(path, key_file_text(*signer, comment), 0600);
  write_file_atomic(path.string() + ".pub", signer->public_key().openssh(comment) + "\n");
  return signer;
}

std::string load_key_seed(const std::filesystem::path& path) {
  return reading_key(path, [&] {
    const KeyFile file = parse_key_file(read_file(path, kKeyFileBytesMax));
    if (file.cipher != "none") fail(ErrorKind::failed, "it is protected by a passphrase");
    refuse_if_open_to_others(path);
    return parse_private_part(file);
  });
}

std::unique_ptr<Signer> load_key_file(const std::filesystem::path& path) {
  return reading_key(path, [&]() -> std::unique_ptr<Signer> {
    const KeyFile file = parse_key_file(read_file(path, kKeyFileBytesMax));
    if (file.cipher != "none") return agent_signer(file.public_key, path.string());
    refuse_if_open_to_others(path);
    std::string seed = parse_private_part(file);
    auto signer = std::make_unique<MemorySigner>(seed);
    sodium_memzero(seed.data(), seed.size());
    if (signer->public_key() != file.public_key) fail(ErrorKind::failed, "its public and secret halves do not match");
    return signer;
  });
}

PublicKey load_public_key(const std::filesystem::path& path) {
  if (const auto line = read_file_if_exists(path.string() + ".pub", kKeyFileBytesMax)) {
    return PublicKey::parse_openssh(*line);
  }
  return reading_key(path, [&] { return parse_key_file(read_file(path, kKeyFileBytesMax)).public_key; });
}

}  // namespace ain
