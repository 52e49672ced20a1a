#include "base/encoding.h"
#include "base/error.h"
#include "base/time.h"
#include "cli/context.h"
#include "cli/money_view.h"
#include "cli/funds.h"
#include "cli/outbox.h"

namespace ain::cli {
namespace {

int show(Context& context) {
  const auto named = context.options.text("ACCOUNT");
  const AccountId account = named ? account_named(context.accounts(), *named) : context.account().id;
  const remote::Bond bond = remote::bond_of(context.ledger(), account);
  const Amount needed = context.ledger().parameters().parameters.bond_min;
  if (context.out.json()) {
    Json unbonding = Json::array();
    for (const ledger::Unbonding& part : bond.unbonding) unbonding.push_back({{"amount", part.amount.micro()}, {"due", part.due_ms}});
    context.out.document({{"account", account.text()}, {"bonded", bond.bonded.micro()}, {"free", bond.free().micro()},
                          {"locked", bond.locked.micro()}, {"unbonding", unbonding}, {"bond_min", needed.micro()}});
    return 0;
  }
  std::vector<std::vector<std::string>> rows = {{"free", bond.free().text()}, {"locked by leases", bond.locked.text()}};
  for (const ledger::Unbonding& part : bond.unbonding) {
    rows.push_back({part.due_ms <= now_ms() ? "can be withdrawn" : "on its way out, until " + rfc3339(part.due_ms), part.amount.text()});
  }
  rows.push_back({"needed to offer hardware", needed.text()});
  context.out.write(table({"", ""}, rows));
  return 0;
}

Amount amount_of(Context& context) {
  const Amount amount = Amount::parse(*context.options.text("AMOUNT"));
  if (amount == Amount()) fail_with_hint(ErrorKind::usage, "for example: 1.5", "0 AIN is nothing");
  return amount;
}

int send(Context& context, const ledger::Body& body, const std::string& done) {
  const ledger::Applied applied = send_once(context, body);
  print_applied(context.out, applied);
  context.out.say("{}", done);
  return 0;
}

std::string of_whom(Context& context) { return fmt::format("'{}' on network '{}'", context.account().name, context.network().name); }

int deposit(Context& context) {
  const Amount amount = amount_of(context);
  confirm(context, fmt::format("put {} into the bond of {}, which leases can lock and disputes can cost", amount.text(), of_whom(context)),
          "nothing was sent");
  ensure_funds(context);
  return send(context, ledger::BondDeposit{amount}, fmt::format("bonded {}", amount.text()));
}

int unbond(Context& context) {
  const Amount amount = amount_of(context);
  const std::string after = duration_text(context.ledger().parameters().parameters.unbond_within_ms * 1000);
  confirm(context, fmt::format("take {} out of the bond of {}, to be withdrawn after {}", amount.text(), of_whom(context), after),
          "nothing was sent");
  return send(context, ledger::BondUnbond{amount}, fmt::format("{} is on its way out; in {}: ain ledger bond withdraw", amount.text(), after));
}

int withdraw(Context& context) {
  const auto parts = remote::bond_of(context.ledger(), context.account().id).unbonding;
  Amount due;
  int64_t next = 0;
  for (const ledger::Unbonding& part : parts) {
    if (part.due_ms <= now_ms()) due += part.amount;
    else if (next == 0 || part.due_ms < next) next = part.due_ms;
  }
  if (due == Amount() && parts.empty()) {
    fail_with_hint(ErrorKind::refused, "first: ain ledger bond unbond AMOUNT", "nothing of the bond is on its way out");
  }
  if (due == Amount()) fail(ErrorKind::refused, "nothing of the bond can be withdrawn before {}", rfc3339(next));
  confirm(context, fmt::format("withdraw {} from the bond of {}", due.text(), of_whom(context)), "nothing was sent");
  return send(context, ledger::BondWithdraw{}, fmt::format("withdrew {}", due.text()));
}

void declare_show(Declaration& options) { options.positional("ACCOUNT", "whose (default: yours)", false); }
void declare_amount(Declaration& options) {
  options.positional("AMOUNT", "in AIN: 1.5; in µAIN: 1500000u").flag("yes", 'y', "do not ask");
}
void declare_withdraw(Declaration& options) { options.flag("yes", 'y', "do not ask"); }

}  // namespace

extern const Command ledger_bond_command, ledger_bond_deposit_command, ledger_bond_unbond_command, ledger_bond_withdraw_command;
const Command ledger_bond_command = {.name = "ledger bond",
                                     .group = Group::money,
                                     .summary = "Show a provider's bond: what is free, locked, on its way out",
                                     .needs = {.network = true},
                                     .declare = declare_show,
                                     .run = show};
const Command ledger_bond_deposit_command = {.name = "ledger bond deposit",
                                             .group = Group::money,
                                             .summary = "Put money into your bond",
                                             .needs = {.account = true, .network = true},
                                             .declare = declare_amount,
                                             .run = deposit};
const Command ledger_bond_unbond_command = {.name = "ledger bond unbond",
                                            .group = Group::money,
                                            .summary = "Let money of your bond leave it, which takes its time",
                                            .needs = {.account = true, .network = true},
                                            .declare = declare_amount,
                                            .run = unbond};
const Command ledger_bond_withdraw_command = {.name = "ledger bond withdraw",
                                              .group = Group::money,
                                              .summary = "Take back what has left your bond",
                                              .needs = {.account = true, .network = true},
                                              .declare = declare_withdraw,
                                              .run = withdraw};

}  // namespace ain::cli
