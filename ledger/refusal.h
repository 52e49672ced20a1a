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
  wrong_key = 7,            // the key is not the account's
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
};
inline constexpr size_t kRefusalCount = 25;

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
