// The attribution of one tree: who is to be paid for it, by weight. The repository layer computes it, the ledger
// registers it; both know only this table and its digest.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/hash.h"
#include "base/ids.h"
#include "base/json.h"

namespace ain {

inline constexpr size_t kPayeesMax = 200;
inline constexpr int64_t kWeightMax = int64_t{1} << 40;

// Who a weight belongs to: an account ("ain1…"), or, as long as nobody has claimed it, an e-mail address by its hash
// ("unclaimed:" + hex SHA-256 of the lower-case address).
struct Payee {
  std::string id;
  int64_t weight = 0;

  bool operator==(const Payee&) const = default;
};

std::string unclaimed_payee(std::string_view email);
bool is_unclaimed(std::string_view payee_id);
// True for a well-formed account text or unclaimed hash.
bool is_payee_id(std::string_view payee_id);

struct Attribution {
  std::string repository;      // "repo1…"
  std::string commit;          // hex object id
  std::string tree;            // hex object id
  std::string algorithm;       // "attr-v0"
  int64_t royalty_ppm = 0;     // of the compute price
  std::vector<Payee> payees;   // sorted by id, each once, weights > 0, at most kPayeesMax

  // SHA-256 over "ain-attribution\n" and the canonical JSON of everything but the commit.
  Digest digest() const;
};

Json to_json(const Attribution& attribution);
// Checks every bound above; throws `failed`.
Attribution attribution_from_json(const Json& value);

// Splits `total` by weight: floor shares, then one µAIN each to the largest remainders, ties to the smaller id. Sums exactly
// to `total`, does not depend on the order of `payees`. Empty when the weights sum to 0.
std::vector<int64_t> split_by_weight(int64_t total, const std::vector<Payee>& payees);

}  // namespace ain
