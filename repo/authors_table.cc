#include "repo/authors_table.h"

#include <algorithm>

#include "base/text.h"
#include "base/time.h"
#include "repo/owners.h"

namespace ain::repo {
namespace {

// One entry of a list of tables; every error names the line.
class Entry {
 public:
  Entry(const TomlDocument& document, const std::string& at, const Json& value, const std::vector<std::string>& known)
      : document_(document), at_(at), value_(value) {
    if (!value.is_object()) document.fail_at(at, fmt::format("'{}' is not a table", at));
    document.check_keys(at, value, known);
  }

  bool has(const char* key) const { return value_.contains(key); }
  [[noreturn]] void fail_key(const std::string& key, const std::string& why, std::string hint = {}) const {
    const std::string full = at_ + "." + key;
    document_.fail_at(document_.lines.contains(full) ? full : at_, why, std::move(hint));
  }

  // Never empty; "" only when the key is absent.
  std::string text(const char* key) const {
    if (!has(key)) return "";
    if (!value_[key].is_string()) fail_key(key, fmt::format("'{}' must be text in quotes", key));
    const std::string text(trim(value_[key].get_ref<const std::string&>()));
    if (text.empty()) fail_key(key, fmt::format("'{}' is empty", key));
    if (text.size() > kTableTextBytesMax) {
      fail_key(key, fmt::format("'{}' is longer than {} bytes", key, kTableTextBytesMax));
    }
    if (sanitize(text) != text) fail_key(key, fmt::format("'{}' holds control characters", key));
    return text;
  }
  std::string needed(const char* key, const char* hint) const {
    if (!has(key)) fail_key(key, fmt::format("it has no '{}'", key), hint);
    return text(key);
  }
  std::string account(const char* key) const {
    const std::string text = needed(key, "add: account = \"ain1…\"");
    if (!AccountId::from_text(text)) {
      fail_key(key, fmt::format("'{}' is not an account", text), "`ain account list` shows yours: ain1…");
    }
    return text;
  }
  std::optional<int64_t> time_s(const char* key) const {
    if (!has(key)) return std::nullopt;
    const auto time = parse_rfc3339_s(text(key));
    if (!time) fail_key(key, fmt::format("'{}' is not a time", key), "write it like 2026-01-31T00:00:00Z");
    return time;
  }
  bool flag(const char* key) const {
    if (!has(key)) return false;
    if (!value_[key].is_boolean()) fail_key(key, fmt::format("'{}' must be true or false", key));
    return value_[key].get<bool>();
  }
  int64_t integer(const char* key, int64_t min, int64_t max) const {
    if (!has(key) || !value_[key].is_number_integer() || value_[key] < min || value_[key] > max) {
      fail_key(key, fmt::format("'{}' must be a whole number from {} to {}", key, min, max));
    }
    return value_[key].get<int64_t>();
  }

