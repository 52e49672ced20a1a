#include <algorithm>

#include "base/encoding.h"
#include "base/hash.h"
#include "base/merkle.h"
#include "tests/sim/ledger/generator.h"

namespace ain::ledger::sim {
namespace {

constexpr size_t kAttributions = 96, kEmails = 4, kLeavesMax = 7, kTxids = 4096;

}  // namespace

// The same whatever the seed: with and without payees, accounts and e-mails, those of dependencies, three kinds of royalty, ties and extreme
// weights; every other one has a pool, whose registrar may have lied about its weight.
Catalogue::Catalogue(const Cast& cast, const Papers& papers) {
  std::mt19937_64 random(7);
  const auto pick = [&](uint64_t below) { return static_cast<int64_t>(random() % below); };
  const auto& chains = papers.chains();
  const auto repository = [&] { return chains[static_cast<size_t>(pick(chains.size()))][0].repository; };
  const auto payees = [&](int64_t count) {
    std::map<std::string, int64_t> weights;
    for (int64_t i = 0; i < count; ++i) {
      std::string id = cast.account(static_cast<size_t>(pick(Cast::kKeys))).text();
      if (pick(2) == 0) id = unclaimed_payee(fmt::format("u{}@example.org", pick(kEmails)));
      if (pick(3) == 0) id = payee_of_dependency(id, repository().text());
      weights[id] = pick(4) == 0 ? 1 + pick(kWeightMax) : 1 + pick(4);
    }
    std::vector<Payee> list;
    for (const auto& [id, weight] : weights) list.push_back({id, weight});
    return list;
  };
  for (size_t i = 0; i < kAttributions; ++i) {
    Attribution attribution;
    attribution.repository = repository().text();
    attribution.commit = std::string(40, 'a');
    attribution.tree = to_hex(sha256(fmt::format("{}", i))).substr(0, 40);
    attribution.algorithm = "attr-v0";
    attribution.payees = payees(pick(7));
    attribution.royalty.kind = static_cast<RoyaltyKind>(pick(3));
    attribution.royalty.value = attribution.royalty.kind == RoyaltyKind::rate ? pick(3) == 0 ? pick(kPpm + 1) : 100'000 : pick(20'000);
    if (pick(2) == 0) {
      const std::vector<Payee> pooled = payees(1 + pick(6));
      PayeePool pool{pool_root(pooled), static_cast<int64_t>(pooled.size()), 0};
      for (const Payee& payee : pooled) pool.weight += payee.weight;
      if (pick(3) == 0) pool.weight = std::max(pool.count, pool.weight / (2 + pick(3)));
      pools[pool.root] = pooled;
      attribution.pool = pool;
    }
    digests.push_back(attribution.digest());
    attributions.push_back(std::move(attribution));
  }
  for (size_t count = 0; count <= kLeavesMax; ++count) {
    std::vector<std::string> each;
    std::vector<Digest> hashes;
    for (size_t i = 0; i < count; ++i) {
      each.push_back(fmt::format("leaf {}", i % 6));  // the seventh is the first again
      hashes.push_back(merkle_leaf(each.back()));
    }
    leaves[merkle_root(hashes)] = each;
  }
  for (size_t i = 0; i < kTxids; ++i) txids.push_back(sha256(fmt::format("tx {}", i)));
}

}  // namespace ain::ledger::sim
