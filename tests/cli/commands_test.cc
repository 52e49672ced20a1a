#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "base/text.h"
#include "cli/command.h"
#include "cli/config.h"
#include "cli/help.h"
#include "cli/main.h"

namespace ain::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(Commands, TheContractsNamesAreThere) {
  for (const char* name :
       {"init", "clone", "add", "commit", "status", "log", "diff", "show", "push", "pull", "fetch", "blame", "authors", "identity",
        "run", "ps", "logs", "attach", "stop", "wait", "quote", "offers", "runs", "serve", "node status", "ledger balance",
        "ledger history", "ledger transfer", "ledger show", "ledger verify", "ledger offers", "ledger escrow",
        "account create", "account list", "account show", "network create", "network join", "network list", "network show",
        "network use", "config", "help", "version", "completion"}) {
    EXPECT_NE(find_command(name), nullptr) << name;
  }
}

TEST(Commands, EveryEntryIsWhole) {
  std::set<std::string_view> names;
  for (const Command* command : commands()) {
    EXPECT_TRUE(names.insert(command->name).second) << command->name << " is there twice";
    EXPECT_FALSE(command->summary.empty()) << command->name;
    EXPECT_NE(command->run == nullptr, !command->to_git) << command->name << " either runs or goes to git";
    if (!command->alias_of.empty()) {
      EXPECT_NE(find_command(command->alias_of), nullptr) << command->name;
    }
  }
}

TEST(Commands, NoTwoOptionsOfACommandShareANameOrALetter) {
  for (const Command* command : commands()) {
    std::set<std::string> seen;
    for (const Option& option : options_of(*command)) {
      EXPECT_TRUE(seen.insert(option.name).second) << command->name << ": " << option.name;
      if (option.letter) {
        EXPECT_TRUE(seen.insert(std::string{'-', option.letter}).second) << command->name << ": -" << option.letter;
      }
    }
  }
}

TEST(Commands, NoConfigKeyIsATableAsWell) {
  std::set<std::string> plain, tables;
  for (const ConfigKey& key : config_keys()) {
    const size_t dot = key.key.find('.');
    if (dot == std::string::npos) plain.insert(key.key);
    else tables.insert(key.key.substr(0, dot));
  }
  for (const std::string& table : tables) EXPECT_FALSE(plain.contains(table)) << table;
}

TEST(Commands, AnOptionNameMeansOneKindOfThing) {
  // The key without a command's name holds for all of them.
  std::map<std::string, Form> forms;
  for (const Command* command : commands()) {
    for (const Option& option : options_of(*command)) {
      if (!option.is_named()) continue;
      if (command->name == "serve" && option.name == "follow") continue;  // and has only the key of its own command
      const auto [there, is_new] = forms.emplace(option.name, option.form);
      EXPECT_TRUE(is_new || there->second == option.form) << command->name << ": " << option.name;
    }
  }
}

TEST(Commands, TheHelpNamesEveryOption) {
  for (const Command* command : commands()) {
    const std::string help = command_help_text(*command);
    EXPECT_THAT(help, HasSubstr(std::string("ain ") + std::string(command->name)));
    if (command->to_git) continue;
    for (const Option& option : options_of(*command)) {
      if (option.global) continue;
      if (option.hidden) {
        EXPECT_THAT(help, Not(HasSubstr("--" + option.name))) << command->name;
      } else {
        EXPECT_THAT(help, HasSubstr(option.name)) << command->name;
      }
    }
  }
}

TEST(Commands, TheOverviewShowsAllButTheInternalOnes) {
  const std::string overview = overview_text();
  for (const Command* command : commands()) {
    const bool shown = command->group != Group::internal && command->alias_of.empty();
    const std::string line = fmt::format("\n  {} ", command->name);
    if (shown) EXPECT_THAT(overview, HasSubstr(line));
    else EXPECT_THAT(overview, Not(HasSubstr(line)));
  }
}

TEST(Commands, JsonIsWantedByAFlagBeforeTheDashes) {
  EXPECT_TRUE(json_wanted({"status", "--json"}));
  EXPECT_FALSE(json_wanted({"run", "--", "tool", "--json"}));
}

}  // namespace
}  // namespace ain::cli
