// What a network's governors may change while it lives. Genesis holds the first ones.
#pragma once

#include <string>
#include <vector>

#include "base/amount.h"
#include "base/ids.h"
#include "base/json.h"
#include "ledger/limits.h"

namespace ain::ledger {

// Accounts that decide together: `quorum` of `members` must sign. Without members nobody can, and what it decides stays as it is.
struct Council {
  std::vector<AccountId> members;   // sorted, each once
  int64_t quorum = 0;               // 1..members, 0 without members
  bool operator==(const Council&) const = default;
};

struct Parameters {
  int64_t fee_ppm = 0;                       // of the compute price, to the treasury
  Amount bond_min;                           // what an account must have bonded to offer
  int64_t unbond_within_ms = 14 * kDayMs;    // what leaves a bond is paid out after this; longer than a dispute can last
  int64_t resolve_within_ms = 3 * kDayMs;    // the arbiters' time; after it a dispute ends as if there had been none
  Council governors;                         // of these parameters
  Council arbiters;                          // of disputes
  bool operator==(const Parameters&) const = default;
};

// Throws `failed` naming what does not hold.
void check_parameters(const Parameters& parameters);
Json to_json(const Parameters& parameters);
Parameters parameters_from_json(const Json& value);  // checked; throws `failed`

}  // namespace ain::ledger
