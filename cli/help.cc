#include "cli/help.h"

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "cli/output.h"

namespace ain::cli {
namespace {

std::string left_of(const Option& option) {
  std::string text = option.letter ? fmt::format("-{}, ", option.letter) : "    ";
  text += "--" + option.name;
  if (!option.value_name.empty()) text += ' ' + option.value_name;
  return text;
}

constexpr size_t kHelpColumns = 80;

// What is said beside a name, in lines that fit a terminal with it.
void add_wrapped(std::vector<std::vector<std::string>>& rows, std::string left, std::string_view help, size_t left_width) {
  const size_t width = kHelpColumns - std::min(left_width + 2, kHelpColumns / 2);
  std::string line;
  for (const std::string& word : split(help, ' ')) {
    if (!line.empty() && width_of(line) + 1 + width_of(word) > width) {
      rows.push_back({std::exchange(left, ""), std::exchange(line, "")});
    }
    line += (line.empty() ? "" : " ") + word;
  }
  rows.push_back({left, line});
}

// Names and what is said of each, in two columns.
std::string two_columns(const std::vector<std::pair<std::string, std::string>>& entries) {
  size_t left_width = 0;
  for (const auto& [left, help] : entries) left_width = std::max(left_width, width_of(left));
  std::vector<std::vector<std::string>> rows;
  for (const auto& [left, help] : entries) add_wrapped(rows, left, help, left_width);
  return rows.empty() ? "" : table({"", ""}, rows);
}

std::string options_text(const std::vector<Option>& options, bool global) {
  std::vector<std::pair<std::string, std::string>> rows;
  for (const Option& option : options) {
    if (option.hidden || option.global != global) continue;
    if (option.is_named()) rows.push_back({"  " + left_of(option), option.help});
    else if (!option.help.empty()) rows.push_back({"  " + option.name, option.help});
  }
  return two_columns(rows);
}

}  // namespace

std::string version_line() { return "ain " AIN_VERSION; }

std::string usage_line(const Command& command, const std::vector<Option>& options) {
  std::string line = fmt::format("ain {}", command.name);
  bool has_options = false;
  for (const Option& option : options) has_options = has_options || (option.is_named() && !option.global && !option.hidden);
  if (has_options) line += " [OPTIONS]";
  for (const Option& option : options) {
    if (option.hidden) continue;
    if (option.form == Form::positional) line += option.required ? ' ' + option.name : fmt::format(" [{}]", option.name);
    if (option.form == Form::positionals) line += option.required ? fmt::format(" {}…", option.name) : fmt::format(" [{}…]", option.name);
    if (option.form == Form::rest) line += fmt::format(" [-- {}…]", option.name);
  }
  return line;
}

std::string overview_text() {
  std::string text =
      "usage: ain [OPTIONS] COMMAND [ARGUMENTS…]\n\n"
      "Authors write code, providers let hardware, executors run the one on the other,\nand a ledger pays both.\n";
  for (const Group group :
       {Group::repository, Group::run, Group::provider, Group::money, Group::places, Group::help}) {
    std::vector<std::pair<std::string, std::string>> rows;
    for (const Command* command : commands()) {
      if (command->group != group || !command->alias_of.empty()) continue;
      rows.push_back({fmt::format("  {}", command->name), std::string(command->summary)});
    }
    text += fmt::format("\n{}\n{}", group_title(group), two_columns(rows));
  }
  text += "\nOptions of every command\n" + options_text(global_options(), true);
  text +=
      "      --version          the version\n  -h, --help             this, or a command's own help\n\n"
      "Any other command is git's, with ain's signing set. Any option is also\n"
      "AIN_<OPTION> in the environment and a key of `ain config`.\n";
  return text;
}

std::string family_help_text(std::string_view family) {
  std::vector<std::pair<std::string, std::string>> rows;
  for (const Command* command : commands()) {
    if (command->name.starts_with(std::string(family) + ' ') && command->alias_of.empty()) {
      rows.push_back({fmt::format("  {}", command->name), std::string(command->summary)});
    }
  }
  return fmt::format("usage: ain {} COMMAND\n\n{}", family, two_columns(rows));
}

std::string command_help_text(const Command& command) {
  if (command.to_git) {
    return fmt::format("usage: ain {0} …\n\n{1}.\nIts options are git's: git help {0}\n", command.name, command.summary);
  }
  const std::vector<Option> options = options_of(command);
  std::string text = fmt::format("usage: {}\n\n{}.\n", usage_line(command, options), command.summary);
  if (!command.alias_of.empty()) text += fmt::format("The same as `ain {}`.\n", command.alias_of);
  if (const std::string own = options_text(options, false); !own.empty()) text += "\n" + own;
  if (is_command_family(command.name)) text += "\n" + family_help_text(command.name);
  text += "\nOptions of every command: ain help\n";
  return text;
}

}  // namespace ain::cli
