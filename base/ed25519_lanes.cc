// Compiled for AVX-512 as a whole (base/CMakeLists.txt): no inline function of a header that other units share may be used here, as the linker
// might keep this unit's copy of it for all.
#include "base/ed25519_lanes.h"

#if defined(__AVX512IFMA__)

#include <immintrin.h>
#include <stdint.h>

namespace ain::lanes {
namespace {

using Lanes = __m512i;

// An element of GF(2^255 - 19) in each lane, in five limbs of 51 bits. `carried`: each limb is below 2^51 + 2^16, as the multiplication, which
// sees 52 bits of a limb, needs it; everything that a function takes or returns is.
struct Field {
  Lanes limb[5];
};

constexpr int kLimbBits = 51;
constexpr uint64_t kLimbMask = (uint64_t{1} << kLimbBits) - 1;

// d of the curve, 2d, and a square root of -1.
constexpr uint64_t kD[5] = {0x34dca135978a3, 0x1a8283b156ebd, 0x5e7a26001c029, 0x739c663a03cbb, 0x52036cee2b6ff};
constexpr uint64_t k2D[5] = {0x69b9426b2f159, 0x35050762add7a, 0x3cf44c0038052, 0x6738cc7407977, 0x2406d9dc56dff};
constexpr uint64_t kRootOfMinusOne[5] = {0x61b274a0ea0b0, 0x0d5a5fc8f189d, 0x7ef5e9cbd0c60, 0x78595a6804c9e, 0x2b8324804fc1d};
constexpr uint64_t kZero[5] = {0, 0, 0, 0, 0}, kOne[5] = {1, 0, 0, 0, 0};
// The group's order and the field's, as bytes, least first.
constexpr unsigned char kOrder[32] = {0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14,
                                      0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0x10};
constexpr unsigned char kPrime[32] = {0xed, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                      0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f};
constexpr unsigned char kBasePoint[32] = {0x58, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66,
                                          0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66};

inline Lanes broadcast(uint64_t value) { return _mm512_set1_epi64(static_cast<int64_t>(value)); }
inline Lanes add(Lanes a, Lanes b) { return _mm512_add_epi64(a, b); }
inline Lanes twice(Lanes a) { return _mm512_slli_epi64(a, 1); }
inline Lanes times19(Lanes a) { return add(add(_mm512_slli_epi64(a, 4), twice(a)), a); }

inline Field constant(const uint64_t (&value)[5]) { return {{broadcast(value[0]), broadcast(value[1]), broadcast(value[2]), broadcast(value[3]), broadcast(value[4])}}; }

// Of limbs below 2^62.
inline Field carried(const Lanes (&limb)[5]) {
  const Lanes mask = broadcast(kLimbMask);
  Lanes over[5];
  for (int i = 0; i < 5; ++i) over[i] = _mm512_srli_epi64(limb[i], kLimbBits);
  Field result;
  for (int i = 1; i < 5; ++i) result.limb[i] = add(_mm512_and_si512(limb[i], mask), over[i - 1]);
  result.limb[0] = _mm512_madd52lo_epu64(_mm512_and_si512(limb[0], mask), over[4], broadcast(19));
  return result;
}

inline Field operator+(const Field& a, const Field& b) {
  Lanes sum[5];
  for (int i = 0; i < 5; ++i) sum[i] = add(a.limb[i], b.limb[i]);
  return carried(sum);
}

// Four times the prime, in limbs of which each is more than any two carried ones.
inline Lanes four_primes(int limb) { return broadcast((kLimbMask - (limb == 0 ? 18 : 0)) * 4); }

inline Field operator-(const Field& a, const Field& b) {
  Lanes difference[5];
  for (int i = 0; i < 5; ++i) difference[i] = _mm512_sub_epi64(add(a.limb[i], four_primes(i)), b.limb[i]);
  return carried(difference);
}

// Of the ten limbs of a product: 2^255 is 19.
inline Field folded(const Lanes (&wide)[10]) {
  Lanes limb[5];
  for (int i = 0; i < 5; ++i) limb[i] = add(wide[i], times19(wide[i + 5]));
  return carried(limb);
}

// A product of two limbs is low + 2^52 high: in limbs of 51 bits high counts twice in the next one.
inline Field operator*(const Field& a, const Field& b) {
  Lanes low[10], high[10];
  for (int i = 0; i < 10; ++i) low[i] = high[i] = _mm512_setzero_si512();
  for (int i = 0; i < 5; ++i) {
    for (int j = 0; j < 5; ++j) {
      low[i + j] = _mm512_madd52lo_epu64(low[i + j], a.limb[i], b.limb[j]);
      high[i + j + 1] = _mm512_madd52hi_epu64(high[i + j + 1], a.limb[i], b.limb[j]);
    }
  }
  Lanes wide[10];
  for (int i = 0; i < 10; ++i) wide[i] = add(low[i], twice(high[i]));
  return folded(wide);
}

// Products of different limbs come twice.
inline Field square(const Field& a) {
  Lanes once[10], two[10], four[10];
  for (int i = 0; i < 10; ++i) once[i] = two[i] = four[i] = _mm512_setzero_si512();
  for (int i = 0; i < 5; ++i) {
    once[2 * i] = _mm512_madd52lo_epu64(once[2 * i], a.limb[i], a.limb[i]);
    two[2 * i + 1] = _mm512_madd52hi_epu64(two[2 * i + 1], a.limb[i], a.limb[i]);
    for (int j = i + 1; j < 5; ++j) {
      two[i + j] = _mm512_madd52lo_epu64(two[i + j], a.limb[i], a.limb[j]);
      four[i + j + 1] = _mm512_madd52hi_epu64(four[i + j + 1], a.limb[i], a.limb[j]);
    }
  }
  Lanes wide[10];
  for (int i = 0; i < 10; ++i) wide[i] = add(once[i], twice(add(two[i], twice(four[i]))));
  return folded(wide);
}

Field squared(Field a, int times) {
  for (int i = 0; i < times; ++i) a = square(a);
  return a;
}

// a^(2^250 - 1), on the way to both powers below; `a11`, when asked for: a^11.
Field power_2_250_1(const Field& a, Field* a11 = nullptr) {
  const Field a2 = square(a), a9 = squared(a2, 2) * a, eleventh = a9 * a2;
  if (a11) *a11 = eleventh;
  const Field to5 = square(eleventh) * a9;
  const Field to10 = squared(to5, 5) * to5, to20 = squared(to10, 10) * to10, to40 = squared(to20, 20) * to20;
  const Field to50 = squared(to40, 10) * to10, to100 = squared(to50, 50) * to50, to200 = squared(to100, 100) * to100;
  return squared(to200, 50) * to50;
}
Field inverse(const Field& a) {  // a^(p - 2)
  Field a11;
  const Field power = power_2_250_1(a, &a11);
  return squared(power, 5) * a11;
}
Field power_252_3(const Field& a) { return squared(power_2_250_1(a), 2) * a; }  // a^((p - 5) / 8)

// The one representative below the prime.
Field canonical(const Field& a) {
  const Lanes mask = broadcast(kLimbMask);
  Lanes limb[5];
  for (int i = 0; i < 5; ++i) limb[i] = a.limb[i];
  for (int round = 0; round < 2; ++round) {
    for (int i = 0; i < 4; ++i) {
      limb[i + 1] = add(limb[i + 1], _mm512_srli_epi64(limb[i], kLimbBits));
      limb[i] = _mm512_and_si512(limb[i], mask);
    }
    limb[0] = add(limb[0], times19(_mm512_srli_epi64(limb[4], kLimbBits)));
    limb[4] = _mm512_and_si512(limb[4], mask);
  }
  // With 19 more it passes 2^255 exactly where it is not below the prime.
  Lanes over = broadcast(19);
  for (int i = 0; i < 5; ++i) over = _mm512_srli_epi64(add(limb[i], over), kLimbBits);
  Lanes carry = times19(over);
  Field result;
  for (int i = 0; i < 5; ++i) {
    const Lanes sum = add(limb[i], carry);
    result.limb[i] = _mm512_and_si512(sum, mask);
    carry = _mm512_srli_epi64(sum, kLimbBits);
  }
  return result;
}

__mmask8 equal_limbs(const Field& a, const Field& b) {
  __mmask8 equal = 0xff;
  for (int i = 0; i < 5; ++i) equal = static_cast<__mmask8>(equal & _mm512_cmpeq_epi64_mask(a.limb[i], b.limb[i]));
  return equal;
}
__mmask8 equal(const Field& a, const Field& b) { return equal_limbs(canonical(a), canonical(b)); }
__mmask8 is_odd(const Field& a) { return _mm512_test_epi64_mask(canonical(a).limb[0], broadcast(1)); }

Field chosen(__mmask8 which, const Field& yes, const Field& no) {
  Field result;
  for (int i = 0; i < 5; ++i) result.limb[i] = _mm512_mask_blend_epi64(which, no.limb[i], yes.limb[i]);
  return result;
}

// A point (x, y) as X/Z, Y/Z, and T = XY/Z where it is asked for; a: -1.
struct Point {
  Field x, y, z, t;
};
// A point that is added, made ready: Y + X, Y - X, 2Z, 2dT; of a fixed one Z is 1 and left out.
struct Addend {
  Field sum, difference, z2, t2d;
};
struct FixedAddend {
  Field sum, difference, t2d;
};

inline Point identity() { return {constant(kZero), constant(kOne), constant(kOne), constant(kZero)}; }
inline Addend addend_of(const Point& p) { return {p.y + p.x, p.y - p.x, p.z + p.z, p.t * constant(k2D)}; }

// Both formulas end in the same four products; T is left out where a doubling comes next, which does not look at it.
template <bool kWithT>
inline Point completed(const Field& e, const Field& f, const Field& g, const Field& h) {
  Point sum{e * f, g * h, f * g, {}};
  if constexpr (kWithT) sum.t = e * h;
  return sum;
}

// Hisil, Wong, Carter, Dawson, "Twisted Edwards Curves Revisited" (2008), 3.3 and 3.1; complete on this curve.
template <bool kWithT>
inline Point doubled(const Point& p) {
  const Field a = square(p.x), b = square(p.y), zz = square(p.z), xy = square(p.x + p.y);
  Lanes e[5], f[5];
  for (int i = 0; i < 5; ++i) {
    e[i] = _mm512_sub_epi64(add(xy.limb[i], four_primes(i)), add(a.limb[i], b.limb[i]));
    f[i] = _mm512_sub_epi64(add(add(twice(zz.limb[i]), a.limb[i]), four_primes(i)), b.limb[i]);
  }
  return completed<kWithT>(carried(e), carried(f), b - a, a + b);
}

template <bool kWithT>
inline Point plus(const Point& p, const Field& sum, const Field& difference, const Field& z2, const Field& t2d) {
  const Field a = (p.y - p.x) * difference, b = (p.y + p.x) * sum, c = p.t * t2d;
  return completed<kWithT>(b - a, z2 - c, z2 + c, b + a);
}
template <bool kWithT>
inline Point plus(const Point& p, const Addend& q) { return plus<kWithT>(p, q.sum, q.difference, p.z * q.z2, q.t2d); }
template <bool kWithT>
inline Point plus(const Point& p, const FixedAddend& q) { return plus<kWithT>(p, q.sum, q.difference, p.z + p.z, q.t2d); }

// Sixteen times: what a digit of four bits stands for.
inline Point times16(Point p) {
  for (int i = 0; i < 3; ++i) p = doubled<false>(p);
  return doubled<true>(p);
}

// Limb `i` of the 255 low bits of 32 bytes.
inline uint64_t limb_of(const unsigned char* bytes, int i) {
  const int bit = i * kLimbBits;
  const int first = bit / 8 > 24 ? 24 : bit / 8;
  uint64_t word = 0;
  for (int k = 7; k >= 0; --k) word = word << 8 | bytes[first + k];
  return word >> (bit - 8 * first) & kLimbMask;
}
Field field_of(const unsigned char* const (&bytes)[kLanes]) {
  Field result;
  for (int i = 0; i < 5; ++i) {
    alignas(64) uint64_t lanes[kLanes];
    for (size_t lane = 0; lane < kLanes; ++lane) lanes[lane] = limb_of(bytes[lane], i);
    result.limb[i] = _mm512_load_si512(lanes);
  }
  return result;
}

__mmask8 sign_bits(const unsigned char* const (&bytes)[kLanes]) {
  unsigned bits = 0;
  for (size_t lane = 0; lane < kLanes; ++lane) bits |= static_cast<unsigned>(bytes[lane][31] >> 7) << lane;
  return static_cast<__mmask8>(bits);
}

// The points that these bytes encode, `on_curve`; the identity where they encode none (RFC 8032, 5.1.3).
Point decoded(const unsigned char* const (&bytes)[kLanes], __mmask8& on_curve) {
  const Field one = constant(kOne), y = field_of(bytes), yy = square(y);
  const Field u = yy - one, v = yy * constant(kD) + one;
  const Field v3 = square(v) * v, v7 = square(v3) * v;
  Field x = u * v3 * power_252_3(u * v7);
  const Field vxx = v * square(x);
  const __mmask8 direct = equal(vxx, u), turned = equal(vxx, constant(kZero) - u);
  x = chosen(direct, x, x * constant(kRootOfMinusOne));
  x = chosen(static_cast<__mmask8>(is_odd(x) ^ sign_bits(bytes)), constant(kZero) - x, x);
  on_curve = static_cast<__mmask8>(direct | turned);
  return {chosen(on_curve, x, constant(kZero)), chosen(on_curve, y, one), one, chosen(on_curve, x * y, constant(kZero))};
}

// 2^64 times.
Point times_quarter(Point p) {
  for (int i = 1; i < 64; ++i) p = doubled<false>(p);
  return doubled<true>(p);
}

void keep(const Field& value, uint64_t* const (&words)[kLanes], int at) {
  alignas(64) uint64_t lanes[kLanes];
  for (int i = 0; i < 5; ++i) {
    _mm512_store_si512(lanes, value.limb[i]);
    for (size_t lane = 0; lane < kLanes; ++lane) words[lane][at + i] = lanes[lane];
  }
}

// From the address in each lane.
inline Field gathered(Lanes addresses, int word) {
  Field found;
  for (int i = 0; i < 5; ++i) {
    const Lanes from = add(addresses, broadcast(sizeof(uint64_t) * static_cast<uint64_t>(word + i)));
    found.limb[i] = _mm512_i64gather_epi64(from, nullptr, 1);
  }
  return found;
}

// 0..255 times the base point and its multiples by 2^64, 2^128 and 2^192.
struct BaseMultiples {
  static constexpr int kCount = 256, kWords = 15;
  uint64_t of[Key::kParts][kCount][kWords];

