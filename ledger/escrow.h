// The life of an escrow: which event may happen in which phase, and what each does with the money. Internal
// to the ledger.
//
//   OPEN     accept                                   LEASED
//   OPEN     release by payer or provider, reap       REFUNDED
//   LEASED   settle                                   CLOSED
//   LEASED   release by provider, reap                REFUNDED
#pragma once

#include <optional>

#include "ledger/machine.h"

namespace ain::ledger {

enum class EscrowEvent { accept, settle, release_by_payer, release_by_provider, reap };
inline constexpr int kEscrowPhases = 4;
inline constexpr int kEscrowEvents = 5;

// The phase after the event, or nothing when the event may not happen.
std::optional<EscrowPhase> next_phase(EscrowPhase phase, EscrowEvent event);

Outcome open_escrow(const Context& at, const EscrowOpen& body);
Outcome accept_lease(const Context& at, const LeaseAccept& body);
Outcome settle(const Context& at, const Settle& body);
Outcome release(const Context& at, const Release& body);
Outcome reap(const Context& at, const Reap& body);

}  // namespace ain::ledger
