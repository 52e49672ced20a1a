// An escrow as people name it, and what they can still do about it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/context.h"

namespace ain::cli {

// The id that `text` means: an escrow's, or the beginning of one, or that of a run of this home on this network. Throws `usage` for what is no
// id or could mean several, `failed` when there is none.
Digest escrow_id_named(Context& context, const std::string& text);
ledger::EscrowState escrow_named(Context& context, const std::string& text);

// Its id as it stands in messages and commands: the beginning.
std::string escrow_shown(const ledger::EscrowState& escrow);
// "0.5 s (0.01 AIN)": so much of the lease's time, and what the provider gets for it.
std::string lease_time_text(const ledger::EscrowState& escrow, int64_t run_us);

// What a party may do about an escrow, until when, and what it types.
struct Step {
  std::string_view by;              // "payer", "provider", "arbiters"
  std::vector<AccountId> accounts;
  int64_t until_ms = 0;             // of the ledger's time
  std::string what;                 // "dispute it"
  std::string command;
};
// Only of one that is CLOSING or DISPUTED, and in time.
std::vector<Step> next_steps(const ledger::EscrowState& escrow, const ledger::Council& arbiters, int64_t now_ms);
Json to_json(const Step& step);     // {by, accounts[], until, what, command}
// Lines about where a settlement stands that is not final yet, its steps among them; none in any other phase.
std::vector<std::string> dispute_lines(const ledger::EscrowState& escrow, const ledger::Council& arbiters, int64_t now_ms);

// Throws `refused` unless the escrow is in that phase (CLOSING or DISPUTED), saying what it is instead. Whether it is in time the ledger's
// clock says, not this machine's.
void need_phase(const ledger::EscrowState& escrow, ledger::EscrowPhase phase);

}  // namespace ain::cli
