// What the two parties of a lease sign between each other, off the ledger. A debit note is the provider's claim; a voucher is
// the payer's word that it will pay up to an amount. Both are cumulative: the newest replaces all before. Settlement pays the
// smaller of the two, so neither side can be harmed by what it did not sign.
#pragma once

#include <string>

#include "base/amount.h"
#include "base/hash.h"
#include "base/keys.h"

namespace ain::ledger {

inline constexpr size_t kVoucherBytesMax = 2048;   // of a note's or voucher's envelope
inline constexpr size_t kNetworkBytesMax = 96;     // of a network id, in every document

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
  Amount amount;          // authorised for compute, cumulative; an unattended run's is the whole compute price at once
};

std::string sign_note(const DebitNote& note, const Signer& provider);
std::string sign_voucher(const Voucher& voucher, const Signer& payer);
DebitNote open_note(std::string_view jws, const PublicKey& provider);    // throws `bad_signature`
Voucher open_voucher(std::string_view jws, const PublicKey& payer);      // throws `bad_signature`

// floor(price_per_second * run_us / 1e6)
Amount metered_amount(int64_t price_per_second, int64_t run_us);
// The deposit an escrow needs: compute of run_us_max, plus its royalty.
Amount deposit_for(int64_t price_per_second, int64_t run_us_max, int64_t royalty_ppm);

}  // namespace ain::ledger
