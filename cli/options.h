// The options of a command as plain values: declared once, then parsed, shown in the help, completed and documented from the same
// list. The parser behind it is CLI11, which only options.cc sees.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ain::cli {

enum class Form {
  flag,         // --detach
  value,        // --timeout 2h
  list,         // -e A=1 -e B=2
  positional,   // one word
  positionals,  // any number of words
  rest,         // all after `--`, untouched
};

struct Option {
  std::string name;        // "max-price"; of a positional what the help shows: "PATH"
  char letter = 0;         // 'm'; 0: none
  Form form = Form::flag;
  std::string value_name;  // "DURATION"
  std::string help;
  std::vector<std::string> choices;  // empty: anything
  bool required = false;             // positionals only
  bool hidden = false;               // not in help and completion
  bool global = false;

  bool is_named() const { return form == Form::flag || form == Form::value || form == Form::list; }
};

// Collects the options of one command.
class Declaration {
 public:
  Declaration& flag(std::string name, char letter, std::string help);
  Declaration& value(std::string name, char letter, std::string value_name, std::string help);
  Declaration& list(std::string name, char letter, std::string value_name, std::string help);
  Declaration& choice(std::string name, char letter, std::vector<std::string> choices, std::string help);
  Declaration& positional(std::string name, std::string help, bool required = true);
  Declaration& positionals(std::string name, std::string help, bool required = false);
  Declaration& rest(std::string name, std::string help);
  Declaration& hidden();  // the option declared last

  const std::vector<Option>& options() const { return options_; }
  std::vector<Option>& options() { return options_; }

 private:
  Option& add(std::string name, char letter, Form form, std::string value_name, std::string help);
  std::vector<Option> options_;
};

// -C, --network, …: known to every command, before or after its name.
const std::vector<Option>& global_options();

// What the command line said, by option name. Absent: not given there.
using Given = std::map<std::string, std::vector<std::string>>;

// Parses what follows the command's name. Throws `usage` with a hint; "help" is given when -h or --help came.
Given parse_arguments(const std::string& command, const std::vector<Option>& options, const std::vector<std::string>& arguments);

// Where a value came from.
enum class Origin { none, command_line, environment, config };

// The values of a command's options: command line, then AIN_<OPTION>, then the config key, then nothing. Asking for an option that
// was not declared is a bug.
class Values {
 public:
  // The config's value(s) of an option of this command, or nothing.
  using Lookup = std::function<std::optional<std::vector<std::string>>(const Option& option)>;

  Values() = default;
  Values(std::vector<Option> options, Given given, Lookup config);

  bool flag(std::string_view name) const;
  std::optional<std::string> text(std::string_view name) const;
  std::string text_or(std::string_view name, std::string fallback) const;
  std::vector<std::string> texts(std::string_view name) const;
  std::optional<int64_t> integer(std::string_view name, int64_t min, int64_t max) const;  // throws `usage`
  std::optional<int64_t> duration_ms(std::string_view name) const;                        // throws `usage`
  Origin origin(std::string_view name) const;
  // True when the command line itself had it.
  bool given(std::string_view name) const { return origin(name) == Origin::command_line; }

 private:
  struct Found {
    std::vector<std::string> values;
    Origin origin = Origin::none;
  };
  const Option& option(std::string_view name) const;
  Found find(std::string_view name) const;

  std::vector<Option> options_;
  Given given_;
  Lookup config_;
};

// "max-price" -> "AIN_MAX_PRICE"
std::string environment_name(std::string_view option);

}  // namespace ain::cli
