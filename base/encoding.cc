#include "base/encoding.h"

#include <sodium.h>

#include <cstdint>
#include <vector>

#include "base/error.h"

namespace ain {
namespace {

std::string encode_base64(std::string_view bytes, int variant) {
  std::string text(sodium_base64_encoded_len(bytes.size(), variant), '\0');
  sodium_bin2base64(text.data(), text.size(), reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(),
                    variant);
  text.resize(text.size() - 1);  // the terminator
  return text;
}

std::optional<std::string> decode_base64(std::string_view text, int variant) {
  std::string bytes(text.size() / 4 * 3 + 3, '\0');
  size_t size = 0;
  const char* end = nullptr;
  if (sodium_base642bin(reinterpret_cast<unsigned char*>(bytes.data()), bytes.size(), text.data(), text.size(), nullptr,
                        &size, &end, variant) != 0 ||
      end != text.data() + text.size()) {
    return std::nullopt;
  }
  bytes.resize(size);
  // Trailing bits that are not zero would give two texts for one byte string.
  if (encode_base64(bytes, variant) != text) return std::nullopt;
  return bytes;
}

constexpr std::string_view kBech32Alphabet = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
constexpr uint32_t kBech32mConstant = 0x2bc830a3;
constexpr size_t kBech32CharactersMax = 90;

uint32_t bech32_polymod(const std::vector<uint8_t>& values) {
  static constexpr uint32_t kGenerator[] = {0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3};
  uint32_t checksum = 1;
  for (const uint8_t value : values) {
    const uint32_t top = checksum >> 25;
    checksum = ((checksum & 0x1ffffff) << 5) ^ value;
    for (int i = 0; i < 5; ++i) {
      if ((top >> i) & 1) checksum ^= kGenerator[i];
    }
  }
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

std::string base64_encode(std::string_view bytes) { return encode_base64(bytes, sodium_base64_VARIANT_ORIGINAL); }
std::optional<std::string> base64_decode(std::string_view text) {
  return decode_base64(text, sodium_base64_VARIANT_ORIGINAL);
}
std::string base64url_encode(std::string_view bytes) {
  return encode_base64(bytes, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}
std::optional<std::string> base64url_decode(std::string_view text) {
  return decode_base64(text, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
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
