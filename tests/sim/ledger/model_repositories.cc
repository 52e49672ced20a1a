// Repositories, attributions, claims and pools.
#include <algorithm>
#include <array>

#include "base/hash.h"
#include "base/merkle.h"
#include "tests/sim/ledger/model.h"

namespace ain::ledger::sim {

Broken Model::run(const RepositoryRegister& body) {
  const Revision* revision = papers_.read_document(body.document);
  if (!revision) return Refusal::bad_identity;
  const auto found = world.repositories.find(revision->repository);
  const bool known = found != world.repositories.end();
  Broken broken;
  if (known) {
    broken.need(revision->number > found->second.revision, Refusal::exists);
    broken.need(revision->number == found->second.revision + 1, Refusal::bad_sequence);
    broken.need(revision->previous == found->second.document, Refusal::bad_identity);
  } else {
    broken.need(revision->number == 0, Refusal::unknown_repository);
    broken.need(revision->delegates.size() == 1, Refusal::bad_identity);
  }
  const std::vector<AccountId>& electors = known ? found->second.delegates : revision->delegates;
  std::set<AccountId> signers;
  for (const std::string& signature : body.signatures) {
    const auto signer = papers_.signer_of(body.document, signature);
    broken.need(signer && std::count(electors.begin(), electors.end(), *signer) == 1, Refusal::bad_identity);
    if (signer) signers.insert(*signer);
  }
  const int64_t threshold = known ? found->second.threshold : revision->threshold;
  broken.need(static_cast<int64_t>(signers.size()) >= threshold, Refusal::no_quorum);
  if (broken.any()) return broken;
  ModelRepository& repository = world.repositories[revision->repository];
  repository.revision = revision->number;
  repository.document = sha256(body.document);
  repository.delegates = revision->delegates;
  repository.threshold = revision->threshold;
  return {};
}

Broken Model::speaks_for(const RepositoryId& id) const {
  const auto found = world.repositories.find(id);
  if (found == world.repositories.end()) return Refusal::unknown_repository;
  const auto& delegates = found->second.delegates;
  return std::count(delegates.begin(), delegates.end(), tx_->account) == 1 ? Broken() : Broken(Refusal::not_yours);
}

Broken Model::run(const Anchor& body) {
  Broken broken = speaks_for(body.repository);
  if (broken.has(Refusal::unknown_repository)) return broken;
  ModelRepository& repository = world.repositories[body.repository];
  broken.need(body.sequence == repository.anchors + 1, Refusal::bad_sequence);
  if (!broken.any()) repository.anchors = body.sequence;
  return broken;
}

Broken Model::run(const FingerprintRegister& body) {
  Broken broken = speaks_for(body.repository);
  broken.need(!world.fingerprints.contains({body.repository, body.commit}), Refusal::exists);
  if (!broken.any()) world.fingerprints[{body.repository, body.commit}] = body;
  return broken;
}

namespace {

// As RFC 9162 (2.1.3.2) verifies a proof of inclusion, step by step from the leaf up.
bool leads_to(const Digest& root, const std::string& leaf, int64_t index, int64_t count, const std::vector<Digest>& path) {
  if (index >= count) return false;
  int64_t place = index, last = count - 1;
  Digest reached = sha256(std::string(1, '\0') + leaf);
  for (const Digest& sibling : path) {
    if (last == 0) return false;
    const bool is_right = place % 2 == 1 || place == last;
    reached = sha256(fmt::format("\x01{}{}", as_view(is_right ? sibling : reached), as_view(is_right ? reached : sibling)));
    if (is_right) {
      for (; place % 2 == 0 && place > 0; place /= 2) last /= 2;
    }
    place /= 2;
    last /= 2;
  }
  return last == 0 && reached == root;
}

}  // namespace

Broken Model::run(const FingerprintPublish& body) {
  const auto registered = world.fingerprints.find({body.repository, body.commit});
  if (registered == world.fingerprints.end()) return Refusal::unknown_fingerprints;
  Broken broken;
  broken.need(leads_to(registered->second.root, body.leaf, body.index, registered->second.count, body.path), Refusal::bad_proof);
  const std::tuple place(body.repository, body.commit, body.index);
  broken.need(!world.published.contains(place), Refusal::exists);
  if (!broken.any()) world.published[place] = {sha256(body.leaf), tx_->account, now_};
  return broken;
}

Broken Model::run(const AttributionRegister& body) {
  return world.attributions.emplace(body.attribution.digest(), body.attribution).second ? Broken() : Broken(Refusal::exists);
}

Broken Model::run(const Claim& body) {
  const auto repository = world.repositories.find(body.repository);
  if (repository == world.repositories.end()) return Refusal::unknown_repository;
  const auto last = world.claims.find({body.repository, body.payee});
  Broken broken;
  broken.need(body.payee.find('@') == std::string::npos, Refusal::malformed);
  broken.need(body.sequence == (last == world.claims.end() ? 0 : last->second.sequence) + 1, Refusal::bad_sequence);
  broken.need(quorum_for(Paper::Kind::claim, body, repository->second.delegates, repository->second.threshold), Refusal::no_quorum);
  if (broken.any()) return broken;
  world.claims[{body.repository, body.payee}] = {body.to, body.sequence};
  const std::string waiting = of_unclaimed(body.repository, body.payee);
  pay(waiting, of_account(body.to), money(waiting));
  return {};
}

// Where money for a payee of that repository's attribution goes now.
std::string Model::place_of(const std::string& payee, const std::string& repository) const {
  if (!payee.starts_with("unclaimed:")) return of_account(*AccountId::from_text(payee));
  const size_t at = payee.find('@');
  const RepositoryId where = *RepositoryId::from_text(at == std::string::npos ? repository : payee.substr(at + 1));
  const std::string hash = payee.substr(0, at);
  const auto claim = world.claims.find({where, hash});
  return claim == world.claims.end() ? of_unclaimed(where, hash) : of_account(claim->second.to);
}

Broken Model::run(const PoolDraw& body) {
  const auto attribution = world.attributions.find(body.attribution);
  if (attribution == world.attributions.end() || !attribution->second.pool) return Refusal::unknown_attribution;
  const PayeePool& pool = *attribution->second.pool;
  const std::vector<Payee>& payees = pools_.at(pool.root);
  const auto place = static_cast<size_t>(body.index);
  std::vector<Digest> leaves;
  for (const Payee& payee : payees) leaves.push_back(pool_leaf(payee));
  const bool proven = place < payees.size() && payees[place] == body.payee && body.path == merkle_path(leaves, place);
  if (!proven || body.payee.weight > pool.weight) return Refusal::bad_proof;
  const std::string holder = of_pool(body.attribution);
  int64_t& drawn = world.drawn[{body.attribution, body.payee.id}];
  const auto owed = static_cast<int64_t>(static_cast<Int128>(world.pooled[body.attribution]) * body.payee.weight / pool.weight);
  const int64_t due = std::min(std::max<int64_t>(owed - drawn, 0), money(holder));
  if (due == 0) return Refusal::nothing_due;
  drawn += due;
  pay(holder, place_of(body.payee.id, attribution->second.repository), due);
  return {};
}

// Floor shares; what is left goes, one µAIN each, to the largest remainders. The map's order is the ids', so the first of equals wins.
// Without authors there is nobody to pay. Says what was paid.
int64_t Model::pay_authors(const std::string& from, const Attribution& attribution, int64_t royalty) {
  std::map<std::string, std::array<int64_t, 3>> shares;  // weight, share, remainder
  int64_t sum = 0, given = 0;
  for (const Payee& payee : attribution.payees) shares[payee.id][0] = payee.weight;
  if (attribution.pool) shares["pool"][0] = attribution.pool->weight;
  for (const auto& [id, share] : shares) sum += share[0];
  for (auto& [id, share] : shares) {
    const Int128 product = static_cast<Int128>(royalty) * share[0];
    share[1] = static_cast<int64_t>(product / sum);
    share[2] = static_cast<int64_t>(product % sum);
    given += share[1];
  }
  for (; given < royalty && !shares.empty(); ++given) {
    auto best = std::max_element(shares.begin(), shares.end(), [](const auto& a, const auto& b) { return a.second[2] < b.second[2]; });
    ++best->second[1];
    best->second[2] = -1;
  }
  const Digest digest = attribution.digest();
  int64_t paid = 0;
  for (const auto& [id, share] : shares) {
    if (id == "pool") {
      int64_t& received = world.pooled[digest];
      if (received + share[1] > kAmountMax) continue;  // no record could say how much that is
      received += share[1];
    }
    paid += share[1];
    pay(from, id == "pool" ? of_pool(digest) : place_of(id, attribution.repository), share[1]);
  }
  return paid;
}

}  // namespace ain::ledger::sim