  BaseMultiples() {
    const unsigned char* const bytes[kLanes] = {kBasePoint, kBasePoint, kBasePoint, kBasePoint, kBasePoint, kBasePoint, kBasePoint, kBasePoint};
    __mmask8 on_curve = 0;
    Point part = decoded(bytes, on_curve);
    for (auto& multiples : of) {
      const Addend once = addend_of(part);
      Point multiple = identity();
      for (auto& words : multiples) {
        uint64_t* const to[kLanes] = {words, words, words, words, words, words, words, words};
        const Field scale = inverse(multiple.z), x = multiple.x * scale, y = multiple.y * scale;
        keep(y + x, to, 0);
        keep(y - x, to, 5);
        keep(x * y * constant(k2D), to, 10);
        multiple = plus<true>(multiple, once);
      }
      part = times_quarter(part);
    }
  }
};

const BaseMultiples& base_multiples() {
  static const BaseMultiples multiples;
  return multiples;
}

// The digits of eight scalars, and where each lane's multiples of its key and of the base point begin.
class Scalars {
 public:
  explicit Scalars(const Signed* all) : all_(all) {
    alignas(64) uint64_t addresses[kLanes];
    for (size_t lane = 0; lane < kLanes; ++lane) addresses[lane] = reinterpret_cast<uint64_t>(all[lane].key->multiples);
    keys_ = _mm512_load_si512(addresses);
    base_ = broadcast(reinterpret_cast<uint64_t>(base_multiples().of));
  }

