// Strict JSON: known members only, no duplicates, no floats, bounded size and depth. Json objects keep their members
// sorted, so dump() without spaces is the canonical form that digests are taken of.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "base/error.h"

namespace ain {

using Json = nlohmann::json;

inline constexpr size_t kJsonBytesMax = 16 << 20;
inline constexpr int kJsonDepthMax = 32;

// Throws `failed` naming `subject` ("transaction", "'ain.toml'") and the reason.
Json parse_json(std::string_view text, std::string_view subject, size_t bytes_max = kJsonBytesMax);
std::string canonical(const Json& value);  // sorted, no spaces, UTF-8; AIN_ASSERTs that there is no float

// Reads one object member by member; finish() refuses members nobody asked for. Errors name the subject and the member.
//   ObjectReader reader(json, "transaction");
//   tx.nonce = reader.integer("nonce", 0, kMax);
//   reader.finish();
class ObjectReader {
 public:
  ObjectReader(const Json& value, std::string subject);

  bool has(const char* name) const;
  std::string string(const char* name, size_t bytes_max = 4096);
  int64_t integer(const char* name, int64_t min, int64_t max);
  bool boolean(const char* name);
  const Json& array(const char* name, size_t items_max);
  const Json& object(const char* name);
  const Json& any(const char* name);
  std::string string_or(const char* name, std::string fallback, size_t bytes_max = 4096);
  int64_t integer_or(const char* name, int64_t fallback, int64_t min, int64_t max);
  bool boolean_or(const char* name, bool fallback);
  void finish() const;

  const std::string& subject() const { return subject_; }
  [[noreturn]] void fail_member(const char* name, std::string_view why) const;

 private:
  const Json& member(const char* name);
  const Json& value_;
  std::string subject_;
  std::set<std::string, std::less<>> seen_;
};

}  // namespace ain
