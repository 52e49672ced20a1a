// <config>/config.toml: what a user wants always. Any option is a key: `<command>.<option>` for one command ("run.gpu",
// "ledger-history.limit"), `<option>` for all that have it ("gpu"); the first wins. Written whole and atomically, so comments that
// somebody put there by hand are lost by `ain config KEY VALUE`.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/paths.h"
#include "cli/command.h"

namespace ain::cli {

enum class KeyType { boolean, text, list };

// What may stand in the file, made from the options of all commands.
struct ConfigKey {
  std::string key;          // "run.gpu"
  KeyType type = KeyType::text;
  std::vector<std::string> choices;
  std::string environment;  // "AIN_GPU"
  std::string fallback;     // the default for people: "local"
  std::string help;
};
const std::vector<ConfigKey>& config_keys();
const ConfigKey* find_config_key(std::string_view key);

class Config {
 public:
  // An absent file is an empty one. Throws `failed` naming the line for what is not TOML, unknown or of the wrong type.
  static Config load(const Paths& paths);

  std::optional<std::vector<std::string>> find(const std::string& key) const;
  // The value of a command's option: `<command>.<option>`, then `<option>`.
  std::optional<std::vector<std::string>> of_option(const Command& command, const Option& option) const;
  const std::map<std::string, std::vector<std::string>>& entries() const { return entries_; }
  const std::filesystem::path& file() const { return file_; }

  void set(const std::string& key, const std::vector<std::string>& values);  // throws `usage` for an unknown key, a wrong value
  bool unset(const std::string& key);                                        // false: it was not set
  void save() const;

 private:
  std::filesystem::path file_;
  std::map<std::string, std::vector<std::string>> entries_;
};

// "ledger history" -> "ledger-history"
std::string config_table(const Command& command);

}  // namespace ain::cli