  // Four bits of k, eight of S, at a byte of a quarter.
  Addend of_key(int part, int byte, int shift) const {
    const Lanes digit = digits([&](size_t lane) { return all_[lane].challenge[8 * part + byte] >> shift & 15; });
    constexpr uint64_t kBytes = Key::kWords * sizeof(uint64_t);
    const Lanes at = entries(keys_, kBytes * Key::kMultiples * static_cast<uint64_t>(part), kBytes, digit);
    return {gathered(at, 0), gathered(at, 5), gathered(at, 10), gathered(at, 15)};
  }
  FixedAddend of_base(int part, int byte) const {
    const Lanes digit = digits([&](size_t lane) { return all_[lane].signature[32 + 8 * part + byte]; });
    constexpr uint64_t kBytes = BaseMultiples::kWords * sizeof(uint64_t);
    const Lanes at = entries(base_, kBytes * BaseMultiples::kCount * static_cast<uint64_t>(part), kBytes, digit);
    return {gathered(at, 0), gathered(at, 5), gathered(at, 10)};
  }

 private:
  template <typename Digit>
  static Lanes digits(Digit digit) {
    alignas(64) uint64_t each[kLanes];
    for (size_t lane = 0; lane < kLanes; ++lane) each[lane] = static_cast<uint64_t>(digit(lane));
    return _mm512_load_si512(each);
  }
  // Of a table `offset` bytes behind those addresses, whose entries have `bytes` each.
  static Lanes entries(Lanes tables, uint64_t offset, uint64_t bytes, Lanes digit) {
    return add(add(tables, broadcast(offset)), _mm512_mullo_epi64(digit, broadcast(bytes)));
  }

