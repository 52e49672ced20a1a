#include "base/encoding.h"
#include "base/error.h"
#include "base/files.h"
#include "base/text.h"
#include "base/time.h"
#include "cli/context.h"
#include "cli/escrow_view.h"
#include "cli/funds.h"
#include "ledger/voucher.h"

namespace ain::cli {
namespace {

// What stands on the ledger of the payer's evidence: so the arbiters know that the file they are handed is the one.
Digest evidence_in(const std::string& file) {
  if (const auto evidence = MappedFile::open(file)) return sha256(evidence->bytes());
  if (!std::filesystem::is_regular_file(file)) fail(ErrorKind::usage, "there is no file '{}'", sanitize(file));
  fail_with_hint(ErrorKind::usage, "write down what is wrong with the bill", "'{}' is empty, or cannot be read", sanitize(file));
}

ledger::EscrowState escrow_of(Context& context, std::string_view party, AccountId ledger::EscrowState::*account) {
  ledger::EscrowState escrow = escrow_named(context, *context.options.text("ESCROW"));
  need_phase(escrow, ledger::EscrowPhase::closing);
  if (context.account().id == escrow.*account) return escrow;
  fail_with_hint(ErrorKind::refused, "choose the account: --account NAME", "'{}' is not the {} of escrow {}, which is {}",
                 context.account().name, party, escrow_shown(escrow), (escrow.*account).text());
}

void print(Context& context, const ledger::Applied& applied, const ledger::EscrowState& after, Json more) {
  if (!context.out.json()) return context.out.line("{}", to_hex(applied.txid));
  more["escrow"] = to_hex(after.id);
  more["phase"] = phase_name(after.phase);
  more["until"] = after.deadline_ms;
  Json document = to_json(applied);
  document.update(more);
  context.out.document(document);
}

int dispute(Context& context, const std::string& file) {
  const ledger::EscrowState escrow = escrow_of(context, "payer", &ledger::EscrowState::payer);
  const Digest evidence = evidence_in(file);
  const ledger::Council arbiters = context.ledger().parameters().parameters.arbiters;
  if (arbiters.members.empty()) {
    fail_with_hint(ErrorKind::refused, "see them: ain network parameters", "network '{}' has no arbiters, who could decide",
                   context.network().name);
  }
  confirm(context,
          fmt::format("dispute the {} that the provider asks for of escrow {}", lease_time_text(escrow, escrow.best_us), escrow_shown(escrow)),
          "nothing was disputed");
  const ledger::Applied applied = context.sender().send(ledger::Challenge{.escrow = escrow.id, .voucher = "", .evidence = evidence});
  const ledger::EscrowState after = escrow_named(context, to_hex(escrow.id));
  print(context, applied, after, {{"evidence", to_hex(evidence)}});
  context.out.say("hand '{}' to the arbiters, and do not change it; where it stands: ain ledger escrow {}", sanitize(file),
                  escrow_shown(escrow));
  for (const std::string& line : dispute_lines(after, arbiters, now_ms())) context.out.say("{}", line);
  return 0;
}

int ask_for_more(Context& context, const std::string& file) {
  const ledger::EscrowState escrow = escrow_of(context, "provider", &ledger::EscrowState::provider);
  const std::string text = read_file(file, ledger::kVoucherBytesMax);
  const std::string jws(trim(text));
  const int64_t run_us = ledger::open_voucher(jws, escrow.payer_key).run_us;
  confirm(context, fmt::format("ask for {} instead of {} of escrow {}", lease_time_text(escrow, run_us), lease_time_text(escrow, escrow.best_us),
                               escrow_shown(escrow)),
          "nothing was sent");
  const ledger::Applied applied = context.sender().send(ledger::Challenge{.escrow = escrow.id, .voucher = jws, .evidence = std::nullopt});
  print(context, applied, escrow_named(context, to_hex(escrow.id)), {{"run_us", run_us}});
  context.out.say("asked for {}; the payer may dispute it until {}", lease_time_text(escrow, run_us), rfc3339(escrow.deadline_ms));
  return 0;
}

int challenge(Context& context) {
  const auto evidence = context.options.text("evidence"), voucher = context.options.text("voucher");
  if (evidence.has_value() == voucher.has_value()) {
    fail_with_hint(ErrorKind::usage, "the payer: --evidence FILE; the provider: --voucher FILE",
                   "a challenge is by evidence or by a higher voucher");
  }
  return evidence ? dispute(context, *evidence) : ask_for_more(context, *voucher);
}

void declare_challenge(Declaration& options) {
  options.positional("ESCROW", "the escrow's id or the beginning of it, or a run's of this home")
      .value("evidence", 0, "FILE", "by the payer: what the arbiters are to read; its SHA-256 goes onto the ledger")
      .value("voucher", 0, "FILE", "by the provider: a voucher of the payer's for more than it asks for")
      .flag("yes", 'y', "do not ask");
}

}  // namespace

extern const Command ledger_challenge_command;
const Command ledger_challenge_command = {.name = "ledger challenge",
                                          .group = Group::money,
                                          .summary = "Dispute what a provider asks for, or ask for more",
                                          .needs = {.account = true, .network = true},
                                          .declare = declare_challenge,
                                          .run = challenge};

}  // namespace ain::cli
