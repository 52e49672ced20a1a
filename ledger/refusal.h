// Why the ledger did not take a transaction. The numbers are part of the protocol: append only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"

namespace ain::ledger {

enum class Refusal : int {
  none = 0,
  malformed = 1,
  bad_signature = 2,
  wrong_network = 3,
  expired = 4,              // valid_until has passed, or lies too far ahead
  bad_nonce = 5,
  unsafe_key = 6,           // small order or not canonical
  wrong_key = 7,            // the key is not one of the account's in force
  insufficient_funds = 8,
  no_faucet = 9,
  faucet_taken = 10,
  self_payment = 11,
  bad_amount = 12,
  unknown_offer = 13,
  unknown_attribution = 14,
  exists = 15,
  unknown_escrow = 16,
  not_yours = 17,           // the sender has no say over that escrow or offer
  wrong_state = 18,         // the escrow's state does not allow it
  deadline_passed = 19,
  deadline_not_passed = 20,
  attribution_differs = 21,
  bad_voucher = 22,         // note or voucher: wrong signature, escrow, network, or not final
  unknown_type = 23,
  too_many = 24,            // the account has as many of them as it may
  last_key = 25,            // the account would have no key left that may do everything
  key_in_use = 26,          // the key speaks for an account already, or did
  unknown_key = 27,         // it is not in force for the account
  scope = 28,               // the key that signed may not do that
  spend_limit = 29,         // the key that signed may not spend so much
  bad_proof = 30,           // of a key's possession, of a place in a pool or among fingerprints
  bond_needed = 31,         // the free bond is less than what the offer or the lease needs
  nothing_due = 32,
  unknown_repository = 33,
  bad_sequence = 34,        // not the last one + 1
  bad_identity = 35,        // an identity document, or its signatures, does not hold
  no_quorum = 36,           // too few of those who decide have signed, or a signature does not hold
  no_arbiters = 37,
  voucher_not_higher = 38,
  bad_attribution = 39,     // payees: too many, not sorted, twice, weightless; or another member
  bad_parameters = 40,
  unknown_fingerprints = 41,
};
inline constexpr size_t kRefusalCount = 42;

std::string_view refusal_name(Refusal refusal);     // "insufficient_funds"
std::string_view refusal_text(Refusal refusal);     // one sentence for people
ErrorKind refusal_kind(Refusal refusal);            // insufficient_funds -> no_money, attribution_differs -> attribution, …
std::optional<Refusal> refusal_from_code(int64_t code);  // nothing for a number this version does not know

// What decoding throws: an Error of the refusal's kind that also says which refusal it is.
class RefusedError : public Error {
 public:
  RefusedError(Refusal refusal, std::string message);
  Refusal refusal() const { return refusal_; }

 private:
  Refusal refusal_;
};

}  // namespace ain::ledger
