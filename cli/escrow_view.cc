#include "cli/escrow_view.h"

#include <algorithm>

#include "base/encoding.h"
#include "base/error.h"
#include "base/id_prefix.h"
#include "base/text.h"
#include "base/time.h"
#include "ledger/voucher.h"

namespace ain::cli {
namespace {

constexpr size_t kShownDigits = 12, kIdDigits = 2 * sizeof(Digest);

std::string accounts_text(const std::vector<AccountId>& accounts) {
  std::vector<std::string> texts;
  for (const AccountId& account : accounts) texts.push_back(account.text());
  return join(texts, ", ");
}

// Why an escrow in this phase is past challenges, or verdicts, or not yet there.
std::string_view why_not(ledger::EscrowPhase phase) {
  switch (phase) {
    case ledger::EscrowPhase::open:
    case ledger::EscrowPhase::leased: return "nobody has settled it yet";
    case ledger::EscrowPhase::closing: return "nobody has disputed it";
    case ledger::EscrowPhase::disputed: return "the arbiters decide about it";
    default: return "its money has gone out";
  }
}

}  // namespace

Digest escrow_id_named(Context& context, const std::string& text) {
  check_id_prefix("escrow", text, kIdDigits);
  std::vector<std::string> matches = text.size() == kIdDigits ? std::vector{text} : context.ledger().escrows_from(text);
  if (text.size() <= remote::kRunIdDigits) {
    const auto run = remote::RunStore(context.paths.state).find(text);
    const bool here = run && !run->escrow.empty() && run->network == context.network_name();
    if (here && std::find(matches.begin(), matches.end(), run->escrow) == matches.end()) matches.push_back(run->escrow);
  }
  const auto id = only_match("escrow", text, matches);
  if (!id) fail_with_hint(ErrorKind::failed, "list them: ain ledger history", "there is no escrow '{}'", text);
  return *to_array<sizeof(Digest)>(*from_hex(*id));
}

ledger::EscrowState escrow_named(Context& context, const std::string& text) {
  const Digest id = escrow_id_named(context, text);
  auto escrow = context.ledger().escrow(id);
  if (!escrow) fail_with_hint(ErrorKind::failed, "list them: ain ledger history", "there is no escrow '{}'", to_hex(id));
  return std::move(*escrow);
}

std::string escrow_shown(const ledger::EscrowState& escrow) { return to_hex(escrow.id).substr(0, kShownDigits); }

std::string lease_time_text(const ledger::EscrowState& escrow, int64_t run_us) {
  return fmt::format("{} ({})", duration_text(run_us), ledger::metered_amount(escrow.terms.price_per_second, run_us).text());
}

std::vector<Step> next_steps(const ledger::EscrowState& escrow, const ledger::Council& arbiters, int64_t now_ms) {
  std::vector<Step> steps;
  if (now_ms > escrow.deadline_ms) return steps;
  const std::string id = escrow_shown(escrow);
  if (escrow.phase == ledger::EscrowPhase::closing) {
    const std::string challenge = fmt::format("ain ledger challenge {} ", id);
    if (!arbiters.members.empty()) {
      steps.push_back({"payer", {escrow.payer}, escrow.deadline_ms, "dispute it, for the arbiters to decide", challenge + "--evidence FILE"});
    }
    steps.push_back({"provider", {escrow.provider}, escrow.deadline_ms, "ask for more, by a higher voucher", challenge + "--voucher FILE"});
  }
  if (escrow.phase == ledger::EscrowPhase::disputed) {
    const std::string bond = escrow.terms.bond > Amount() ? fmt::format(", and take up to {} of the bond", escrow.terms.bond.text()) : "";
    steps.push_back({"arbiters", arbiters.members, escrow.deadline_ms,
                     fmt::format("pay up to {}{}", lease_time_text(escrow, escrow.best_us), bond),
                     fmt::format("ain ledger resolve {} --run DURATION{}", id, bond.empty() ? "" : " [--slash AMOUNT]")});
  }
  return steps;
}

Json to_json(const Step& step) {
  Json accounts = Json::array();
  for (const AccountId& account : step.accounts) accounts.push_back(account.text());
  return {{"by", step.by}, {"accounts", accounts}, {"until", step.until_ms}, {"what", step.what}, {"command", step.command}};
}

std::vector<std::string> dispute_lines(const ledger::EscrowState& escrow, const ledger::Council& arbiters, int64_t now_ms) {
  const bool disputed = escrow.phase == ledger::EscrowPhase::disputed;
  if (!disputed && escrow.phase != ledger::EscrowPhase::closing) return {};
  std::vector<std::string> lines = {fmt::format("the provider asks for {} of at most {}", lease_time_text(escrow, escrow.best_us),
                                                duration_text(escrow.terms.run_us_max))};
  if (disputed) lines.push_back(fmt::format("the payer disputes it; the evidence has the SHA-256 {}", to_hex(escrow.evidence)));
  for (const Step& step : next_steps(escrow, arbiters, now_ms)) {
    lines.push_back(fmt::format("until {} the {} ({}) may {}: {}", rfc3339(step.until_ms), step.by, accounts_text(step.accounts), step.what,
                                step.command));
  }
  lines.push_back(fmt::format("after {} it is paid as the provider asks", rfc3339(escrow.deadline_ms)));
  return lines;
}

void need_phase(const ledger::EscrowState& escrow, ledger::EscrowPhase phase) {
  if (escrow.phase == phase) return;
  fail_with_hint(ErrorKind::refused, fmt::format("see it: ain ledger escrow {}", escrow_shown(escrow)), "escrow {} is {}: {}",
                 escrow_shown(escrow), phase_name(escrow.phase), why_not(escrow.phase));
}

}  // namespace ain::cli
