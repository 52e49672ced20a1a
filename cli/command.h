// A command of ain: what it is called, what it needs, what it takes and what it does. The table of all of them is in commands.cc.
#pragma once

#include <string_view>
#include <vector>

#include "cli/options.h"

namespace ain::cli {

class Context;

enum class Group { repository, run, provider, money, places, help, internal };

// What must be there before a command runs; seen to before run() is called.
struct Needs {
  bool repository = false;  // a git repository around the current folder
  bool account = false;     // made on the spot where the network is `local` and none exists
  bool network = false;
};

struct Command {
  std::string_view name;     // "commit", "ledger balance"
  Group group = Group::internal;
  std::string_view summary;  // one line
  Needs needs;
  void (*declare)(Declaration& options) = nullptr;  // null: takes nothing
  int (*run)(Context& context) = nullptr;           // returns the exit code
  bool to_git = false;                              // its arguments are git's: not parsed, but handed on
  std::string_view alias_of = {};                   // not shown in lists
  bool json_lines = false;                          // its data is JSON lines, not one document
};

// Every command, in the order of the help.
const std::vector<const Command*>& commands();
const Command* find_command(std::string_view name);
// True for the first word of commands of two words ("ledger").
bool is_command_family(std::string_view word);
// The options of a command and the global ones.
std::vector<Option> options_of(const Command& command);
std::string_view group_title(Group group);

}  // namespace ain::cli
