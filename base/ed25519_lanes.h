// Ed25519 signatures verified eight at a time, one in each 64-bit lane of a 512-bit register, by AVX-512's 52-bit multiplication (IFMA). It
// handles public data alone, so its time may depend on them. Internal to keys.cc, which asks libsodium about whatever this does not accept.
#pragma once

#include <cstddef>
#include <cstdint>

namespace ain::lanes {

inline constexpr size_t kLanes = 8;
inline constexpr size_t kGroupsMax = 8;  // of kLanes signatures, in one call

// A public key A made ready: 0..15 times -A, -2^64 A, -2^128 A and -2^192 A, so that a scalar is gone through in its four quarters at once.
struct Key {
  static constexpr size_t kParts = 4, kMultiples = 16, kWords = 20;
  bool sound;  // it is canonical, a point of the curve, and of large order
  uint64_t multiples[kParts][kMultiples][kWords];
};

struct Signed {
  const Key* key;
  const unsigned char* signature;  // R and S, 64 bytes
  unsigned char challenge[32];     // k = SHA-512(R || A || message) mod L
};

// This build has it and so has this processor.
bool at_hand();
// Of 32 bytes each.
void make_ready(const unsigned char* const (&bytes)[kLanes], Key* const (&keys)[kLanes]);
// accepted[i]: the key is sound, S is canonical, R is not of small order, and S·B - k·A encodes to the very bytes of R: all that libsodium's
// crypto_sign_verify_detached asks. `count` is a multiple of kLanes, at most kLanes * kGroupsMax.
void verify(const Signed* all, size_t count, bool* accepted);

}  // namespace ain::lanes
