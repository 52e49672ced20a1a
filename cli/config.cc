#include "cli/config.h"

#include <algorithm>

#include "base/error.h"
#include "base/files.h"
#include "base/text.h"
#include "base/toml.h"

namespace ain::cli {
namespace {

constexpr size_t kConfigBytesMax = 1 << 20;

KeyType type_of(const Option& option) {
  if (option.form == Form::flag) return KeyType::boolean;
  return option.form == Form::list ? KeyType::list : KeyType::text;
}

// Where to work belongs to one call only.
bool may_be_configured(const Option& option) { return option.is_named() && !option.hidden && option.name != "folder"; }

ConfigKey key_of(const Option& option, std::string key) {
  return {std::move(key),
          type_of(option),
          option.choices,
          environment_name(option.name),
          option.name == "network" ? "local" : "",
          option.help};
}

bool is_table(std::string_view name) {
  const auto& all = commands();
  return std::any_of(all.begin(), all.end(), [&](const Command* command) { return config_table(*command) == name; });
}

std::vector<ConfigKey> make_keys() {
  std::map<std::string, ConfigKey> keys;
  const auto add = [&](ConfigKey key) {
    std::string name = key.key;
    keys.emplace(std::move(name), std::move(key));
  };
  for (const Option& option : global_options()) {
    if (may_be_configured(option)) add(key_of(option, option.name));
  }
  for (const Command* command : commands()) {
    if (command->group == Group::internal || !command->alias_of.empty()) continue;
    for (const Option& option : options_of(*command)) {
      if (option.global || !may_be_configured(option)) continue;
      // `run` is a table, so 'ain ledger history --run' has only the key of its own command.
      if (!is_table(option.name)) add(key_of(option, option.name));
      add(key_of(option, config_table(*command) + '.' + option.name));
    }
  }
  std::vector<ConfigKey> result;
  for (auto& [name, key] : keys) result.push_back(std::move(key));
  return result;
}

std::vector<std::string> key_names() {
  std::vector<std::string> names;
  for (const ConfigKey& key : config_keys()) names.push_back(key.key);
  return names;
}

std::optional<std::string> scalar_text(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_boolean()) return value.get<bool>() ? "true" : "false";
  if (value.is_number_integer()) return std::to_string(value.get<int64_t>());
  return std::nullopt;
}

// Why `values` cannot be the value of `key`; empty: they can.
std::string objection(const ConfigKey& key, const std::vector<std::string>& values) {
  if (key.type != KeyType::list && values.size() != 1) return fmt::format("'{}' takes one value", key.key);
  for (const std::string& value : values) {
    if (key.type == KeyType::boolean && value != "true" && value != "false") {
      return fmt::format("'{}' is true or false", key.key);
    }
    if (!key.choices.empty() && std::find(key.choices.begin(), key.choices.end(), value) == key.choices.end()) {
      return fmt::format("'{}' is one of {}", key.key, join(key.choices, ", "));
    }
    if (!is_utf8(value)) return fmt::format("the value of '{}' is not UTF-8", key.key);
  }
  return "";
}

std::string toml_value(const ConfigKey& key, const std::vector<std::string>& values) {
  if (key.type == KeyType::boolean) return values.front();
  if (key.type == KeyType::text) return toml_quote(values.front());
  std::vector<std::string> quoted;
  for (const std::string& value : values) quoted.push_back(toml_quote(value));
  return '[' + join(quoted, ", ") + ']';
}

void read_table(const TomlDocument& document, const std::string& path, const Json& table,
                std::map<std::string, std::vector<std::string>>& entries) {
  for (const auto& [name, value] : table.items()) {
    const std::string key = path.empty() ? name : path + '.' + name;
    if (value.is_object() && path.empty()) {
      read_table(document, key, value, entries);
      continue;
    }
    const ConfigKey* known = find_config_key(key);
    if (!known) document.fail_at(key, fmt::format("unknown key '{}'", sanitize(key)), did_you_mean(key, key_names()));
    std::vector<std::string> values;
    for (const Json& item : value.is_array() ? value : Json::array({value})) {
      const auto text = scalar_text(item);
      if (!text) document.fail_at(key, fmt::format("'{}' has a value that ain has no use for", sanitize(key)));
      values.push_back(*text);
    }
    const std::string why = objection(*known, values);
    if (!why.empty()) document.fail_at(key, why);
    entries[key] = std::move(values);
  }
}

}  // namespace

const std::vector<ConfigKey>& config_keys() {
  static const std::vector<ConfigKey> keys = make_keys();
  return keys;
}

const ConfigKey* find_config_key(std::string_view key) {
  const auto& keys = config_keys();
  const auto found = std::find_if(keys.begin(), keys.end(), [&](const ConfigKey& known) { return known.key == key; });
  return found == keys.end() ? nullptr : &*found;
}

std::string config_table(const Command& command) {
  std::string name(command.name);
  std::replace(name.begin(), name.end(), ' ', '-');
  return name;
}

Config Config::load(const Paths& paths) {
  Config config;
  config.file_ = paths.config / "config.toml";
  const auto text = read_file_if_exists(config.file_, kConfigBytesMax);
  if (!text) return config;
  const TomlDocument document = parse_toml(*text, fmt::format("'{}'", config.file_.string()));
  read_table(document, "", document.value, config.entries_);
  return config;
}

std::optional<std::vector<std::string>> Config::find(const std::string& key) const {
  const auto found = entries_.find(key);
  if (found == entries_.end()) return std::nullopt;
  return found->second;
}

std::optional<std::vector<std::string>> Config::of_option(const Command& command, const Option& option) const {
  if (entries_.empty()) return std::nullopt;
  if (auto own = find(config_table(command) + '.' + option.name)) return own;
  // 'ain serve --follow URL' has only the key of its own command, as 'follow' says that logs go on.
  const ConfigKey* shared = find_config_key(option.name);
  return shared && shared->type == type_of(option) ? find(option.name) : std::nullopt;
}

void Config::set(const std::string& key, const std::vector<std::string>& values) {
  const ConfigKey* known = find_config_key(key);
  if (!known) {
    const std::string near = did_you_mean(key, key_names());
    fail_with_hint(ErrorKind::usage, near.empty() ? "all keys: ain config --list --all" : near, "unknown key '{}'",
                   sanitize(key));
  }
  const std::string why = objection(*known, values);
  if (!why.empty()) fail(ErrorKind::usage, "{}", why);
  entries_[key] = values;
}

bool Config::unset(const std::string& key) { return entries_.erase(key) > 0; }

void Config::save() const {
  std::string text = "# Written by `ain config`; keys: ain config --list --all\n";
  std::string table;
  // Keys without a table must come first.
  for (const bool in_table : {false, true}) {
    for (const auto& [key, values] : entries_) {
      const size_t dot = key.find('.');
      if ((dot != std::string::npos) != in_table) continue;
      if (in_table && key.substr(0, dot) != table) {
        table = key.substr(0, dot);
        text += fmt::format("\n[{}]\n", table);
      }
      const ConfigKey* known = find_config_key(key);
      AIN_ASSERT(known != nullptr);
      text += fmt::format("{} = {}\n", in_table ? key.substr(dot + 1) : key, toml_value(*known, values));
    }
  }
  make_private_folder(file_.parent_path());
  write_file_atomic(file_, text);
}

}  // namespace ain::cli
