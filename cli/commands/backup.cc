#include "base/encoding.h"
#include "base/error.h"
#include "base/files.h"
#include "cli/context.h"
#include "ledger/backup.h"
#include "remote/known_log.h"

namespace ain::cli {
namespace {

void print(Context& context, const ledger::Backup& backup, const std::string& what) {
  if (context.out.json()) {
    context.out.document({{"network", context.network().id()}, {"transactions", backup.transactions}, {"height", backup.height},
                          {"root", to_hex(backup.root)}});
    return;
  }
  context.out.line("{}: {} transactions, height {}, root {}", what, backup.transactions, backup.height, to_hex(backup.root));
}

int backup(Context& context) {
  const auto folder = remote::ledger_folder(context.paths, context.network().name);
  if (!ledger::holds_ledger(folder)) {
    fail_with_hint(ErrorKind::usage, "type it on the machine whose node keeps it", "this machine keeps no ledger of network '{}'",
                   context.network().name);
  }
  const std::string file = *context.options.text("FILE");
  print(context, ledger::back_up(folder, context.network().genesis, file),
        fmt::format("'{}' holds the ledger of '{}'", file, context.network().name));
  context.out.say("with it, to keep the ledger elsewhere: '{}', and '{}' and its genesis beside it",
                  remote::node_key_file(context.paths).string(), (context.paths.config / "networks" / (context.network().name + ".toml")).string());
  return 0;
}

int restore(Context& context) {
  const std::string& name = context.network().name;
  make_private_folder(remote::node_folder(context.paths, name));
  const auto lock = FileLock::try_acquire(remote::node_lock(context.paths, name));
  if (!lock) fail_with_hint(ErrorKind::refused, "stop it first; see it: ain node status", "a node serves the network '{}' from here", name);
  const auto folder = remote::ledger_folder(context.paths, name);
  const ledger::Restored restored = ledger::restore(*context.options.text("FILE"), context.network().genesis, folder, context.options.flag("force"));
  std::filesystem::remove(remote::served_log_file(context.paths, context.network()));  // a backup is older, and that is what was asked for
  print(context, restored.backup, fmt::format("the ledger of '{}' is restored", name));
  if (!restored.kept.empty()) context.out.say("what was there lies in '{}'", restored.kept.string());
  return 0;
}

void declare_backup(Declaration& options) { options.positional("FILE", "where to write it; must not exist"); }
void declare_restore(Declaration& options) {
  options.positional("FILE", "what `ain ledger backup` wrote")
      .flag("force", 'f', "even where the ledger that is there is longer, or cannot be read");
}

}  // namespace

extern const Command ledger_backup_command, ledger_restore_command;
const Command ledger_backup_command = {.name = "ledger backup",
                                       .group = Group::money,
                                       .summary = "Copy the ledger that this machine keeps to a file, checked, while its node runs",
                                       .needs = {.network = true},
                                       .declare = declare_backup,
                                       .run = backup};
const Command ledger_restore_command = {.name = "ledger restore",
                                        .group = Group::money,
                                        .summary = "Go on from a backup of the ledger",
                                        .needs = {.network = true},
                                        .declare = declare_restore,
                                        .run = restore};

}  // namespace ain::cli
