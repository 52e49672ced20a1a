// Private to repo/: what belongs to hashes of 64 bits, when it is known before how many there are at most.
#pragma once

#include <bit>
#include <cstdint>
#include <random>
#include <vector>

namespace ain::repo {

// A value-initialised Value is false, and stands for nothing.
template <typename Value>
class HashTable {
 public:
  // Forgets what was there.
  void start(size_t hashes_max) { slots_.assign(std::bit_ceil(2 * hashes_max + 1), Slot{}); }
  // What belongs to it, or nothing; what is put there belongs to it from now on.
  Value& operator[](uint64_t hash) {
    Slot& slot = slots_[place_of(hash)];
    slot.hash = hash;
    return slot.value;
  }
  const Value& find(uint64_t hash) const { return slots_[place_of(hash)].value; }

 private:
  struct Slot {
    uint64_t hash = 0;
    Value value = {};
  };

  size_t place_of(uint64_t hash) const {
    // Nobody outside knows which hashes fall on one place.
    static const uint64_t secret = (uint64_t{std::random_device()()} << 32 | std::random_device()()) | 1;
    const size_t mask = slots_.size() - 1;
    size_t at = (hash * secret >> 32) & mask;
    while (slots_[at].value && slots_[at].hash != hash) at = (at + 1) & mask;
    return at;
  }

  std::vector<Slot> slots_;
};

}  // namespace ain::repo
