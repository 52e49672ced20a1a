#include "base/varint.h"

#include "base/error.h"

namespace ain {

void put_varint(std::string& bytes, uint64_t number) {
  while (number >= 0x80) {
    bytes += static_cast<char>(0x80 | (number & 0x7f));
    number >>= 7;
  }
  bytes += static_cast<char>(number);
}

void put_text(std::string& bytes, std::string_view text) {
  put_varint(bytes, text.size());
  bytes += text;
}

uint64_t VarintReader::number(uint64_t max) {
  uint64_t number = 0;
  for (int shift = 0;; shift += 7) {
    if (rest_.empty()) fail(ErrorKind::failed, "a record ends within a number");
    const auto byte = static_cast<unsigned char>(rest_.front());
    rest_.remove_prefix(1);
    if (shift == 63 && byte > 1) fail(ErrorKind::failed, "a record holds a number beyond 64 bits");
    number |= static_cast<uint64_t>(byte & 0x7f) << shift;
    if (byte >= 0x80) continue;
    if (byte == 0 && shift > 0) fail(ErrorKind::failed, "a record holds a number with needless digits");
    if (number > max) fail(ErrorKind::failed, "a record holds the number {}, at most {} can be", number, max);
    return number;
  }
}

std::string_view VarintReader::bytes(size_t count) {
  if (count > rest_.size()) fail(ErrorKind::failed, "a record ends within its bytes");
  const std::string_view taken = rest_.substr(0, count);
  rest_.remove_prefix(count);
  return taken;
}

std::string_view VarintReader::text() { return bytes(number(rest_.size())); }

}  // namespace ain
