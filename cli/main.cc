#include "cli/main.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <filesystem>
#include <new>

#include "base/error.h"
#include "base/process.h"
#include "base/text.h"
#include "cli/context.h"
#include "cli/git.h"
#include "cli/help.h"

namespace ain::cli {
namespace {

// The command line, cut into ain's own options, the command and what follows it.
struct Head {
  std::vector<std::string> globals;  // words before the command
  std::string word;                  // the first word that is no option; empty: none
  std::vector<std::string> rest;
  bool version = false, help = false;
};

const Option* find_global(const std::string& word) {
  for (const Option& option : global_options()) {
    if (word.starts_with("--") ? word.substr(2, word.find('=') - 2) == option.name
                               : word.size() >= 2 && word[0] == '-' && word[1] == option.letter) {
      return &option;
    }
  }
  return nullptr;
}

Head cut(const std::vector<std::string>& arguments) {
  Head head;
  for (size_t i = 0; i < arguments.size(); ++i) {
    const std::string& word = arguments[i];
    if (!word.starts_with('-') || word == "-") {
      head.word = word;
      head.rest.assign(arguments.begin() + static_cast<ptrdiff_t>(i) + 1, arguments.end());
      return head;
    }
    if (word == "--version") {
      head.version = true;
    } else if (word == "--help" || word == "-h") {
      head.help = true;
    } else {
      const Option* option = find_global(word);
      if (!option) {
        fail_with_hint(ErrorKind::usage, "see: ain help", "ain has no option '{}'", sanitize(word));
      }
      head.globals.push_back(word);
      const bool value_follows =
          option->form == Form::value && (word.starts_with("--") ? word.find('=') == std::string::npos : word.size() == 2);
      if (value_follows && i + 1 < arguments.size()) head.globals.push_back(arguments[++i]);
    }
  }
  return head;
}

// Takes the further words of "ledger balance" or "ledger bond deposit" off `rest`.
const Command* find_by_words(Head& head) {
  if (const Command* command = find_command(head.word); command && !is_command_family(head.word)) return command;
  if (!is_command_family(head.word)) return nullptr;
  if (!head.rest.empty()) {
    const std::string two = head.word + ' ' + head.rest[0];
    const Command* longer = head.rest.size() > 1 ? find_command(two + ' ' + head.rest[1]) : nullptr;
    if (const Command* command = longer ? longer : find_command(two)) {
      head.rest.erase(head.rest.begin(), head.rest.begin() + (longer ? 2 : 1));
      return command;
    }
  }
  // "identity" alone shows it; "ledger" alone is nothing.
  const bool other_word = !head.rest.empty() && !head.rest.front().starts_with('-');
  if (const Command* command = find_command(head.word); command && !other_word) return command;
  std::vector<std::string> names;
  for (const Command* command : commands()) {
    if (command->name.starts_with(head.word + ' ') && command->group != Group::internal) {
      names.emplace_back(command->name.substr(head.word.size() + 1));
    }
  }
  if (!other_word) {
    if (std::find(head.rest.begin(), head.rest.end(), "--help") != head.rest.end() ||
        std::find(head.rest.begin(), head.rest.end(), "-h") != head.rest.end()) {
      head.help = true;
      return nullptr;
    }
    fail_with_hint(ErrorKind::usage, fmt::format("one of: {}", join(names, ", ")), "'ain {}' needs a command", head.word);
  }
  const auto near = nearest(head.rest.front(), names, 1);
  fail_with_hint(ErrorKind::usage,
                 near.empty() ? fmt::format("one of: {}", join(names, ", "))
                              : fmt::format("did you mean 'ain {} {}'?", head.word, near[0]),
                 "'{}' is no command of 'ain {}'", sanitize(head.rest.front()), head.word);
}

[[noreturn]] void fail_unknown(const std::string& word) {
  constexpr size_t kSuggestions = 3;
  std::vector<std::string> names;
  for (const Command* command : commands()) {
    if (command->group == Group::internal) continue;
    const std::string first(command->name.substr(0, command->name.find(' ')));
    if (std::find(names.begin(), names.end(), first) == names.end()) names.push_back(first);
  }
  // Ours before git's.
  std::vector<std::string> near = nearest(word, names, kSuggestions);
  const std::vector<std::string> of_git = nearest(word, git_common_commands(), kSuggestions - near.size());
  near.insert(near.end(), of_git.begin(), of_git.end());
  std::vector<std::string> quoted;
  for (const std::string& name : near) quoted.push_back("'" + name + "'");
  fail_with_hint(ErrorKind::usage,
                 near.empty() ? "see: ain help" : fmt::format("did you mean {}?", join(quoted, " or ")),
                 "neither ain nor git has a command '{}'", sanitize(word));
}

void enter_folder(const Values& options) {
  const auto folder = options.given("folder") ? options.text("folder") : std::nullopt;
  if (!folder) return;
  if (chdir(folder->c_str()) != 0) fail(ErrorKind::usage, "cannot go to '{}': {}", sanitize(*folder), errno_text());
}

// git's helper, and a node that is started on demand, must act on the same network and as the same account.
void pass_on(const Values& options, const Paths& paths) {
  if (environment_variable("AIN_HOME")) setenv("AIN_HOME", paths.config.c_str(), 1);  // absolute, wherever they start
  for (const char* name : {"network", "account"}) {
    if (options.given(name)) setenv(environment_name(name).c_str(), options.text(name)->c_str(), 1);
  }
}

OutputConfig output_config(const Values& options) {
  return {options.flag("json"), options.flag("quiet"), options.flag("verbose"), options.flag("no-color")};
}

// An invocation ready to run; the config is kept alive by what looks things up in it.
Context make_context(const Command& command, const std::vector<Option>& options, Given given, const Paths& paths) {
  const Config config = Config::load(paths);
  auto lookup = [config, &command](const Option& option) { return config.of_option(command, option); };
  Values values(options, std::move(given), lookup);
  const OutputConfig output = output_config(values);
  return Context(command, std::move(values), Output(output), paths, config);
}

void see_to_needs(Context& context) {
  const Needs& needs = context.command.needs;
  if (needs.repository) context.repository();
  if (needs.network) context.network();
  if (needs.account) context.account();
}

// Stands for a command of git's that ain does not define.
const Command kGitCommand = {.name = "git", .summary = "", .to_git = true};

int dispatch(const std::vector<std::string>& arguments) {
  Head head = cut(arguments);
  if (head.version) {
    Output().line("{}", version_line());
    return 0;
  }
  const Command* command = head.word.empty() ? nullptr : find_by_words(head);
  const bool family_help = !command && head.help && !head.word.empty();
  if (head.word.empty() || family_help) {
    if (head.help || head.word.empty()) {
      Output out;
      out.write(family_help ? family_help_text(head.word) : overview_text());
      out.flush();
      // Nothing at all was asked for, which is most likely a mistake in a script.
      return head.help ? 0 : static_cast<int>(ErrorKind::usage);
    }
  }
  const bool to_git = !command || command->to_git;
  if (!command) command = &kGitCommand;
  const std::vector<Option> options = options_of(*command);
  std::vector<std::string> words = head.globals;
  if (!to_git) words.insert(words.end(), head.rest.begin(), head.rest.end());
  Given given = parse_arguments(to_git ? head.word : std::string(command->name), options, words);
  if (!to_git && (head.help || given.contains("help"))) {
    Output out;
    out.write(command_help_text(*command));
    out.flush();
    return 0;
  }
  // Before the folder changes, which a relative AIN_HOME is relative to.
  const Paths paths = Paths::from_environment();
  enter_folder(Values(options, given, {}));
  Context context = make_context(*command, options, std::move(given), paths);
  pass_on(context.options, paths);
  if (to_git) {
    if (command == &kGitCommand && !git_has(head.word)) fail_unknown(head.word);
    context.git_arguments = {head.word};
    context.git_arguments.insert(context.git_arguments.end(), head.rest.begin(), head.rest.end());
    exec_git(context, context.git_arguments);
  }
  see_to_needs(context);
  const int code = command->run(context);
  context.out.flush();
  return code;
}

// A file that is not as it must be is no bug of ain.
Error error_of(const std::filesystem::filesystem_error& error) {
  try {
    errno = error.code().value();
    fail_errno(fmt::format("cannot use '{}'", sanitize(error.path1().string())));
  } catch (const Error& told) {
    return told;
  }
}

}  // namespace

bool json_wanted(const std::vector<std::string>& arguments) {
  for (const std::string& word : arguments) {
    if (word == "--") break;
    if (word == "--json") return true;
  }
  const auto variable = environment_variable("AIN_JSON");
  return variable && !variable->empty() && *variable != "0" && *variable != "false";
}

int run_command_line(const std::vector<std::string>& arguments) {
  std::signal(SIGPIPE, SIG_IGN);
  const bool no_color = std::find(arguments.begin(), arguments.end(), "--no-color") != arguments.end();
  const auto report = [&](const Error& error) {
    print_error(error, json_wanted(arguments), color_wanted(STDERR_FILENO, no_color));
    return static_cast<int>(error.kind());
  };
  try {
    return dispatch(arguments);
  } catch (const BrokenPipe&) {
    return kBrokenPipeExit;
  } catch (const Error& error) {
    return report(error);
  } catch (const std::filesystem::filesystem_error& error) {
    return report(error_of(error));
  } catch (const std::bad_alloc&) {
    return report(Error(ErrorKind::exhausted, "there is not enough memory"));
  } catch (const std::exception& error) {
    return report(Error(ErrorKind::bug, fmt::format("ain has a bug: {}", error.what()),
                        "please report it with the command that you typed"));
  }
}

}  // namespace ain::cli
