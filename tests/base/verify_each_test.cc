// Many signatures at once are judged as libsodium judges each: the good ones, the broken ones, and those that only an attacker makes.
#include <gtest/gtest.h>
#include <sodium.h>

#include <algorithm>
#include <random>
#include <thread>

#include "base/ed25519_lanes.h"
#include "base/encoding.h"
#include "base/hash.h"
#include "base/keys.h"
#include "tests/base/small_points.h"

namespace ain {
namespace {

struct Case {
  PublicKey key;
  std::string message;
  Signature signature{};
};

class Attacker {
 public:
  uint64_t number(uint64_t below) { return random_() % below; }
  std::string bytes(size_t count) {
    std::string text(count, '\0');
    for (char& byte : text) byte = static_cast<char>(random_());
    return text;
  }

  Case honest(const Signer& signer) {
    Case made{signer.public_key(), bytes(number(300)), {}};
    made.signature = signer.sign(made.message);
    return made;
  }
  Case with_one_bit_changed(Case made) {
    const uint64_t bit = number(8);
    const auto flip = [&](auto& text) { text[number(text.size())] ^= static_cast<unsigned char>(1u << bit); };
    const uint64_t what = number(3);
    if (what == 0) flip(made.key.bytes);
    else if (what == 1 || made.message.empty()) flip(made.signature);
    else flip(made.message);
    return made;
  }
  // S + L says the same to whoever does not look.
  Case with_greater_s(Case made) {
    const auto order = *from_hex("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");
    unsigned carry = 0;
    for (size_t i = 0; i < 32; ++i) {
      carry += made.signature[32 + i] + static_cast<unsigned char>(order[i]);
      made.signature[32 + i] = static_cast<unsigned char>(carry);
      carry >>= 8;
    }
    return made;
  }
  // By a secret number that the attacker knows, with points of small order added to the key or to R: S = r + k a.
  Case of_mixed_order() {
    const std::vector<Bytes32> points = small_points();
    Bytes32 secret, nonce, key, r;
    secret = *to_array<32>(bytes(32));
    nonce = *to_array<32>(bytes(32));
    secret[31] &= 0x0f;
    nonce[31] &= 0x0f;
    crypto_scalarmult_ed25519_base_noclamp(key.data(), secret.data());
    crypto_scalarmult_ed25519_base_noclamp(r.data(), nonce.data());
    // R is the identity then, which S·B - k·A comes to.
    if (number(8) == 0) nonce.fill(0), r = points[0];
    if (number(2)) crypto_core_ed25519_add(key.data(), key.data(), points[number(8)].data());
    if (number(4) == 0) crypto_core_ed25519_add(r.data(), r.data(), points[number(8)].data());
    if (number(8) == 0) r = points[number(points.size())];
    // Of a key of small order everybody knows the secret.
    if (number(8) == 0) key = points[number(points.size())], secret.fill(0);
    Case made{{key}, bytes(number(40)), {}};
    std::array<unsigned char, 64> wide;
    const std::string hashed = std::string(as_view(r)) + std::string(as_view(key)) + made.message;
    crypto_hash_sha512(wide.data(), reinterpret_cast<const unsigned char*>(hashed.data()), hashed.size());
    Bytes32 challenge, s;
    crypto_core_ed25519_scalar_reduce(challenge.data(), wide.data());
    crypto_core_ed25519_scalar_mul(s.data(), challenge.data(), secret.data());
    crypto_core_ed25519_scalar_add(s.data(), s.data(), nonce.data());
    if (number(8) == 0) s.fill(0);
    std::copy(r.begin(), r.end(), made.signature.begin());
    std::copy(s.begin(), s.end(), made.signature.begin() + 32);
    return made;
  }
  Case of_noise() {
    Case made{{*to_array<32>(bytes(32))}, bytes(number(40)), *to_array<64>(bytes(64))};
    made.signature[63] &= 0x1f;
    return made;
  }

