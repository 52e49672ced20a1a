#include "base/error.h"
#include "base/process.h"
#include "base/text.h"
#include "cli/context.h"

namespace ain::cli {
namespace {

struct Entry {
  std::string key, value, origin;
};

Entry entry_of(const Config& config, const ConfigKey& key) {
  // Only keys without a command have the variable to themselves.
  if (key.key.find('.') == std::string::npos) {
    if (const auto variable = environment_variable(key.environment.c_str()); variable && !variable->empty()) {
      return {key.key, *variable, key.environment};
    }
  }
  if (const auto values = config.find(key.key)) return {key.key, join(*values, ", "), config.file().string()};
  return {key.key, key.fallback, ""};
}

void print(Context& context, const std::vector<Entry>& entries) {
  Output& out = context.out;
  for (const Entry& entry : entries) {
    if (out.json()) out.document({{"key", entry.key}, {"value", entry.value}, {"origin", entry.origin}});
    else if (context.options.flag("show-origin")) {
      out.line("{}\t{}={}", entry.origin.empty() ? "default" : entry.origin, entry.key, entry.value);
    } else out.line("{}={}", entry.key, entry.value);
  }
}

int list(Context& context) {
  std::vector<Entry> entries;
  for (const ConfigKey& key : config_keys()) {
    Entry entry = entry_of(context.config, key);
    if (context.options.flag("all") || !entry.origin.empty()) entries.push_back(std::move(entry));
  }
  print(context, entries);
  return 0;
}

// A key's value, or exit code 1 when it has none, as `git config` does.
int show(Context& context, const std::string& name) {
  const ConfigKey* key = find_config_key(name);
  // Says what is wrong with the name.
  if (!key) Config(context.config).set(name, {""});
  AIN_ASSERT(key != nullptr);
  const Entry entry = entry_of(context.config, *key);
  if (entry.origin.empty() && entry.value.empty()) return static_cast<int>(ErrorKind::failed);
  if (context.out.json() || context.options.flag("show-origin")) print(context, {entry});
  else context.out.line("{}", entry.value);
  return 0;
}

// The network and the account must exist, or every later command would stumble.
void check_reference(Context& context, const std::string& key, const std::string& value) {
  if (key == "account") context.accounts().get(value);
  if (key == "network") remote::load_network(context.paths, value);
}

int run(Context& context) {
  const auto key = context.options.text("KEY");
  const auto values = context.options.texts("VALUE");
  if (context.options.flag("list")) {
    if (key) fail(ErrorKind::usage, "either --list or a key");
    return list(context);
  }
  if (!key) fail_with_hint(ErrorKind::usage, "all that is set: ain config --list", "say which key");
  if (context.options.flag("unset")) {
    if (!values.empty()) fail(ErrorKind::usage, "either --unset or a value");
    if (!context.config.unset(*key)) fail(ErrorKind::failed, "'{}' is not set in '{}'", sanitize(*key), context.config.file().string());
    context.config.save();
    return 0;
  }
  if (values.empty()) return show(context, *key);
  context.config.set(*key, values);
  check_reference(context, *key, values.front());
  context.config.save();
  return 0;
}

void declare(Declaration& options) {
  options.positional("KEY", "an option's name, or COMMAND.OPTION for one command alone", false)
      .positionals("VALUE", "what it shall be from now on; several for an option that may come several times")
      .flag("list", 'l', "all that is set, here or in the environment")
      .flag("all", 0, "with --list: also what is not set")
      .flag("show-origin", 0, "say where each value comes from")
      .flag("unset", 0, "forget the key's value");
}

}  // namespace

extern const Command config_command;
const Command config_command = {.name = "config",
                                .group = Group::places,
                                .summary = "Show and set what ain shall always do (comments in the file are not kept)",
                                .needs = {},
                                .declare = declare,
                                .run = run};

}  // namespace ain::cli
