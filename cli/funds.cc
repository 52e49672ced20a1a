#include "cli/funds.h"

#include "base/error.h"

namespace ain::cli {

ledger::Applied ask_faucet(Context& context) {
  if (context.network().genesis.faucet.micro() == 0) {
    fail(ErrorKind::refused, "network '{}' has no faucet", context.network().name);
  }
  return context.sender().send(ledger::Faucet{});
}

void confirm(Context& context, const std::string& what, const std::string& undone) {
  if (context.options.flag("yes")) return;
  if (!context.out.can_ask()) {
    fail_with_hint(ErrorKind::usage, "say --yes where nobody can be asked", "not done without being asked for: {}", what);
  }
  const std::string answer = context.out.ask(what + "? [y/N]");
  if (answer != "y" && answer != "yes" && answer != "Y") fail(ErrorKind::stopped, "{}", undone);
}

void ensure_funds(Context& context) {
  const Amount faucet = context.network().genesis.faucet;
  if (faucet.micro() == 0) return;
  const ledger::AccountState state = context.ledger().account(context.account().id);
  // An author may have been paid before the first run of its own.
  if (state.available >= faucet || state.faucet_taken) return;
  const ledger::Applied applied = context.sender().try_send(ledger::Faucet{});
  // Another process of this account may have asked at the same moment.
  if (applied.refusal == ledger::Refusal::faucet_taken) return;
  if (applied.refusal != ledger::Refusal::none) remote::fail_refused(applied);
  context.out.say("the faucet of network '{}' gave '{}' {}", context.network().name, context.account().name, faucet.text());
}

}  // namespace ain::cli
