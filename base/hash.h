// SHA-256, the one hash of every format of ain (git's own object ids excepted).
#pragma once

#include <array>
#include <memory>
#include <string>
#include <string_view>

namespace ain {

using Digest = std::array<unsigned char, 32>;

Digest sha256(std::string_view bytes);

// Incremental form for what does not fit in memory.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;

  Sha256& update(std::string_view bytes);
  Digest finish();  // once

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// For hash tables whose keys strangers choose: with a key of this process alone, so that nobody can make keys that fall together. The
// order of such a table is another one in each process.
struct KeyedHash {
  size_t operator()(std::string_view bytes) const;
};

// The bytes of a fixed array as a view, for hashing and storing.
template <size_t N>
std::string_view as_view(const std::array<unsigned char, N>& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), N};
}

}  // namespace ain
