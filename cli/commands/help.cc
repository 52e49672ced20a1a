#include "cli/help.h"

#include "base/error.h"
#include "base/text.h"
#include "cli/context.h"

namespace ain::cli {
namespace {

int help(Context& context) {
  const auto words = context.options.texts("COMMAND");
  if (words.empty()) {
    context.out.write(overview_text());
    return 0;
  }
  const std::string name = join(words, " ");
  if (const Command* command = find_command(name)) {
    context.out.write(command_help_text(*command));
  } else if (words.size() == 1 && is_command_family(name)) {
    context.out.write(family_help_text(name));
  } else {
    std::vector<std::string> names;
    for (const Command* known : commands()) names.emplace_back(known->name);
    const std::string near = did_you_mean(name, names);
    fail_with_hint(ErrorKind::usage, near.empty() ? "all commands: ain help; git's: git help" : near,
                   "ain has no command '{}'", sanitize(name));
  }
  return 0;
}

int version(Context& context) {
  if (context.out.json()) context.out.document({{"version", AIN_VERSION}});
  else context.out.line("{}", version_line());
  return 0;
}

void declare_help(Declaration& options) { options.positionals("COMMAND", "the command to explain"); }

}  // namespace

extern const Command help_command, version_command;
const Command help_command = {.name = "help",
                              .group = Group::help,
                              .summary = "Explain ain, or one of its commands",
                              .needs = {},
                              .declare = declare_help,
                              .run = help};
const Command version_command = {
    .name = "version", .group = Group::help, .summary = "Show the version", .needs = {}, .declare = nullptr, .run = version};

}  // namespace ain::cli
