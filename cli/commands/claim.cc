#include <unistd.h>

#include "base/attribution.h"
#include "base/error.h"
#include "base/files.h"
#include "cli/funds.h"
#include "cli/proposal.h"
#include "repo/identity.h"

namespace ain::cli {
namespace {

// An e-mail, or its hash as `ledger unclaimed` lists it.
std::string payee_named(const std::string& text) {
  if (is_unclaimed(text)) {
    if (is_payee_id(text) && text.find('@') == text.npos) return text;
    fail_with_hint(ErrorKind::usage, "list them: ain ledger unclaimed", "'{}' is no e-mail's hash", text);
  }
  if (text.find('@') != text.npos) return unclaimed_payee(text);
  fail_with_hint(ErrorKind::usage, "list what waits: ain ledger unclaimed", "'{}' is neither an e-mail nor 'unclaimed:' and its hash", text);
}

int unclaimed(Context& context) {
  ledger::UnclaimedQuery query;
  if (const auto repository = context.options.text("repo")) query.repository = repo::repository_named(*repository);
  const auto email = context.options.text("email");
  const std::string payee = email ? payee_named(*email) : "";
  std::vector<std::vector<std::string>> rows;
  for (;;) {
    const auto page = context.ledger().unclaimed(query);
    if (page.empty()) break;
    query.after = page.back().first;
    for (const auto& [holder, amount] : page) {
      const std::string text = holder.text();
      const size_t at = text.find('@');
      if (email && text.substr(0, at) != payee) continue;
      if (context.out.json()) {
        context.out.document({{"repository", text.substr(at + 1)}, {"payee", text.substr(0, at)}, {"amount", amount.micro()}});
      }
      rows.push_back({text.substr(at + 1), text.substr(0, at), amount.text()});
    }
  }
  if (context.out.json()) return 0;
  if (rows.empty()) context.out.say("nothing waits to be claimed");
  else context.out.write_table({"repository", "for", "amount"}, rows, {2});
  return 0;
}

int claim(Context& context) {
  const Values& options = context.options;
  ledger::Claim body{.repository = repo::repository_named(*options.text("REPO")), .payee = payee_named(*options.text("EMAIL"))};
  const auto to = options.text("to");
  body.to = to ? account_named(context.accounts(), *to) : context.account().id;
  const auto before = context.ledger().claim(body.repository, body.payee);
  if (before && before->to == body.to) {
    fail_with_hint(ErrorKind::refused, "ain ledger balance " + body.to.text(), "what is for that e-mail goes to '{}' already", body.to.text());
  }
  body.sequence = (before ? before->sequence : 0) + 1;
  confirm(context, proposal_text(context, body), "nothing was claimed");
  return put_forward(context, body);
}

int approve(Context& context) {
  const std::string file = context.options.text_or("FILE", "-");
  const std::string text = file == "-" ? read_all(STDIN_FILENO, kProposalBytesMax, "the proposal") : read_file(file, kProposalBytesMax);
  const ledger::Body body = read_proposal(context, text);
  confirm(context, proposal_text(context, body), "nothing was approved");
  return put_forward(context, body);
}

void declare_unclaimed(Declaration& options) {
  options.value("repo", 0, "REPO", "only in this repository: repo1… or ain://repo1…").value("email", 0, "EMAIL", "only for this address");
}
void declare_claim(Declaration& options) {
  options.positional("REPO", "the repository: repo1… or ain://repo1…")
      .positional("EMAIL", "the address that the commits name, or its hash")
      .value("to", 0, "ACCOUNT", "who is to be paid: ain1…, or the name of an account here (default: yours)")
      .flag("yes", 'y', "do not ask");
}
void declare_approve(Declaration& options) {
  options.positional("FILE", "the line that `ledger claim`, `ledger resolve` or `network propose` printed; -: standard input").flag("yes", 'y', "do not ask");
}

}  // namespace

extern const Command ledger_unclaimed_command, ledger_claim_command, ledger_approve_command, network_approve_command;
const Command ledger_unclaimed_command = {.name = "ledger unclaimed",
                                          .group = Group::money,
                                          .summary = "List what waits for authors who have no account yet",
                                          .needs = {.network = true},
                                          .declare = declare_unclaimed,
                                          .run = unclaimed,
                                          .json_lines = true};
const Command ledger_claim_command = {.name = "ledger claim",
                                      .group = Group::money,
                                      .summary = "Have what waits for an e-mail paid to an account, once delegates agree",
                                      .needs = {.account = true, .network = true},
                                      .declare = declare_claim,
                                      .run = claim};
const Command ledger_approve_command = {.name = "ledger approve",
                                        .group = Group::money,
                                        .summary = "Agree to a claim, a verdict or new parameters that somebody put forward",
                                        .needs = {.account = true, .network = true},
                                        .declare = declare_approve,
                                        .run = approve};
const Command network_approve_command = {.name = "network approve",
                                         .group = Group::places,
                                         .summary = "Agree to new parameters that a governor proposed",
                                         .needs = {.account = true, .network = true},
                                         .declare = declare_approve,
                                         .run = approve,
                                         .alias_of = "ledger approve"};

}  // namespace ain::cli
