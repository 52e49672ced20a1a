#include "base/encoding.h"

#include <array>
#include <cstdint>
#include <vector>

#include "base/error.h"

namespace ain {
namespace {

// By tables: what is public need not be read in constant time, and a ledger reads some of it for each transaction.
struct Base64 {
  std::string_view digits;
  bool padded = false;
  std::array<uint8_t, 256> values{};  // kNoDigit for what is none

  constexpr Base64(std::string_view alphabet, bool with_padding) : digits(alphabet), padded(with_padding) {
    values.fill(kNoDigit);
    for (size_t i = 0; i < digits.size(); ++i) values[static_cast<unsigned char>(digits[i])] = static_cast<uint8_t>(i);
  }
  static constexpr uint8_t kNoDigit = 0xff;
};
constexpr Base64 kBase64("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", true);
constexpr Base64 kBase64Url("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", false);

std::string encode_base64(std::string_view bytes, const Base64& base64) {
  std::string text((bytes.size() + 2) / 3 * 4, '=');
  const auto byte = [&](size_t i) { return i < bytes.size() ? static_cast<uint32_t>(static_cast<unsigned char>(bytes[i])) : 0; };
  const size_t digits = (bytes.size() * 8 + 5) / 6;
  for (size_t in = 0, at = 0; in < bytes.size(); in += 3) {
    const uint32_t group = byte(in) << 16 | byte(in + 1) << 8 | byte(in + 2);
    for (int shift = 18; shift >= 0 && at < digits; shift -= 6) text[at++] = base64.digits[group >> shift & 63];
  }
  if (!base64.padded) text.resize(digits);
  return text;
}

// Bits beyond the last byte that are not zero would give two texts for one byte string.
std::optional<std::string> decode_base64(std::string_view text, const Base64& base64) {
  if (base64.padded) {
    if (text.size() % 4 != 0) return std::nullopt;
    for (int i = 0; i < 2 && text.ends_with('='); ++i) text.remove_suffix(1);
  }
  if (text.size() % 4 == 1) return std::nullopt;
  std::string bytes(text.size() * 6 / 8, '\0');
  uint32_t group = 0;
  int bits = 0;
  size_t at = 0;
  for (const char digit : text) {
    const uint8_t value = base64.values[static_cast<unsigned char>(digit)];
    if (value == Base64::kNoDigit) return std::nullopt;
    group = (group << 6 | value) & 0xffff;
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    bytes[at++] = static_cast<char>(group >> bits & 0xff);
  }
  if ((group & ((1u << bits) - 1)) != 0) return std::nullopt;
  return bytes;
}

constexpr std::string_view kBech32Alphabet = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
constexpr uint32_t kBech32mConstant = 0x2bc830a3;
constexpr size_t kBech32CharactersMax = 90;

// For each five bits that fall out at the top, the sum of their generators.
constexpr std::array<uint32_t, 32> kBech32Generators = [] {
  constexpr std::array<uint32_t, 5> kGenerator = {0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3};
  std::array<uint32_t, 32> sums{};
  for (size_t top = 0; top < sums.size(); ++top) {
    for (size_t i = 0; i < kGenerator.size(); ++i) sums[top] ^= (top >> i & 1) != 0 ? kGenerator[i] : 0;
  }
  return sums;
}();

uint32_t bech32_polymod(const std::vector<uint8_t>& values) {
  uint32_t checksum = 1;
  for (const uint8_t value : values) checksum = ((checksum & 0x1ffffff) << 5) ^ value ^ kBech32Generators[checksum >> 25];
  return checksum;
}

std::vector<uint8_t> expand_prefix(std::string_view prefix) {
  std::vector<uint8_t> values;
  for (const char c : prefix) values.push_back(static_cast<uint8_t>(c) >> 5);
  values.push_back(0);
  for (const char c : prefix) values.push_back(static_cast<uint8_t>(c) & 31);
  return values;
}

// Regroups bits; nothing when padding bits are left that are not zero (or more than a group of them).
std::optional<std::vector<uint8_t>> regroup(const std::vector<uint8_t>& in, int from, int to, bool pad) {
  uint32_t accumulator = 0;
  int bits = 0;
  std::vector<uint8_t> result;
  for (const uint8_t value : in) {
    accumulator = ((accumulator << from) | value) & 0xfffff;
    bits += from;
    while (bits >= to) {
      bits -= to;
      result.push_back((accumulator >> bits) & ((1u << to) - 1));
    }
  }
  const uint32_t rest = (accumulator << (to - bits)) & ((1u << to) - 1);
  if (pad) {
    if (bits > 0) result.push_back(static_cast<uint8_t>(rest));
  } else if (bits >= from || rest != 0) {
    return std::nullopt;
  }
  return result;
}

}  // namespace

std::string to_hex(std::string_view bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  text.reserve(bytes.size() * 2);
  for (const char c : bytes) {
    text += kDigits[static_cast<unsigned char>(c) >> 4];
    text += kDigits[static_cast<unsigned char>(c) & 15];
  }
  return text;
}

std::optional<std::string> from_hex(std::string_view text) {
  if (text.size() % 2 != 0) return std::nullopt;
  const auto digit = [](char c) { return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1; };
  std::string bytes;
  bytes.reserve(text.size() / 2);
  for (size_t i = 0; i < text.size(); i += 2) {
    const int high = digit(text[i]), low = digit(text[i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    bytes += static_cast<char>(high << 4 | low);
  }
  return bytes;
}

std::string base64_encode(std::string_view bytes) { return encode_base64(bytes, kBase64); }
std::optional<std::string> base64_decode(std::string_view text) {
  return decode_base64(text, kBase64);
}
std::string base64url_encode(std::string_view bytes) {
  return encode_base64(bytes, kBase64Url);
}
std::optional<std::string> base64url_decode(std::string_view text) {
  return decode_base64(text, kBase64Url);
}

std::string bech32m_encode(std::string_view prefix, std::string_view bytes) {
  std::vector<uint8_t> data = *regroup({bytes.begin(), bytes.end()}, 8, 5, true);
  std::vector<uint8_t> checked = expand_prefix(prefix);
  checked.insert(checked.end(), data.begin(), data.end());
  checked.insert(checked.end(), 6, 0);
  const uint32_t checksum = bech32_polymod(checked) ^ kBech32mConstant;
  for (int i = 0; i < 6; ++i) data.push_back((checksum >> (5 * (5 - i))) & 31);
  std::string text = std::string(prefix) + '1';
  for (const uint8_t value : data) text += kBech32Alphabet[value];
  AIN_ASSERT(text.size() <= kBech32CharactersMax);
  return text;
}

std::optional<std::string> bech32m_decode(std::string_view prefix, std::string_view text) {
  if (text.size() > kBech32CharactersMax || text.size() < prefix.size() + 7 || text.substr(0, prefix.size()) != prefix ||
      text[prefix.size()] != '1') {
    return std::nullopt;
  }
  std::vector<uint8_t> data;
  for (const char c : text.substr(prefix.size() + 1)) {
    const size_t value = kBech32Alphabet.find(c);
    if (value == std::string_view::npos) return std::nullopt;
    data.push_back(static_cast<uint8_t>(value));
  }
  std::vector<uint8_t> checked = expand_prefix(prefix);
  checked.insert(checked.end(), data.begin(), data.end());
  if (bech32_polymod(checked) != kBech32mConstant) return std::nullopt;
  data.resize(data.size() - 6);
  const auto bytes = regroup(data, 5, 8, false);
  if (!bytes) return std::nullopt;
  return std::string(bytes->begin(), bytes->end());
}

}  // namespace ain
