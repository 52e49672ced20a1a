// The SSH wire encoding (RFC 4251 section 5) that key files, agents and signatures share.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ain {

inline constexpr size_t kSshStringBytesMax = 1 << 20;

class SshWriter {
 public:
  SshWriter& u8(uint8_t value);
  SshWriter& u32(uint32_t value);
  SshWriter& string(std::string_view bytes);  // length-prefixed
  SshWriter& raw(std::string_view bytes);
  const std::string& bytes() const { return bytes_; }

 private:
  std::string bytes_;
};

// Reads until something does not fit; then every further read gives nothing.
class SshReader {
 public:
  explicit SshReader(std::string_view bytes) : rest_(bytes) {}
  std::optional<uint8_t> u8();
  std::optional<uint32_t> u32();
  std::optional<std::string_view> string();
  std::string_view rest() const { return rest_; }
  bool at_end() const { return rest_.empty(); }

 private:
  std::string_view rest_;
};

// "-----BEGIN NAME-----", base64 in lines of `width`, "-----END NAME-----".
std::string ssh_armor(std::string_view name, std::string_view bytes, size_t width);
std::optional<std::string> ssh_dearmor(std::string_view name, std::string_view text);

}  // namespace ain
