#include "cli/options.h"

#include <CLI/CLI.hpp>
#include <algorithm>

#include "base/error.h"
#include "base/process.h"
#include "base/text.h"
#include "base/time.h"

namespace ain::cli {
namespace {

constexpr size_t kValueNameMax = 24;

std::string flag_names(const Option& option) {
  return option.letter ? fmt::format("-{},--{}", option.letter, option.name) : "--" + option.name;
}

std::string long_of(const std::string& word) { return word.substr(2, word.find('=') - 2); }

// What CLI11 complains about, in ain's words.
[[noreturn]] void fail_usage(const std::string& command, const std::vector<Option>& options,
                             const std::vector<std::string>& arguments, const CLI::ParseError& error) {
  const std::string help = fmt::format("ain help {}", command);
  std::vector<std::string> names;
  for (const Option& option : options) {
    if (option.is_named() && !option.hidden) names.push_back(option.name);
  }
  if (dynamic_cast<const CLI::ExtrasError*>(&error)) {
    for (const std::string& word : arguments) {
      if (word == "--") break;
      if (word.size() < 2 || word[0] != '-') continue;
      const bool is_long = word.starts_with("--");
      const bool known = std::any_of(options.begin(), options.end(), [&](const Option& option) {
        return option.is_named() && (is_long ? option.name == long_of(word) : option.letter == word[1]);
      });
      if (known || word == "--help" || word == "-h") continue;
      const std::string shown = sanitize(is_long ? "--" + long_of(word) : word.substr(0, 2));
      const auto near = is_long ? nearest(long_of(word), names, 1) : std::vector<std::string>{};
      fail_with_hint(ErrorKind::usage, near.empty() ? "see: " + help : fmt::format("did you mean '--{}'?", near[0]),
                     "'ain {}' has no option '{}'", command, shown);
    }
    fail_with_hint(ErrorKind::usage, "see: " + help, "too many arguments for 'ain {}'", command);
  }
  for (const std::string& word : arguments) {
    const bool valued = word.starts_with("--") && word.find('=') != word.npos;
    const bool is_flag = valued && std::any_of(options.begin(), options.end(), [&](const Option& option) {
      return option.form == Form::flag && option.name == long_of(word);
    });
    if (is_flag) fail_with_hint(ErrorKind::usage, "see: " + help, "option '--{}' takes no value", long_of(word));
  }
  if (dynamic_cast<const CLI::ArgumentMismatch*>(&error) && !arguments.empty()) {
    const std::string& last = arguments.back();
    if (last.starts_with('-')) {
      fail_with_hint(ErrorKind::usage, "see: " + help, "option '{}' needs a value", sanitize(last));
    }
  }
  fail_with_hint(ErrorKind::usage, "see: " + help, "{}", sanitize(error.what()));
}

bool flag_value(const std::string& text, const std::string& subject) {
  if (text == "1" || text == "true" || text == "yes" || text == "on") return true;
  if (text.empty() || text == "0" || text == "false" || text == "no" || text == "off") return false;
  fail_with_hint(ErrorKind::usage, "say 1 or 0, true or false", "{} is '{}', which is neither yes nor no", subject,
                 sanitize(text));
}

void check_choice(const Option& option, const std::string& value) {
  if (option.choices.empty() || std::find(option.choices.begin(), option.choices.end(), value) != option.choices.end())
    return;
  const std::string near = did_you_mean(value, option.choices);
  fail_with_hint(ErrorKind::usage, near.empty() ? "one of: " + join(option.choices, ", ") : near,
                 "'{}' is no value of --{}", sanitize(value), option.name);
}

}  // namespace

Option& Declaration::add(std::string name, char letter, Form form, std::string value_name, std::string help) {
  return options_.emplace_back(Option{.name = std::move(name),
                                      .letter = letter,
                                      .form = form,
                                      .value_name = std::move(value_name),
                                      .help = std::move(help)});
}

Declaration& Declaration::flag(std::string name, char letter, std::string help) {
  add(std::move(name), letter, Form::flag, "", std::move(help));
  return *this;
}

Declaration& Declaration::value(std::string name, char letter, std::string value_name, std::string help) {
  add(std::move(name), letter, Form::value, std::move(value_name), std::move(help));
  return *this;
}

Declaration& Declaration::list(std::string name, char letter, std::string value_name, std::string help) {
  add(std::move(name), letter, Form::list, std::move(value_name), std::move(help));
  return *this;
}

Declaration& Declaration::choice(std::string name, char letter, std::vector<std::string> choices, std::string help) {
  // Many would push all helps to the right.
  std::string all = join(choices, "|"), value_name = all;
  if (all.size() > kValueNameMax) {
    value_name = name;
    std::transform(value_name.begin(), value_name.end(), value_name.begin(), [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
    help += ": " + join(choices, ", ");
  }
  add(std::move(name), letter, Form::value, std::move(value_name), std::move(help)).choices = std::move(choices);
  return *this;
}

Declaration& Declaration::positional(std::string name, std::string help, bool required) {
  add(std::move(name), 0, Form::positional, "", std::move(help)).required = required;
  return *this;
}

Declaration& Declaration::positionals(std::string name, std::string help, bool required) {
  add(std::move(name), 0, Form::positionals, "", std::move(help)).required = required;
  return *this;
}

Declaration& Declaration::rest(std::string name, std::string help) {
  add(std::move(name), 0, Form::rest, "", std::move(help));
  return *this;
}

Declaration& Declaration::hidden() {
  AIN_ASSERT(!options_.empty());
  options_.back().hidden = true;
  return *this;
}

const std::vector<Option>& global_options() {
  static const std::vector<Option> options = [] {
    Declaration global;
    global.value("folder", 'C', "DIR", "work as if started in DIR")
        .value("network", 0, "NAME", "the network to use (default: local)")
        .value("account", 0, "NAME", "the account to act as")
        .flag("json", 0, "print data as JSON")
        .flag("quiet", 'q', "say only what went wrong")
        .flag("verbose", 'v', "say more")
        .flag("no-color", 0, "no colours");
    for (Option& option : global.options()) option.global = true;
    return global.options();
  }();
  return options;
}

Given parse_arguments(const std::string& command, const std::vector<Option>& options,
                      const std::vector<std::string>& arguments) {
  CLI::App app;
  app.set_help_flag();
  std::map<std::string, const CLI::Option*> parsed;
  const Option* rest = nullptr;
  for (const Option& option : options) {
    const CLI::Option*& slot = parsed[option.name];
    switch (option.form) {
      case Form::flag: slot = app.add_flag(flag_names(option))->disable_flag_override(); break;
      case Form::value: slot = app.add_option(flag_names(option))->multi_option_policy(CLI::MultiOptionPolicy::TakeLast); break;
      case Form::list:
        slot = app.add_option(flag_names(option))->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
        break;
      case Form::positional: slot = app.add_option(option.name); break;
      case Form::positionals:
        slot = app.add_option(option.name)->expected(1, -1)->allow_extra_args();
        break;
      // CLI11 would give what follows `--` to positionals: it never sees that part.
      case Form::rest: rest = &option; break;
    }
  }
  bool help = false;
  app.add_flag("-h,--help", help);
  const auto dashes = std::find(arguments.begin(), arguments.end(), "--");
  std::vector<std::string> reversed;
  std::vector<std::string> after(dashes == arguments.end() ? dashes : dashes + 1, arguments.end());
  // Without a rest, `--` only ends the options.
  if (!rest) reversed.assign(arguments.rbegin(), arguments.rend());
  else reversed.assign(std::make_reverse_iterator(dashes), arguments.rend());
  try {
    app.parse(reversed);
  } catch (const CLI::ParseError& error) {
    if (!help) fail_usage(command, options, arguments, error);
  }
  Given given;
  for (const Option& option : options) {
    const std::string& name = option.name;
    if (option.form == Form::rest) {
      if (!after.empty()) given[name] = after;
    } else if (parsed[name]->count() > 0) {
      given[name] = option.form == Form::flag ? std::vector<std::string>{"true"} : parsed[name]->results();
    }
    if (option.required && !given.contains(name) && !help) {
      fail_with_hint(ErrorKind::usage, fmt::format("see: ain help {}", command), "'ain {}' needs {}", command, name);
    }
  }
  if (help) given["help"] = {"true"};
  return given;
}

std::string environment_name(std::string_view option) {
  std::string name = "AIN_";
  for (const char c : option) name += c == '-' ? '_' : static_cast<char>(c >= 'a' && c <= 'z' ? c - 32 : c);
  return name;
}

Values::Values(std::vector<Option> options, Given given, Lookup config)
    : options_(std::move(options)), given_(std::move(given)), config_(std::move(config)) {}

const Option& Values::option(std::string_view name) const {
  const auto found =
      std::find_if(options_.begin(), options_.end(), [&](const Option& option) { return option.name == name; });
  AIN_ASSERT(found != options_.end());
  return *found;
}

Values::Found Values::find(std::string_view name) const {
  const Option& wanted = option(name);
  Found found;
  if (const auto given = given_.find(wanted.name); given != given_.end()) {
    found = {given->second, Origin::command_line};
  } else if (wanted.is_named()) {
    if (auto variable = environment_variable(environment_name(wanted.name).c_str()); variable && !variable->empty()) {
      found.origin = Origin::environment;
      found.values = wanted.form == Form::list ? split(*variable, '\n') : std::vector<std::string>{*variable};
    } else if (auto configured = config_ ? config_(wanted) : std::nullopt) {
      found = {std::move(*configured), Origin::config};
    }
  }
  for (const std::string& value : found.values) check_choice(wanted, value);
  return found;
}

bool Values::flag(std::string_view name) const {
  const Found found = find(name);
  if (found.values.empty()) return false;
  const std::string subject =
      found.origin == Origin::environment ? environment_name(name) : fmt::format("'{}'", name);
  return flag_value(found.values.back(), subject);
}

std::optional<std::string> Values::text(std::string_view name) const {
  const Found found = find(name);
  if (found.values.empty()) return std::nullopt;
  return found.values.back();
}

std::string Values::text_or(std::string_view name, std::string fallback) const {
  return text(name).value_or(std::move(fallback));
}

std::vector<std::string> Values::texts(std::string_view name) const { return find(name).values; }

std::optional<int64_t> Values::integer(std::string_view name, int64_t min, int64_t max) const {
  const auto value = text(name);
  if (!value) return std::nullopt;
  const auto number = parse_integer(*value, min, max);
  if (!number) {
    fail(ErrorKind::usage, "--{} takes a number from {} to {}, not '{}'", name, min, max, sanitize(*value));
  }
  return number;
}

std::optional<int64_t> Values::duration_ms(std::string_view name) const {
  const auto value = text(name);
  if (!value) return std::nullopt;
  return parse_duration_ms(*value);
}

Origin Values::origin(std::string_view name) const { return find(name).origin; }

}  // namespace ain::cli
