// Whose a repository is, what it says its code is worth to whom, and what waits for those whom nobody knew.
#include <algorithm>

#include "base/encoding.h"
#include "base/identity_document.h"
#include "base/merkle.h"
#include "base/sshsig.h"
#include "ledger/approval.h"
#include "ledger/rules.h"

namespace ain::ledger {
namespace {

// How many of `delegates` have signed; nothing when a signature does not hold or is by somebody else.
std::optional<int64_t> signatures_by(const std::vector<AccountId>& delegates, const RepositoryRegister& body) {
  std::vector<AccountId> signers;
  for (const std::string& signature : body.signatures) {
    const auto key = sshsig_verify(kIdentityNamespace, body.document, signature);
    if (!key) return std::nullopt;
    const AccountId signer = account_of(*key);
    if (std::find(delegates.begin(), delegates.end(), signer) == delegates.end()) return std::nullopt;
    if (std::find(signers.begin(), signers.end(), signer) == signers.end()) signers.push_back(signer);
  }
  return static_cast<int64_t>(signers.size());
}

std::vector<AccountId> accounts_of(const Identity& identity) {
  std::vector<AccountId> accounts;
  for (const Delegate& delegate : identity.delegates) accounts.push_back(account_of(delegate.key));
  std::sort(accounts.begin(), accounts.end());
  return accounts;
}

bool is_delegate(const RepositoryState& repository, const AccountId& account) {
  return std::find(repository.delegates.begin(), repository.delegates.end(), account) != repository.delegates.end();
}

// The repository that the sender may speak for, or the refusal.
std::optional<RepositoryState> delegated(const Context& at, const RepositoryId& id, Outcome& refusal) {
  auto repository = at.state.get<RepositoryState>(repository_key(id));
  if (!repository) refusal = refuse(Refusal::unknown_repository);
  else if (!is_delegate(*repository, at.tx.account)) refusal = refuse(Refusal::not_yours, "the sender is no delegate of the repository");
  else return repository;
  return std::nullopt;
}

// Where money for a payee goes: to an account, or, as long as nobody has claimed it, to where it waits.
Holder holder_of(const Context& at, const RepositoryId& own, const std::string& payee) {
  if (!is_unclaimed(payee)) return Holder::of(AccountId::parse(payee));
  const auto [hash, repository] = unclaimed_place(payee, own);
  const auto claim = at.state.get<ClaimState>(claim_key(repository, hash));
  return claim ? Holder::of(claim->to) : Holder::unclaimed(repository, hash);
}

}  // namespace

Outcome run(const Context& at, const RepositoryRegister& body) {
  IdentityDocument read;
  try {
    read = read_identity_document(body.document);
  } catch (const Error& error) {
    return refuse(Refusal::bad_identity, error.message());
  }
  const Identity& identity = read.identity;
  auto known = at.state.get<RepositoryState>(repository_key(identity.id));
  if (known && identity.revision <= known->revision) return refuse(Refusal::exists);
  if (!known && identity.revision > 0) return refuse(Refusal::unknown_repository, "its first revision is not registered");
  if (known && identity.revision != known->revision + 1) return refuse(Refusal::bad_sequence);
  if (known && read.previous != to_hex(known->document)) return refuse(Refusal::bad_identity, "it does not follow the revision before it");
  if (!known && identity.delegates.size() != 1) return refuse(Refusal::bad_identity, "the founder must be the only delegate at first");
  RepositoryState next = known.value_or(RepositoryState{.repository = identity.id, .threshold = identity.threshold});
  const auto signatures = signatures_by(known ? known->delegates : accounts_of(identity), body);
  if (!signatures) return refuse(Refusal::bad_identity, "a signature is not by a delegate");
  if (*signatures < next.threshold) return refuse(Refusal::no_quorum, fmt::format("{} of {} delegates have signed", *signatures, next.threshold));
  next.revision = identity.revision;
  next.document = sha256(body.document);
  next.delegates = accounts_of(identity);
  next.threshold = identity.threshold;
  at.state.put(repository_key(identity.id), next);
  return {};
}

Outcome run(const Context& at, const Anchor& body) {
  Outcome refusal;
  auto repository = delegated(at, body.repository, refusal);
  if (!repository) return refusal;
  if (body.sequence != repository->anchors + 1) {
    return refuse(Refusal::bad_sequence, fmt::format("the next anchor's number is {}", repository->anchors + 1));
  }
  repository->anchors = body.sequence;
  repository->commit = body.commit;
  repository->tree = body.tree;
  at.state.put(repository_key(body.repository), *repository);
  return {};
}

Outcome run(const Context& at, const FingerprintRegister& body) {
  Outcome refusal;
  if (!delegated(at, body.repository, refusal)) return refusal;
  const std::string key = fingerprint_key(body.repository, body.commit);
  if (at.state.get<FingerprintState>(key)) return refuse(Refusal::exists);
  at.state.put(key, FingerprintState{body, at.tx.account, at.block.time_ms});
  return {};
}

Outcome run(const Context& at, const FingerprintPublish& body) {
  const auto known = at.state.get<FingerprintState>(fingerprint_key(body.repository, body.commit));
  if (!known) return refuse(Refusal::unknown_fingerprints);
  const FingerprintRegister& claim = known->registered;
  if (body.index >= claim.count) return refuse(Refusal::bad_proof, "so many fingerprints are not registered");
  const auto index = static_cast<uint64_t>(body.index), count = static_cast<uint64_t>(claim.count);
  const auto root = merkle_root_of_path(merkle_leaf(body.leaf), index, count, body.path);
  if (root != claim.root) return refuse(Refusal::bad_proof, "these fingerprints are not at that place of those registered");
  const std::string key = published_key(body.repository, body.commit, body.index);
  if (at.state.get<PublishedState>(key)) return refuse(Refusal::exists);
  at.state.put(key, PublishedState{sha256(body.leaf), at.tx.account, at.block.time_ms});
  return {};
}

Outcome run(const Context& at, const AttributionRegister& body) {
  const std::string key = attribution_key(body.attribution.digest());
  if (at.state.get<AttributionState>(key)) return refuse(Refusal::exists, "that attribution is registered already");
  at.state.put(key, AttributionState{body.attribution, at.tx.account, at.block.time_ms});
  return {};
}

Outcome run(const Context& at, const Claim& body) {
  const auto repository = at.state.get<RepositoryState>(repository_key(body.repository));
  if (!repository) return refuse(Refusal::unknown_repository);
  if (body.payee.find('@') != std::string::npos) return refuse(Refusal::malformed, "the payee names a repository itself");
  const std::string key = claim_key(body.repository, body.payee);
  ClaimState claim = at.state.get<ClaimState>(key).value_or(ClaimState{});
  if (body.sequence != claim.sequence + 1) return refuse(Refusal::bad_sequence, fmt::format("the next claim's number is {}", claim.sequence + 1));
  if (auto missing = missing_quorum(at, kClaimType, agreed(at.rules.network, body), body.approvals, repository->delegates, repository->threshold)) {
    return *missing;
  }
  at.state.put(key, ClaimState{body.to, body.sequence});
  const Holder waiting = Holder::unclaimed(body.repository, body.payee);
  AIN_ASSERT(at.state.move(waiting, Holder::of(body.to), at.state.balance(waiting)));
  return {};
}

// What a payee is owed in all is the floor of its part of what the pool has received in all: it never falls, and the parts never sum to
// more than there is.
Outcome run(const Context& at, const PoolDraw& body) {
  const auto attribution = at.state.get<AttributionState>(attribution_key(body.attribution));
  if (!attribution || !attribution->attribution.pool) return refuse(Refusal::unknown_attribution, "there is no pool of that attribution");
  const PayeePool& pool = *attribution->attribution.pool;
  if (body.index >= pool.count) return refuse(Refusal::bad_proof, "the pool has not so many payees");
  const auto root = merkle_root_of_path(pool_leaf(body.payee), static_cast<uint64_t>(body.index), static_cast<uint64_t>(pool.count), body.path);
  if (!root || *root != pool.root || body.payee.weight > pool.weight) return refuse(Refusal::bad_proof, "the payee is not at that place of the pool");
  const std::string key = draw_key(body.attribution, body.payee.id);
  const Amount drawn = at.state.get<DrawState>(key).value_or(DrawState{}).drawn;
  const Amount received = at.state.get<PoolState>(pool_key(body.attribution)).value_or(PoolState{}).received;
  const Amount owed = Amount::micro(mul_div(received.micro(), body.payee.weight, pool.weight));
  // The root is the registrar's word: a pool whose payees weigh more than it says must not pay what it has not got.
  const Holder holder = Holder::pool(body.attribution);
  const Amount due = std::min(std::max(owed - drawn, Amount()), at.state.balance(holder));
  if (due == Amount()) return refuse(Refusal::nothing_due);
  at.state.put(key, DrawState{drawn + due});
  AIN_ASSERT(at.state.move(holder, holder_of(at, RepositoryId::parse(attribution->attribution.repository), body.payee.id), due));
  return {};
}

std::vector<Payout> pay_authors(const Context& at, const Holder& from, const Attribution& attribution, Amount royalty) {
  const std::vector<Payee> payees = sharers(attribution);
  const std::vector<int64_t> shares = split_by_weight(royalty.micro(), payees);
  const RepositoryId repository = RepositoryId::parse(attribution.repository);
  std::vector<Payout> paid;
  for (size_t i = 0; i < shares.size(); ++i) {
    const Amount share = Amount::micro(shares[i]);
    if (share == Amount()) continue;
    const std::string& payee = payees[i].id;
    if (payee == kPoolPayee) {
      const std::string key = pool_key(attribution.digest());
      const Amount received = at.state.get<PoolState>(key).value_or(PoolState{}).received + share;
      // Money goes round, so what a pool has received in all knows no bound but this one: it takes no more then, and the payer keeps it.
      if (received.micro() > kAmountMax) continue;
      at.state.put(key, PoolState{received});
      AIN_ASSERT(at.state.move(from, Holder::pool(attribution.digest()), share));
    } else {
      AIN_ASSERT(at.state.move(from, holder_of(at, repository, payee), share));
    }
    paid.push_back({payee, share});
  }
  return paid;
}

}  // namespace ain::ledger
