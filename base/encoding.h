// Bytes as text and back. Decoders are strict: one text for one byte string, nothing ignored, nothing repaired.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace ain {

std::string to_hex(std::string_view bytes);  // lower case
std::optional<std::string> from_hex(std::string_view text);

std::string base64_encode(std::string_view bytes);  // RFC 4648 section 4, padded
std::optional<std::string> base64_decode(std::string_view text);

std::string base64url_encode(std::string_view bytes);  // RFC 4648 section 5, no padding
std::optional<std::string> base64url_decode(std::string_view text);

// BIP 350. `prefix` is the human-readable part; at most 90 characters in all.
std::string bech32m_encode(std::string_view prefix, std::string_view bytes);
std::optional<std::string> bech32m_decode(std::string_view prefix, std::string_view text);

template <size_t N>
std::string to_hex(const std::array<unsigned char, N>& bytes) {
  return to_hex(std::string_view(reinterpret_cast<const char*>(bytes.data()), N));
}

// Copies exactly N bytes; nothing when the size differs.
template <size_t N>
std::optional<std::array<unsigned char, N>> to_array(std::string_view bytes) {
  if (bytes.size() != N) return std::nullopt;
  std::array<unsigned char, N> result;
  bytes.copy(reinterpret_cast<char*>(result.data()), N);
  return result;
}

}  // namespace ain