  const Signed* all_;
  Lanes keys_, base_;
};

// S·B - k·A, with all quarters of both scalars in one walk. After the last addend before a doubling nobody asks for T.
Point combined(const Scalars& scalars) {
  constexpr int kParts = static_cast<int>(Key::kParts);
  Point result = identity();
  for (int byte = 7; byte >= 0; --byte) {
    if (byte < 7) result = times16(result);
    for (int part = 0; part < kParts - 1; ++part) result = plus<true>(result, scalars.of_key(part, byte, 4));
    result = times16(plus<false>(result, scalars.of_key(kParts - 1, byte, 4)));
    for (int part = 0; part < kParts; ++part) result = plus<true>(result, scalars.of_key(part, byte, 0));
    for (int part = 0; part < kParts - 1; ++part) result = plus<true>(result, scalars.of_base(part, byte));
    result = plus<false>(result, scalars.of_base(kParts - 1, byte));
  }
  return result;
}

// Neither the identity nor any other of the eight points that cofactor 8 brings along.
__mmask8 of_large_order(Point p) {
  for (int i = 0; i < 3; ++i) p = doubled<false>(p);
  return static_cast<__mmask8>(~equal(p.x, constant(kZero)));
}

// Of little-endian numbers; `top_mask` says which bits of the last byte of `a` count.
bool is_below(const unsigned char* a, const unsigned char (&limit)[32], unsigned char top_mask) {
  for (int i = 31; i >= 0; --i) {
    const unsigned char byte = i == 31 ? static_cast<unsigned char>(a[i] & top_mask) : a[i];
    if (byte != limit[i]) return byte < limit[i];
  }
  return false;
}

// What is left of a group when its scalars are multiplied: S·B - k·A, still to be divided by z.
struct Group {
  Point r;
  Field before;    // the product of the z of the groups before this one
  __mmask8 sound;  // lanes whose key and signature may hold
};

Group begun(const Signed* all) {
  Group group;
  group.r = combined(Scalars(all));
  unsigned sound = of_large_order(group.r);
  for (size_t lane = 0; lane < kLanes; ++lane) {
    if (!all[lane].key->sound || !is_below(all[lane].signature + 32, kOrder, 0xff)) sound &= ~(1u << lane);
  }
  group.sound = static_cast<__mmask8>(sound);
  return group;
}

void decide(const Group& group, const Field& scale, const Signed* all, bool* accepted) {
  const unsigned char* encoded[kLanes];
  for (size_t lane = 0; lane < kLanes; ++lane) encoded[lane] = all[lane].signature;
  const __mmask8 same_y = equal_limbs(canonical(group.r.y * scale), field_of(encoded));
  const __mmask8 other_x = static_cast<__mmask8>(is_odd(group.r.x * scale) ^ sign_bits(encoded));
  const unsigned holds = group.sound & same_y & ~static_cast<unsigned>(other_x);
  for (size_t lane = 0; lane < kLanes; ++lane) accepted[lane] = holds >> lane & 1;
}

}  // namespace

bool at_hand() {
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512ifma");
}

void make_ready(const unsigned char* const (&bytes)[kLanes], Key* const (&keys)[kLanes]) {
  __mmask8 on_curve = 0;
  Point part = decoded(bytes, on_curve);
  const unsigned sound = on_curve & of_large_order(part);
  for (size_t lane = 0; lane < kLanes; ++lane) keys[lane]->sound = (sound >> lane & 1) != 0 && is_below(bytes[lane], kPrime, 0x7f);
  part.x = constant(kZero) - part.x;
  part.t = constant(kZero) - part.t;
  for (size_t quarter = 0; quarter < Key::kParts; ++quarter) {
    const Addend once = addend_of(part);
    Point multiple = identity();
    for (size_t i = 0; i < Key::kMultiples; ++i) {
      uint64_t* words[kLanes];
      for (size_t lane = 0; lane < kLanes; ++lane) words[lane] = keys[lane]->multiples[quarter][i];
      const Addend addend = addend_of(multiple);
      keep(addend.sum, words, 0);
      keep(addend.difference, words, 5);
      keep(addend.z2, words, 10);
      keep(addend.t2d, words, 15);
      multiple = plus<true>(multiple, once);
    }
    part = times_quarter(part);
  }
}

// One division serves all groups: that of the product of their z, from which each takes its own (Montgomery's trick).
void verify(const Signed* all, size_t count, bool* accepted) {
  Group groups[kGroupsMax];
  const size_t number = count / kLanes;
  Field product = constant(kOne);
  for (size_t i = 0; i < number; ++i) {
    groups[i] = begun(all + i * kLanes);
    groups[i].before = product;
    product = product * groups[i].r.z;
  }
  Field rest = inverse(product);
  for (size_t i = number; i-- > 0;) {
    decide(groups[i], rest * groups[i].before, all + i * kLanes, accepted + i * kLanes);
    rest = rest * groups[i].r.z;
  }
}

}  // namespace ain::lanes

#else

namespace ain::lanes {

bool at_hand() { return false; }
void make_ready(const unsigned char* const (&)[kLanes], Key* const (&)[kLanes]) {}
void verify(const Signed*, size_t count, bool* accepted) {
  for (size_t i = 0; i < count; ++i) accepted[i] = false;
}

}  // namespace ain::lanes

#endif
