// TOML with line numbers in the errors: a file becomes Json plus the line of every key, and is read through ObjectReader-like
// checks that name the file, the line and the nearest known key. Floats become text ("0.001"), so Json stays free of them; dates with a
// time zone become RFC 3339 text in UTC, whole seconds.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace ain {

inline constexpr size_t kTomlBytesMax = 1 << 20;

struct TomlDocument {
  std::string origin;                // "'ain.toml'", for messages
  Json value;                        // always an object; dates without a time zone refused
  std::map<std::string, int> lines;  // "job.train.run" -> 3; "author[0].name" -> 7

  [[noreturn]] void fail_at(const std::string& key_path, const std::string& why, std::string hint = {}) const;
  // Refuses members of the table at `table_path` ("" is the root) that are not in `known`, naming the nearest.
  // `elsewhere` are keys of tables below, for the suggestion only: a key is often meant right and put one table too high.
  void check_keys(const std::string& table_path, const Json& table, const std::vector<std::string>& known,
                  const std::vector<std::string>& elsewhere = {}) const;
};

// Throws `failed`: "cannot read 'ain.toml': line 3: …".
TomlDocument parse_toml(std::string_view text, std::string origin);
std::string toml_quote(std::string_view text);  // a basic string, escaped

}  // namespace ain
