// Compact binary records: numbers in seven-bit groups (LEB128), texts with their length before them. One encoding for one number.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace ain {

void put_varint(std::string& bytes, uint64_t number);
void put_text(std::string& bytes, std::string_view text);

// Reads what strangers may have written: everything out of bounds throws `failed`. The views point into the given bytes.
class VarintReader {
 public:
  explicit VarintReader(std::string_view bytes) : rest_(bytes) {}
  uint64_t number(uint64_t max);
  std::string_view bytes(size_t count);
  std::string_view text();
  size_t left() const { return rest_.size(); }
  bool at_end() const { return rest_.empty(); }

 private:
  std::string_view rest_;
};

}  // namespace ain