 private:
  const TomlDocument& document_;
  const std::string& at_;
  const Json& value_;
};

// Calls read(where, entry) for each [[list]] of the file.
template <typename Read>
void each_entry(const TomlDocument& document, const char* list, size_t count_max, Read read) {
  const auto found = document.value.find(list);
  if (found == document.value.end()) return;
  if (!found->is_array()) {
    document.fail_at(list, fmt::format("'{}' must be a list of tables", list), fmt::format("write [[{}]]", list));
  }
  if (found->size() > count_max) {
    document.fail_at(fmt::format("{}[{}]", list, count_max), fmt::format("more than {} [[{}]]", count_max, list));
  }
  for (size_t i = 0; i < found->size(); ++i) read(fmt::format("{}[{}]", list, i), (*found)[i]);
}

bool is_tree_path(std::string_view path) {
  const std::vector<std::string> names = split(path, '/');
  return std::none_of(names.begin(), names.end(),
                      [](const std::string& name) { return name.empty() || name == "." || name == ".."; });
}

}  // namespace

AuthorsTable AuthorsTable::parse(std::string_view text) {
  const TomlDocument document = parse_toml(text, fmt::format("'{}'", kAuthorsFile));
  document.check_keys("", document.value, {"author", "key", "weight"}, {"name", "email", "account", "path", "percent"});
  AuthorsTable table;
  each_entry(document, "author", kTableAuthorsMax,
             [&](const std::string& at, const Json& entry) { table.read_author(document, at, entry); });
  each_entry(document, "key", kTableKeysMax,
             [&](const std::string& at, const Json& entry) { table.read_key(document, at, entry); });
  each_entry(document, "weight", kTableWeightsMax,
             [&](const std::string& at, const Json& entry) { table.read_weight(document, at, entry); });
  return table;
}

void AuthorsTable::read_author(const TomlDocument& document, const std::string& at, const Json& value) {
  const Entry entry(document, at, value, {"name", "email", "account"});
  if (!entry.has("name") && !entry.has("email")) {
    entry.fail_key("", "an author needs a 'name' or an 'email'", "add: email = \"ada@example.org\"");
  }
  std::pair<std::string, std::string> who(ascii_lower(entry.text("name")), ascii_lower(entry.text("email")));
  if (!accounts_.emplace(std::move(who), entry.account("account")).second) {
    entry.fail_key(entry.has("email") ? "email" : "name", "this author is in the table already", "keep one of them");
  }
}

void AuthorsTable::read_key(const TomlDocument& document, const std::string& at, const Json& value) {
  const Entry entry(document, at, value, {"account", "key", "from", "until", "revoked"});
  const std::string text = entry.needed("key", "add: key = \"ssh-ed25519 AAAA…\"");
  PublicKey key;
  try {
    key = PublicKey::parse_openssh(text);
  } catch (const Error& error) {
    entry.fail_key("key", error.message(), error.hint());
  }
  if (!is_safe_key(key)) entry.fail_key("key", "the key is not a safe one");
  KeyRule rule{.account = {},
               .from_s = entry.time_s("from"),
               .until_s = entry.time_s("until"),
               .revoked = entry.flag("revoked")};
  if (rule.revoked && !rule.from_s) {
    entry.fail_key("revoked", "a revoked key needs 'from'", "add since when it signs nothing: from = 2026-01-31T00:00:00Z");
  }
  if (rule.revoked && rule.until_s) entry.fail_key("until", "a revoked key stays revoked", "leave 'until' out");
  if (rule.from_s && rule.until_s && *rule.from_s >= *rule.until_s) {
    entry.fail_key("until", "'until' is not after 'from'");
  }
  rule.account = rule.revoked && !entry.has("account") ? ain::account_of(key).text() : entry.account("account");
  if (!keys_.emplace(key, std::move(rule)).second) {
    entry.fail_key("key", "this key is in the table already", "keep one of them");
  }
}

void AuthorsTable::read_weight(const TomlDocument& document, const std::string& at, const Json& value) {
  const Entry entry(document, at, value, {"path", "percent"});
  std::string path = entry.needed("path", "add: path = \"tests/\"");
  if (path.ends_with('/')) path.pop_back();
  if (!is_tree_path(path)) {
    entry.fail_key("path", fmt::format("'{}' is not a path in the repository", path), "write it like \"tests/\"");
  }
  if (!weights_.emplace(std::move(path), entry.integer("percent", 0, 100)).second) {
    entry.fail_key("path", "this path is in the table already", "keep one of them");
  }
}

std::optional<std::string> AuthorsTable::account_of(const Person& person) const {
  if (accounts_.empty()) return std::nullopt;
  const std::string name = ascii_lower(trim(person.name));
  const std::string email = ascii_lower(trim(person.email));
  for (const auto& who : {std::pair(name, email), std::pair(std::string(), email), std::pair(name, std::string())}) {
    const auto found = accounts_.find(who);
    if (found != accounts_.end()) return found->second;
  }
  return std::nullopt;
}

const KeyRule* AuthorsTable::rule_of(const PublicKey& key) const {
  const auto found = keys_.find(key);
  return found == keys_.end() ? nullptr : &found->second;
}

int64_t AuthorsTable::weight_percent(std::string_view path) const {
  if (weights_.empty()) return 100;
  while (!path.empty()) {
    const auto found = weights_.find(path);
    if (found != weights_.end()) return found->second;
    const size_t slash = path.rfind('/');
    path = slash == path.npos ? std::string_view() : path.substr(0, slash);
  }
  return 100;
}

}  // namespace ain::repo