 private:
  std::mt19937_64 random_{20261125};
};

// How many hold.
size_t expect_as_one_by_one(const std::vector<Case>& cases) {
  std::vector<SignedMessage> messages;
  for (const Case& each : cases) messages.push_back({each.key, each.message, each.signature});
  const std::vector<bool> holds = verify_each(messages);
  EXPECT_EQ(holds.size(), cases.size());
  for (size_t i = 0; i < cases.size(); ++i) {
    EXPECT_EQ(holds[i], verify(cases[i].key, cases[i].message, cases[i].signature)) << i << " of " << cases.size() << " key " << to_hex(as_view(cases[i].key.bytes));
  }
  return static_cast<size_t>(std::count(holds.begin(), holds.end(), true));
}

TEST(VerifyEach, OfAnyNumberAllGoodOnesHold) {
  Attacker attacker;
  std::vector<std::unique_ptr<Signer>> signers;
  for (int i = 0; i < 20; ++i) signers.push_back(key_from_seed(attacker.bytes(32)));
  for (const size_t count : {0, 1, 2, 3, 7, 8, 9, 63, 64, 65, 66, 67, 200}) {
    std::vector<Case> cases;
    for (size_t i = 0; i < count; ++i) cases.push_back(attacker.honest(*signers[attacker.number(signers.size())]));
    EXPECT_EQ(expect_as_one_by_one(cases), count);
  }
}

TEST(VerifyEach, JudgesWhatAttackersMakeAsLibsodiumDoes) {
  Attacker attacker;
  const auto signer = key_from_seed(attacker.bytes(32));
  size_t held = 0, mixed = 0, mixed_held = 0;
  for (int round = 0; round < 60; ++round) {
    std::vector<Case> cases;
    for (int i = 0; i < 64; ++i) {
      const uint64_t kind = attacker.number(5);
      const Case honest = attacker.honest(*signer);
      cases.push_back(kind == 0   ? honest
                      : kind == 1 ? attacker.with_one_bit_changed(honest)
                      : kind == 2 ? attacker.with_greater_s(honest)
                      : kind == 3 ? attacker.of_noise()
                                  : attacker.of_mixed_order());
      if (kind != 4) continue;
      ++mixed;
      mixed_held += verify(cases.back().key, cases.back().message, cases.back().signature);
    }
    held += expect_as_one_by_one(cases);
  }
  EXPECT_GT(held, 500u);
  // Of mixed order some hold, as k happens to be a multiple of the order, or neither key nor R was touched; most do not.
  EXPECT_GT(mixed_held, mixed / 8);
  EXPECT_LT(mixed_held, mixed * 3 / 4);
}

TEST(VerifyEach, NoPointOfSmallOrderSigns) {
  std::vector<Case> cases;
  for (const Bytes32& key : small_points()) {
    for (const Bytes32& r : small_points()) {
      Case made{{key}, "anything", {}};
      std::copy(r.begin(), r.end(), made.signature.begin());
      cases.push_back(made);
    }
  }
  EXPECT_EQ(expect_as_one_by_one(cases), 0u);
}

// As verify_each() asks them, but without libsodium's word on what they do not accept: nobody would notice if they were merely slow.
class Lanes : public testing::Test {
 protected:
  void SetUp() override {
    if (!lanes::at_hand()) GTEST_SKIP() << "the processor has no AVX-512 IFMA";
  }
  static std::vector<lanes::Key> ready(const std::vector<Case>& cases) {
    std::vector<lanes::Key> keys(cases.size());
    for (size_t at = 0; at < cases.size(); at += lanes::kLanes) {
      const unsigned char* bytes[lanes::kLanes];
      lanes::Key* into[lanes::kLanes];
      for (size_t lane = 0; lane < lanes::kLanes; ++lane) {
        bytes[lane] = cases[at + lane].key.bytes.data();
        into[lane] = &keys[at + lane];
      }
      lanes::make_ready(bytes, into);
    }
    return keys;
  }
  static void expect_as_libsodium(const std::vector<Case>& cases) {
    const std::vector<lanes::Key> keys = ready(cases);
    std::vector<lanes::Signed> inputs(cases.size());
    for (size_t i = 0; i < cases.size(); ++i) {
      const std::string hashed = std::string(as_view(cases[i].signature).substr(0, 32)) + std::string(as_view(cases[i].key.bytes)) + cases[i].message;
      std::array<unsigned char, 64> wide;
      crypto_hash_sha512(wide.data(), reinterpret_cast<const unsigned char*>(hashed.data()), hashed.size());
      inputs[i] = {&keys[i], cases[i].signature.data(), {}};
      crypto_core_ed25519_scalar_reduce(inputs[i].challenge, wide.data());
    }
    bool accepted[lanes::kLanes * lanes::kGroupsMax];
    lanes::verify(inputs.data(), inputs.size(), accepted);
    for (size_t i = 0; i < cases.size(); ++i) {
      EXPECT_EQ(accepted[i], verify(cases[i].key, cases[i].message, cases[i].signature)) << i << " key " << to_hex(as_view(cases[i].key.bytes));
    }
  }
  Attacker attacker_;
};

TEST_F(Lanes, AcceptTheGoodAndNoOthersInAnyNumberOfGroups) {
  for (size_t round = 0; round < 80; ++round) {
    std::vector<Case> cases;
    for (size_t i = 0; i < lanes::kLanes * (1 + round % lanes::kGroupsMax); ++i) {
      cases.push_back(i % 2 == 0 ? attacker_.honest(*key_from_seed(attacker_.bytes(32))) : attacker_.of_mixed_order());
    }
    expect_as_libsodium(cases);
  }
}

// Nobody can sign with one of the second kind, so that only its own check sees it: y + p is another spelling of the point of y.
TEST_F(Lanes, KeysThatAreNoCanonicalPointsAreUnsound) {
  std::vector<Case> cases(24);
  for (int i = 0; i < 24; ++i) {
    Bytes32& key = cases[static_cast<size_t>(i)].key.bytes;
    key.fill(0xff);
    key[0] = static_cast<unsigned char>(0xed + i % 19);  // p + 0 … p + 18, which only 255 bits of ones end
    key[31] = 0x7f;
  }
  for (const lanes::Key& key : ready(cases)) EXPECT_FALSE(key.sound);
  for (Case& each : cases) each.key = key_from_seed(attacker_.bytes(32))->public_key();
  for (const lanes::Key& key : ready(cases)) EXPECT_TRUE(key.sound);
}

TEST(VerifyEach, FromManyThreads) {
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([i] {
      Attacker attacker;
      std::vector<Case> cases;
      for (int n = 0; n < 100; ++n) cases.push_back(attacker.honest(*key_from_seed(std::string(32, static_cast<char>(i + n % 16)))));
      EXPECT_EQ(expect_as_one_by_one(cases), cases.size());
    });
  }
  for (std::thread& thread : threads) thread.join();
}

// More keys than are kept ready.
TEST(VerifyEach, ManyKeys) {
  Attacker attacker;
  std::vector<std::unique_ptr<Signer>> signers;
  for (int i = 0; i < 2500; ++i) signers.push_back(key_from_seed(attacker.bytes(32)));
  for (int round = 0; round < 2; ++round) {
    std::vector<Case> cases;
    for (const auto& signer : signers) cases.push_back(attacker.honest(*signer));
    EXPECT_EQ(expect_as_one_by_one(cases), signers.size());
  }
}

}  // namespace
}  // namespace ain
