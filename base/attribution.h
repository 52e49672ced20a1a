// The attribution of one tree: who is to be paid for it, by weight. The repository layer computes it, the ledger
// registers it; both know only this table and its digest.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/hash.h"
#include "base/ids.h"
#include "base/json.h"

namespace ain {

inline constexpr size_t kPayeesMax = 200;
inline constexpr int64_t kWeightMax = int64_t{1} << 40;

// Who a weight belongs to: an account ("ain1…"), or, as long as nobody has claimed it, an e-mail address by its hash
// ("unclaimed:" + hex SHA-256 of the lower-case address). Who an address is, its repository's delegates say; so one that comes from a
// dependency names that repository ("unclaimed:…@repo1…").
struct Payee {
  std::string id;
  int64_t weight = 0;

  bool operator==(const Payee&) const = default;
};

std::string unclaimed_payee(std::string_view email);
bool is_unclaimed(std::string_view payee_id);
// The same payee as another repository's attribution names it, which `repository` is a dependency of.
std::string payee_of_dependency(std::string_view payee_id, std::string_view repository);
// An unclaimed payee without its repository, and that repository: `own` where it names none.
std::pair<std::string, RepositoryId> unclaimed_place(std::string_view payee_id, const RepositoryId& own);
// True for a well-formed account text or unclaimed hash.
bool is_payee_id(std::string_view payee_id);

inline constexpr size_t kPayeeBytesMax = 160;  // of an id

// What the authors get on top of the provider's price.
enum class RoyaltyKind { rate, per_run, per_hour };  // also their order where two cannot be compared otherwise
struct Royalty {
  RoyaltyKind kind = RoyaltyKind::rate;
  int64_t value = 0;           // parts per million of the compute price; µAIN a run; µAIN an hour of one GPU (one core without)

  auto operator<=>(const Royalty&) const = default;
};
inline constexpr int64_t kRoyaltyAmountMax = int64_t{1} << 43;  // µAIN a run or an hour
std::string royalty_text(const Royalty& royalty);  // "10 %", "0.5 AIN a run", "0.02 AIN an hour and GPU"

inline constexpr int64_t kPoolPayeesMax = int64_t{1} << 32;
inline constexpr const char* kPoolPayee = "pool";  // a pool's id among those who are paid

// Payees beyond the first kPayeesMax: together they weigh `weight`, and each draws its part with a proof that leads to `root`.
struct PayeePool {
  Digest root{};               // pool_root()
  int64_t count = 0;
  int64_t weight = 0;

  bool operator==(const PayeePool&) const = default;
};

struct Attribution {
  std::string repository;      // "repo1…"
  std::string commit;          // hex object id
  std::string tree;            // hex object id
  std::string algorithm;       // "attr-v0"
  Royalty royalty;
  std::vector<Payee> payees;   // sorted by id, each once, weights > 0, at most kPayeesMax
  std::optional<PayeePool> pool;

  // SHA-256 over "ain-attribution\n" and the canonical JSON of everything but the commit.
  Digest digest() const;
};

// Divides `payees`, which may be of any length until then: the heaviest kPayeesMax (of equals the smaller ids) stay, to be paid directly, and
// the others make the pool. Returns those others, sorted by id.
std::vector<Payee> divide_payees(Attribution& attribution);
// Who shares a royalty: the payees, and the pool as one more.
std::vector<Payee> sharers(const Attribution& attribution);
// RFC 6962 over the payees' leaves, canonical JSON {"id","weight"}.
Digest pool_leaf(const Payee& payee);
Digest pool_root(const std::vector<Payee>& payees);

Json to_json(const Attribution& attribution);
// Checks every bound above; throws `failed`.
Attribution attribution_from_json(const Json& value);

// Splits `total` by weight: floor shares, then one µAIN each to the largest remainders, ties to the smaller id. Sums exactly
// to `total`, does not depend on the order of `payees`. Empty when the weights sum to 0.
std::vector<int64_t> split_by_weight(int64_t total, const std::vector<Payee>& payees);

}  // namespace ain
