// Ed25519 signatures verified eight at a time, one in each 64-bit lane of a 512-bit register, by AVX-512's 52-bit multiplication (IFMA). It
// handles public data alone, so its time may depend on them. Internal to keys.cc, which asks libsodium about whatever this does not accept.
#pragma once

#include <cstddef>

namespace ain::lanes {

inline constexpr size_t kLanes = 8;
inline constexpr size_t kGroupsMax = 8;  // of kLanes signatures, in one call

struct Signed {
  const unsigned char* key;        // A, 32 bytes
  const unsigned char* signature;  // R and S, 64 bytes
  unsigned char challenge[32];     // k = SHA-512(R || A || message) mod L
};

// This build has it and so has this processor.
bool at_hand();
// accepted[i]: A and S are canonical, neither A nor R is of small order, and S·B - k·A encodes to the very bytes of R: all that libsodium's
// crypto_sign_verify_detached asks. `count` is a multiple of kLanes, at most kLanes * kGroupsMax.
void verify(const Signed* all, size_t count, bool* accepted);

}  // namespace ain::lanes
