// An authors.toml, as a stranger wrote it.
#include "base/ids.h"
#include "repo/authors_table.h"
#include "tests/fuzz/harness.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace ain::repo;
  using ain::must;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto table = ain::value_or_error([&] { return AuthorsTable::parse(text); });
  if (!table) return 0;
  must(table->keys().size() <= kTableKeysMax);
  for (const auto& [key, rule] : table->keys()) {
    must(is_safe_key(key) && table->rule_of(key) == &rule && ain::AccountId::from_text(rule.account).has_value());
    must(!rule.revoked || (rule.from_s && !rule.until_s));
    must(!rule.from_s || !rule.until_s || *rule.from_s < *rule.until_s);
  }
  for (const char* path : {"", "a", "a/b", "tests/x/y.py", "/", "a//b/"}) {
    must(table->weight_percent(path) >= 0 && table->weight_percent(path) <= 100);
  }
  for (const char* name : {"", "a", "Ada"}) {
    const auto account = table->account_of({name, "ada@example.org"});
    must(!account || ain::AccountId::from_text(*account).has_value());
  }
  return 0;
}
