#include "cli/verdict.h"

#include "base/attribution.h"
#include "base/encoding.h"
#include "base/error.h"
#include "base/time.h"
#include "cli/escrow_view.h"
#include "ledger/voucher.h"

namespace ain::cli {
namespace {

void check_verdict(const ledger::EscrowState& escrow, const ledger::Resolve& verdict) {
  need_phase(escrow, ledger::EscrowPhase::disputed);
  if (verdict.run_us > escrow.best_us) {
    fail_with_hint(ErrorKind::refused, "all of it: --run all", "the provider asks for {}, which is less than {}",
                   lease_time_text(escrow, escrow.best_us), lease_time_text(escrow, verdict.run_us));
  }
  if (verdict.slash > escrow.terms.bond) {
    fail_with_hint(ErrorKind::refused, fmt::format("see it: ain ledger escrow {}", escrow_shown(escrow)),
                   "the lease has locked {} of the provider's bond, which is less than {}", escrow.terms.bond.text(), verdict.slash.text());
  }
}

}  // namespace

std::string verdict_text(Context& context, const ledger::Resolve& verdict) {
  const ledger::EscrowState escrow = escrow_named(context, to_hex(verdict.escrow));
  check_verdict(escrow, verdict);
  ledger::Cost cost = ledger::cost_of(escrow.lease_terms(), verdict.run_us);
  const auto attribution = context.ledger().attribution(escrow.terms.attribution);
  if (attribution && sharers(*attribution).empty()) cost.royalty = {};  // it goes back to the payer
  const std::string slashed = verdict.slash > Amount() ? fmt::format(", and {} of the provider's bond", verdict.slash.text()) : "";
  return fmt::format(
      "decide the dispute about escrow {} for {} of the {} that the provider asks for:\n"
      "  provider {}: {}\n  authors: {}\n  network: {}\n  payer {}: {} of the deposit back{}",
      escrow_shown(escrow), duration_text(verdict.run_us), duration_text(escrow.best_us), escrow.provider.text(), cost.compute.text(),
      cost.royalty.text(), cost.fee.text(), escrow.payer.text(), (escrow.terms.deposit - cost.total()).text(), slashed);
}

}  // namespace ain::cli
