// Private to repo/: authors.toml, in which a repository's delegates say whose unsigned history is, which further keys an account
// signs with, and what code in a folder is worth. docs/authors.md describes the format.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/toml.h"
#include "repo/repository.h"

namespace ain::repo {

inline constexpr size_t kTableAuthorsMax = 10'000;
inline constexpr size_t kTableKeysMax = 1'000;
inline constexpr size_t kTableWeightsMax = 1'000;
inline constexpr size_t kTableTextBytesMax = 1'000;

// What the table says of one key.
struct KeyRule {
  std::string account;            // whom its commits belong to, "ain1…"
  std::optional<int64_t> from_s;  // commit time, since 1970; of a revoked key: since when it signs nothing
  std::optional<int64_t> until_s;  // exclusive
  bool revoked = false;
};

class AuthorsTable {
 public:
  AuthorsTable() = default;  // says nothing
  // Throws `failed`: "cannot read 'authors.toml': line 3: …".
  static AuthorsTable parse(std::string_view text);

  // The account of an author: by name and e-mail, else by e-mail, else by name; letters' case does not matter.
  std::optional<std::string> account_of(const Person& person) const;
  const KeyRule* rule_of(const PublicKey& key) const;  // null: the table does not name the key
  const std::map<PublicKey, KeyRule>& keys() const { return keys_; }
  int64_t weight_percent(std::string_view path) const;  // of the longest prefix by folders; 100 without one

 private:
  void read_author(const TomlDocument& document, const std::string& at, const Json& entry);
  void read_key(const TomlDocument& document, const std::string& at, const Json& entry);
  void read_weight(const TomlDocument& document, const std::string& at, const Json& entry);

  std::map<std::pair<std::string, std::string>, std::string> accounts_;  // (name, e-mail) in lower case, "" for any
  std::map<PublicKey, KeyRule> keys_;
  std::map<std::string, int64_t, std::less<>> weights_;  // without '/' at the end
};

}  // namespace ain::repo
