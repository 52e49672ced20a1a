// The life of an escrow: which event may happen in which phase. Internal to the ledger.
//
//   OPEN      accept                                            LEASED
//   OPEN      release by payer or provider, reap                REFUNDED
//   LEASED    settle: agreed, or without time for a dispute     CLOSED      else CLOSING
//   LEASED    reap                                              by the best settlement so far as if it were settled now; none: REFUNDED
//   CLOSING   challenge by the provider (a higher voucher)      CLOSING
//   CLOSING   challenge by the payer (evidence)                 DISPUTED
//   CLOSING   settle with the payer's final word, reap          CLOSED
//   DISPUTED  resolve, reap                                     CLOSED
//   LEASED, CLOSING   release by provider                       REFUNDED
// Once DISPUTED a provider cannot withdraw: it would keep the bond that the arbiters may slash.
#pragma once

#include <optional>

#include "ledger/records.h"

namespace ain::ledger {

// What may happen to an escrow. settle_agreed: the payer has signed that it has nothing against what is paid.
enum class EscrowEvent { accept, settle, settle_agreed, higher_voucher, evidence, resolve, release_by_payer, release_by_provider, reap };
inline constexpr int kEscrowPhases = 6;
inline constexpr int kEscrowEvents = 9;

// The phase after the event, or nothing when the event may not happen. Where the escrow's terms decide too (above), the later one.
std::optional<EscrowPhase> next_phase(EscrowPhase phase, EscrowEvent event);

bool holds_money(EscrowPhase phase);  // neither closed nor refunded

}  // namespace ain::ledger
