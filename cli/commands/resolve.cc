#include "base/error.h"
#include "base/time.h"
#include "cli/escrow_view.h"
#include "cli/funds.h"
#include "cli/proposal.h"

namespace ain::cli {
namespace {

int resolve(Context& context) {
  const Values& options = context.options;
  const auto run = options.text("run");
  if (!run) fail_with_hint(ErrorKind::usage, "--run DURATION, or --run all", "for how long a run the provider is paid must be said");
  const ledger::EscrowState escrow = escrow_named(context, *options.text("ESCROW"));
  ledger::Resolve verdict{.escrow = escrow.id, .run_us = run == "all" ? escrow.best_us : parse_duration_ms(*run) * 1000};
  if (const auto slash = options.text("slash")) verdict.slash = Amount::parse(*slash);
  const ledger::Body body = verdict;
  confirm(context, proposal_text(context, body), "nothing was decided");
  return put_forward(context, body);
}

void declare_resolve(Declaration& options) {
  options.positional("ESCROW", "the escrow's id or the beginning of it, or a run's of this home")
      .value("run", 0, "DURATION", "for how long a run the provider is paid: 0s, 90s, 2h; all: what it asks for")
      .value("slash", 0, "AMOUNT", "what the payer gets of the bond that the lease has locked (default: nothing)")
      .flag("yes", 'y', "do not ask");
}

}  // namespace

extern const Command ledger_resolve_command;
const Command ledger_resolve_command = {.name = "ledger resolve",
                                        .group = Group::money,
                                        .summary = "Decide a dispute, once enough arbiters agree",
                                        .needs = {.account = true, .network = true},
                                        .declare = declare_resolve,
                                        .run = resolve};

}  // namespace ain::cli
