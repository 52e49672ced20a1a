// The table of commands. To add one: a file in cli/commands/ that defines NAME_command, and its line here.
#include "cli/command.h"

// In the order in which the help shows them.
#define AIN_COMMANDS(X)                                                                                               \
  X(init)                                                                                                             \
  X(clone)                                                                                                            \
  X(add)                                                                                                              \
  X(commit)                                                                                                           \
  X(status)                                                                                                           \
  X(log)                                                                                                              \
  X(diff)                                                                                                             \
  X(show)                                                                                                             \
  X(push)                                                                                                             \
  X(pull)                                                                                                             \
  X(fetch)                                                                                                            \
  X(blame)                                                                                                            \
  X(authors)                                                                                                          \
  X(identity)                                                                                                         \
  X(identity_add)                                                                                                     \
  X(identity_remove)                                                                                                  \
  X(identity_threshold)                                                                                               \
  X(identity_rotate)                                                                                                  \
  X(run)                                                                                                              \
  X(quote)                                                                                                            \
  X(offers)                                                                                                           \
  X(ps)                                                                                                               \
  X(queue)                                                                                                            \
  X(runs)                                                                                                             \
  X(logs)                                                                                                             \
  X(attach)                                                                                                           \
  X(wait)                                                                                                             \
  X(stop)                                                                                                             \
  X(cancel)                                                                                                           \
  X(serve)                                                                                                            \
  X(node_status)                                                                                                      \
  X(ledger_balance)                                                                                                   \
  X(ledger_history)                                                                                                   \
  X(ledger_transfer)                                                                                                  \
  X(ledger_show)                                                                                                      \
  X(ledger_verify)                                                                                                    \
  X(ledger_offers)                                                                                                    \
  X(ledger_escrow)                                                                                                    \
  X(ledger_faucet)                                                                                                    \
  X(ledger_checkpoint)                                                                                                \
  X(ledger_export)                                                                                                    \
  X(ledger_unclaimed)                                                                                                 \
  X(ledger_claim)                                                                                                     \
  X(ledger_approve)                                                                                                   \
  X(ledger_challenge)                                                                                                 \
  X(ledger_resolve)                                                                                                   \
  X(ledger_publish)                                                                                                   \
  X(ledger_draw)                                                                                                      \
  X(ledger_bond)                                                                                                      \
  X(ledger_bond_deposit)                                                                                              \
  X(ledger_bond_unbond)                                                                                               \
  X(ledger_bond_withdraw)                                                                                             \
  X(ledger_backup)                                                                                                    \
  X(ledger_restore)                                                                                                   \
  X(account_create)                                                                                                   \
  X(account_list)                                                                                                     \
  X(account_show)                                                                                                     \
  X(account_keys)                                                                                                     \
  X(account_rotate)                                                                                                   \
  X(account_revoke)                                                                                                   \
  X(account_key_add)                                                                                                  \
  X(network_create)                                                                                                   \
  X(network_join)                                                                                                     \
  X(network_list)                                                                                                     \
  X(network_show)                                                                                                     \
  X(network_use)                                                                                                      \
  X(network_parameters)                                                                                               \
  X(network_propose)                                                                                                  \
  X(network_approve)                                                                                                  \
  X(config)                                                                                                           \
  X(help)                                                                                                             \
  X(version)                                                                                                          \
  X(completion)                                                                                                       \
  X(complete)                                                                                                         \
  X(pre_receive)

namespace ain::cli {

#define AIN_DECLARE(name) extern const Command name##_command;
AIN_COMMANDS(AIN_DECLARE)
#undef AIN_DECLARE

const std::vector<const Command*>& commands() {
#define AIN_ENTRY(name) &name##_command,
  static const std::vector<const Command*> table = {AIN_COMMANDS(AIN_ENTRY)};
#undef AIN_ENTRY
  return table;
}

const Command* find_command(std::string_view name) {
  for (const Command* command : commands()) {
    if (command->name == name) return command;
  }
  return nullptr;
}

bool is_command_family(std::string_view word) {
  for (const Command* command : commands()) {
    if (command->name.size() > word.size() && command->name.starts_with(word) && command->name[word.size()] == ' ') {
      return true;
    }
  }
  return false;
}

std::vector<Option> options_of(const Command& command) {
  Declaration declaration;
  if (command.declare) command.declare(declaration);
  std::vector<Option> options = std::move(declaration.options());
  options.insert(options.end(), global_options().begin(), global_options().end());
  return options;
}

std::string_view group_title(Group group) {
  switch (group) {
    case Group::repository: return "Write and share code";
    case Group::run: return "Run it on somebody's hardware";
    case Group::provider: return "Let your own hardware";
    case Group::money: return "Money";
    case Group::places: return "People and places";
    case Group::help: return "Help";
    case Group::internal: return "Internal";
  }
  return "";
}

}  // namespace ain::cli
