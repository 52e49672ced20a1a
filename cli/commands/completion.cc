#include <algorithm>
#include <set>

#include "base/error.h"
#include "base/text.h"
#include "cli/context.h"

namespace ain::cli {
namespace {

constexpr std::string_view kBash = R"(# bash completion of ain: source this, or put it in ~/.local/share/bash-completion/completions/ain
_ain() {
  local IFS=$'\n'
  COMPREPLY=($(ain __complete -- "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
  [[ ${#COMPREPLY[@]} -gt 0 ]] || compopt -o default
}
complete -F _ain ain
)";

std::vector<std::string> option_words(const Command& command) {
  std::vector<std::string> words = {"--help"};
  for (const Option& option : options_of(command)) {
    if (option.is_named() && !option.hidden) words.push_back("--" + option.name);
  }
  return words;
}

// What the word after `words` may be.
std::vector<std::string> candidates(Context& context, const std::vector<std::string>& words) {
  std::vector<std::string> result;
  const std::string first = words.empty() ? "" : words[0];
  if (words.empty()) {
    std::set<std::string> names;
    for (const Command* command : commands()) {
      if (command->group != Group::internal) names.emplace(command->name.substr(0, command->name.find(' ')));
    }
    result.assign(names.begin(), names.end());
    for (const Option& option : global_options()) result.push_back("--" + option.name);
    return result;
  }
  // "ledger" -> "bond", "ledger bond" -> "deposit"; the longest name that the words begin with is the command.
  const std::string all = join(words, " ") + ' ';
  std::set<std::string> next;
  const Command* command = nullptr;
  for (const Command* each : commands()) {
    const std::string name(each->name);
    if (name.starts_with(all)) next.insert(name.substr(all.size(), name.find(' ', all.size()) - all.size()));
    if (all.starts_with(name + ' ') && (!command || name.size() > command->name.size())) command = each;
  }
  result.assign(next.begin(), next.end());
  if (!command || command->to_git) return result;
  // A value with a closed list of choices.
  const std::string& last = words.back();
  for (const Option& option : options_of(*command)) {
    if (option.form == Form::value && (last == "--" + option.name || (option.letter && last == std::string{'-', option.letter}))) {
      if (option.name == "network") return remote::network_names(context.paths);
      if (option.name == "account") {
        std::vector<std::string> names;
        for (const Account& account : context.accounts().list()) names.push_back(account.name);
        return names;
      }
      return option.choices;
    }
  }
  const auto words_of_options = option_words(*command);
  result.insert(result.end(), words_of_options.begin(), words_of_options.end());
  return result;
}

int complete(Context& context) {
  std::vector<std::string> words = context.options.texts("WORD");
  const std::string prefix = words.empty() ? "" : words.back();
  if (!words.empty()) words.pop_back();
  for (const std::string& candidate : candidates(context, words)) {
    if (candidate.starts_with(prefix)) context.out.line("{}", candidate);
  }
  return 0;
}

int completion(Context& context) {
  context.out.write(kBash);
  return 0;
}

void declare_completion(Declaration& options) { options.positional("SHELL", "bash"); options.options().back().choices = {"bash"}; }
void declare_complete(Declaration& options) { options.rest("WORD", "the words so far, the unfinished one last"); }

}  // namespace

extern const Command completion_command, complete_command;
const Command completion_command = {.name = "completion",
                                    .group = Group::help,
                                    .summary = "Print the script that completes ain's words in your shell",
                                    .needs = {},
                                    .declare = declare_completion,
                                    .run = completion};
const Command complete_command = {.name = "__complete",
                                  .group = Group::internal,
                                  .summary = "What the next word may be",
                                  .needs = {},
                                  .declare = declare_complete,
                                  .run = complete};

}  // namespace ain::cli
