#include "base/ssh_wire.h"

#include "base/encoding.h"
#include "base/text.h"

namespace ain {

SshWriter& SshWriter::u8(uint8_t value) {
  bytes_ += static_cast<char>(value);
  return *this;
}

SshWriter& SshWriter::u32(uint32_t value) {
  for (int shift = 24; shift >= 0; shift -= 8) bytes_ += static_cast<char>(value >> shift);
  return *this;
}

SshWriter& SshWriter::string(std::string_view bytes) {
  u32(static_cast<uint32_t>(bytes.size()));
  return raw(bytes);
}

SshWriter& SshWriter::raw(std::string_view bytes) {
  bytes_ += bytes;
  return *this;
}

std::optional<uint8_t> SshReader::u8() {
  if (rest_.empty()) return std::nullopt;
  const auto value = static_cast<uint8_t>(rest_[0]);
  rest_.remove_prefix(1);
  return value;
}

std::optional<uint32_t> SshReader::u32() {
  if (rest_.size() < 4) {
    rest_ = {};
    return std::nullopt;
  }
  uint32_t value = 0;
  for (int i = 0; i < 4; ++i) value = value << 8 | static_cast<unsigned char>(rest_[i]);
  rest_.remove_prefix(4);
  return value;
}

std::optional<std::string_view> SshReader::string() {
  const auto size = u32();
  if (!size || *size > rest_.size() || *size > kSshStringBytesMax) {
    rest_ = {};
    return std::nullopt;
  }
  const std::string_view value = rest_.substr(0, *size);
  rest_.remove_prefix(*size);
  return value;
}

std::string ssh_armor(std::string_view name, std::string_view bytes, size_t width) {
  const std::string encoded = base64_encode(bytes);
  std::string text = "-----BEGIN " + std::string(name) + "-----\n";
  for (size_t i = 0; i < encoded.size(); i += width) text += encoded.substr(i, width) + '\n';
  return text + "-----END " + std::string(name) + "-----\n";
}

std::optional<std::string> ssh_dearmor(std::string_view name, std::string_view text) {
  const std::string begin = "-----BEGIN " + std::string(name) + "-----", end = "-----END " + std::string(name) + "-----";
  text = trim(text);
  if (text.size() < begin.size() + end.size() || text.substr(0, begin.size()) != begin ||
      text.substr(text.size() - end.size()) != end) {
    return std::nullopt;
  }
  std::string encoded;
  for (const char c : text.substr(begin.size(), text.size() - begin.size() - end.size())) {
    if (c != '\n' && c != '\r') encoded += c;
  }
  return base64_decode(encoded);
}

}  // namespace ain
