// What the two parties of a lease sign between each other, off the ledger. A debit note is the provider's claim; a voucher is
// the payer's word that it will pay for so much time. Both are cumulative: the higher replaces all before. A voucher is worth its amount
// alone; with a note beside it settlement pays the smaller of the two, so neither side can be harmed by what it did not sign.
#pragma once

#include <string>

#include "base/amount.h"
#include "base/attribution.h"
#include "base/hash.h"
#include "base/keys.h"
#include "ledger/limits.h"

namespace ain::ledger {

// typ "ain-note", signed by the provider's account key.
struct DebitNote {
  std::string network;
  Digest escrow{};
  int64_t sequence = 0;   // rises
  int64_t run_us = 0;     // metered so far
  Amount amount;          // price_per_second x run_us, floored; compute only, the royalty comes on top at settlement
  bool final = false;     // the job has ended; no further note follows
};
// typ "ain-voucher", signed by the payer's account key.
struct Voucher {
  std::string network;
  Digest escrow{};
  int64_t sequence = 0;
  int64_t run_us = 0;     // agreed to, cumulative; an unattended run's is the whole of run_us_max at once
  Amount amount;          // price_per_second x run_us, floored
  bool final = false;     // the payer has nothing against the job: the settlement need not wait for a dispute
};

std::string sign_note(const DebitNote& note, const Signer& provider);
std::string sign_voucher(const Voucher& voucher, const Signer& payer);
DebitNote open_note(std::string_view jws, const PublicKey& provider);    // throws `bad_signature`
Voucher open_voucher(std::string_view jws, const PublicKey& payer);      // throws `bad_signature`

// The lease that a note or voucher is for. One that does not fit is refused at settlement, so neither side may count on it.
struct LeaseBounds {
  std::string network;
  Digest escrow{};
  int64_t price_per_second = 0;
  int64_t run_us_max = 0;
};
bool fits(const DebitNote& note, const LeaseBounds& lease);
bool fits(const Voucher& voucher, const LeaseBounds& lease);

// floor(price_per_second * run_us / 1e6)
Amount metered_amount(int64_t price_per_second, int64_t run_us);
// What `run_us` of a lease cost: the price, with the royalty and the network's fee on top of it, each floored. Of run_us_max it is the
// deposit. Throws `failed` when a sum leaves int64.
struct LeaseTerms {
  int64_t price_per_second = 0;
  int64_t units = 1;
  Royalty royalty;
  int64_t fee_ppm = 0;
};
struct Cost {
  Amount compute, royalty, fee;
  Amount total() const { return compute + royalty + fee; }
};
Cost cost_of(const LeaseTerms& terms, int64_t run_us);

}  // namespace ain::ledger
