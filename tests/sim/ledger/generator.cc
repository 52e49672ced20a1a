// Who sends what when; money, keys, offers, repositories.
#include "tests/sim/ledger/generator.h"

#include <algorithm>

#include "base/hash.h"
#include "base/merkle.h"

namespace ain::ledger::sim {
namespace {

constexpr int64_t kDay = 86'400'000;

// y = 1: a point of small order that every careless verifier takes.
PublicKey unsafe_key() {
  PublicKey key;
  key.bytes[0] = 1;
  return key;
}

NodeId node(uint64_t i) {
  NodeId id;
  id.bytes[0] = static_cast<unsigned char>(i);
  id.bytes[1] = static_cast<unsigned char>(i >> 8);
  return id;
}

Offer offer_of(uint64_t i, int64_t valid_for_ms) { return {node(i), "unix:/x", 5, 1, 1, {}, 1000, valid_for_ms}; }

}  // namespace

Generator::Generator(uint64_t seed, const Cast& cast, Papers& papers, const Catalogue& catalogue)
    : random_(seed), cast_(cast), papers_(papers), catalogue_(catalogue), crowded_(one_in(400)) {}

Setup Generator::setup() {
  Setup setup{.treasury = cast_.account(Cast::treasury), .supply = 1'000'000'000, .faucet = 5'000'000, .parameters = parameters()};
  if (one_in(4)) setup.supply = one_in(2) ? kAmountMax : 6'000'000;
  if (one_in(8)) setup.faucet = 0;
  return setup;
}

Parameters Generator::parameters() {
  Parameters parameters;
  const auto council = [&] {
    std::set<AccountId> members;
    for (uint64_t i = one_in(6) ? 0 : 1 + pick(4); i > 0; --i) members.insert(user());
    const auto count = static_cast<int64_t>(members.size());
    return Council{{members.begin(), members.end()}, count == 0 ? 0 : 1 + static_cast<int64_t>(pick(static_cast<uint64_t>(count)))};
  };
  parameters.fee_ppm = one_in(3) ? 0 : static_cast<int64_t>(pick(200'001));
  parameters.bond_min = Amount::micro(one_in(3) ? 0 : static_cast<int64_t>(pick(3000)));
  parameters.unbond_within_ms = 7 * kDay + (one_in(2) ? 0 : static_cast<int64_t>(pick(7 * kDay)));
  parameters.resolve_within_ms = 1 + static_cast<int64_t>(pick(3 * kDay));
  parameters.governors = council();
  parameters.arbiters = council();
  return parameters;
}

// ---- when, and in which order

int64_t Generator::next_time(int64_t now) {
  std::vector<int64_t> deadlines;
  for (const auto& [id, escrow] : model_->world.escrows) if (escrow.live()) deadlines.push_back(escrow.deadline);
  for (const auto& [account, parts] : model_->world.unbonding) for (const auto& part : parts) deadlines.push_back(part.second);
  for (const auto& [of, until] : model_->world.offers) deadlines.push_back(until);
  std::erase_if(deadlines, [&](int64_t deadline) { return deadline < now || deadline > now + 40 * kDay; });
  switch (pick(24)) {
    case 0: return now + static_cast<int64_t>(pick(2 * 3'600'000));
    case 1: return now + static_cast<int64_t>(pick(static_cast<uint64_t>(one_in(4) ? 20 * kDay : kDay)));
    case 2:
    case 3:
    case 4: return deadlines.empty() ? now : any(deadlines) + static_cast<int64_t>(pick(2));  // exactly then, and just after
    case 5:
    case 6:
    case 7: return now;
    default: return now + static_cast<int64_t>(pick(5000));
  }
}

Transaction Generator::opening(int64_t now) {
  std::vector<Body> bodies;
  for (size_t i = 1; i < Cast::kUsers; ++i) {
    if (!one_in(6)) bodies.push_back(Transfer{cast_.account(i), Amount::micro(static_cast<int64_t>(pick(one_in(4) ? 100'000 : 3'000'000))), ""});
  }
  if (bodies.empty()) bodies.push_back(Faucet{});
  return envelope({cast_.account(Cast::treasury), cast_.key(Cast::treasury)}, std::move(bodies), true, now);
}

Transaction Generator::next(int64_t now) {
  if (!held_back_.empty() && one_in(3)) {
    Transaction tx = std::move(held_back_.front());
    held_back_.pop_front();
    return tx;
  }
  if (sent_.size() == 1 && !one_in(4)) return bonded(now);
  if (!sent_.empty() && one_in(30)) return any(sent_);  // a replay
  Transaction tx = crowded_ && one_in(5) ? crowd(now) : make(now);
  if (one_in(25)) {  // it is overtaken, by the sender's own next one too
    held_back_.push_back(tx);
    if (one_in(2)) {
      ++tx.nonce;
      tx.txid = catalogue_.txids.at(static_cast<size_t>(count_++));
    }
  }
  sent_.push_back(tx);
  return tx;
}

// Who means to lease something has a bond.
Transaction Generator::bonded(int64_t now) {
  const AccountId provider = cast_.account(Cast::provider);
  std::vector<Body> bodies{BondDeposit{Amount::micro(std::max<int64_t>(1, money_of(provider) / 2))}, offer_of(1, kOfferValidForMaxMs)};
  sent_.push_back(envelope({provider, cast_.key(Cast::provider)}, std::move(bodies), true, now));
  return sent_.back();
}

// As many keys, offers or parts of a bond as there may be, or one more.
Transaction Generator::crowd(int64_t now) {
  const AccountId provider = cast_.account(Cast::provider);
  std::vector<Body> bodies;
  const uint64_t round = crowds_++;
  const auto add = [&](uint64_t count, auto make_one) { for (uint64_t i = 0; i < count; ++i) bodies.push_back(make_one(i)); };
  switch (pick(4)) {
    case 0: add(14 + pick(4), [](uint64_t) { return BondUnbond{Amount::micro(1)}; }); break;
    case 1:
      add(60 + pick(6), [&](uint64_t i) {
        const PublicKey& key = cast_.key(Cast::kKeys + i);
        return KeyRegister{key, papers_.key_proof(key, provider, kNetwork), {}};
      });
      break;
    default:
      add(kBatchItemsMax - pick(30), [&](uint64_t i) { return offer_of(kBatchItemsMax * (round % 5) + i, kOfferValidForMaxMs); });
      break;
  }
  return envelope({provider, {}}, std::move(bodies), true, now);
}

Transaction Generator::make(int64_t now) {
  Draft draft{user(), {}};
  const bool batch = one_in(10);
  std::vector<Body> bodies;
  if (!batch) {
    bodies.push_back(body(draft));
  } else {
    for (uint64_t i = 1 + pick(one_in(12) ? 20 : 4); i > 0; --i) {
      if (!bodies.empty() && one_in(4)) bodies.push_back(bodies.back());
      else bodies.push_back(body(draft));
    }
  }
  return envelope(draft, std::move(bodies), batch, now);
}

Transaction Generator::envelope(const Draft& draft, std::vector<Body> bodies, bool batch, int64_t now) {
  Transaction tx;
  tx.txid = catalogue_.txids.at(static_cast<size_t>(count_++));
  tx.network = one_in(80) ? kOtherNetwork : kNetwork;
  tx.account = draft.account;
  tx.key = draft.key ? *draft.key : key_for(draft.account);
  if (one_in(200)) {
    tx.key = unsafe_key();
    if (one_in(2)) tx.account = account_of(tx.key);
  }
  const auto known = model_->world.accounts.find(tx.account);
  tx.nonce = (known == model_->world.accounts.end() ? 0 : known->second.nonce) + 1;
  if (one_in(50)) tx.nonce += static_cast<int64_t>(pick(4)) - 1;
  if (tx.nonce < 1) tx.nonce = 1;
  tx.valid_until_ms = now + static_cast<int64_t>(pick(2) == 0 ? kDay : pick(static_cast<uint64_t>(kDay)));
  if (one_in(60)) tx.valid_until_ms = one_in(3) ? now : one_in(2) ? now - 1 : now + kDay + 1;
  tx.batch = batch;
  tx.bodies = std::move(bodies);
  return tx;
}

PublicKey Generator::key_for(const AccountId& account) {
  if (one_in(50)) return cast_.key(pick(Cast::kKeys));
  std::vector<PublicKey> mine;
  for (size_t i = 0; i < Cast::kKeys; ++i) {
    if (model_->in_force(cast_.key(i), account)) mine.push_back(cast_.key(i));
  }
  return mine.empty() ? cast_.key(0) : any(mine);
}

int64_t Generator::some(int64_t held) {
  switch (pick(20)) {
    case 0: return 0;
    case 1: return held + 1;
    case 2: return one_in(4) ? kAmountMax : held;
    case 3: return held;
    default: return 1 + static_cast<int64_t>(pick(static_cast<uint64_t>(std::max<int64_t>(held / 20, 1))));
  }
}

std::string Generator::spoiled(std::string text) {
  if (text.size() > 40) text[text.size() - 40] = text[text.size() - 40] == 'A' ? 'B' : 'A';  // within the signature
  return text;
}

// ---- what

Body Generator::body(Draft& draft) {
  const uint64_t dice = pick(100);
  if (dice < 9) return money(draft);
  if (dice < 17) return keys(draft);
  if (dice < 27) return offers(draft);
  if (dice < 38) return repository(draft);
  if (dice < 40) return change_parameters();
  if (dice < 48) {
    const Attribution& chosen = any(catalogue_.attributions);
    if (model_->world.attributions.size() < 4 || one_in(3)) return AttributionRegister{chosen};
    return open(draft);
  }
  const auto live = std::count_if(model_->world.escrows.begin(), model_->world.escrows.end(), [](const auto& each) { return each.second.live(); });
  if (model_->world.escrows.empty() || dice < (live < 3 ? 62 : 51)) return open(draft);
  return about_an_escrow(draft);
}

Body Generator::money(Draft& draft) {
  if (one_in(4)) return Faucet{};
  const AccountId to = one_in(10) ? draft.account : cast_.account(pick(Cast::kKeys));
  return Transfer{to, Amount::micro(some(money_of(draft.account))), ""};
}

Body Generator::keys(Draft& draft) {
  PublicKey key = cast_.key(one_in(5) ? pick(Cast::kUsers) : Cast::kUsers + pick(Cast::kKeys - Cast::kUsers));
  if (one_in(40)) key = unsafe_key();
  if (one_in(12)) draft.account = cast_.account(Cast::kUsers + pick(Cast::kKeys - Cast::kUsers));  // of a key that may be another's by now
  if (one_in(4)) return KeyRevoke{one_in(4) ? key : key_for(draft.account)};
  const PublicKey signs = key == unsafe_key() || one_in(25) ? cast_.key(3) : key;
  std::string proof = papers_.key_proof(signs, one_in(25) ? user() : draft.account, one_in(40) ? kOtherNetwork : kNetwork);
  if (one_in(40)) proof = spoiled(std::move(proof));
  if (one_in(4)) return KeyRotate{key, std::move(proof)};
  KeyScope scope;
  if (one_in(2)) scope = {false, Amount::micro(one_in(8) ? 0 : static_cast<int64_t>(pick(300'000)))};
  return KeyRegister{key, std::move(proof), scope};
}

Body Generator::offers(Draft& draft) {
  if (one_in(2)) draft.account = cast_.account(Cast::provider + (one_in(4) ? 1 : 0));
  const AccountId& account = draft.account;
  if (model_->leaving(account) > 0 && one_in(3)) return BondWithdraw{};
  switch (pick(8)) {
    case 0:
    case 1:
    case 2: return BondDeposit{Amount::micro(some(money_of(account)))};
    case 3: return BondUnbond{Amount::micro(one_in(4) ? model_->free_bond(account) : some(model_->free_bond(account)))};
    case 4: return BondWithdraw{};
    case 5: return OfferWithdraw{node(pick(3))};
    default: break;
  }
  const int64_t valid = one_in(3) ? 1 + static_cast<int64_t>(pick(5000)) : kOfferValidForMaxMs;
  return offer_of(pick(3), valid);
}

Body Generator::change_parameters() {
  ParametersChange change{parameters(), model_->world.parameters_sequence + (one_in(10) ? static_cast<int64_t>(pick(3)) : 1), {}};
  if (change.sequence < 1) change.sequence = 1;
  Parameters& next = change.parameters;
  if (one_in(12)) next.unbond_within_ms = 7 * kDay - 1;
  if (one_in(12)) next.governors.quorum = static_cast<int64_t>(next.governors.members.size()) + 1;
  if (one_in(12)) std::reverse(next.arbiters.members.begin(), next.arbiters.members.end());
  if (one_in(20) && !next.arbiters.members.empty()) next.arbiters.quorum = 0;
  const Council& governors = model_->world.parameters.governors;
  change.approvals = approvals(change, governors.members, governors.quorum);
  return change;
}

// Mostly of just enough members; else of too few, of others, twice, by the wrong key, or to something else.
template <typename What>
std::vector<std::string> Generator::approvals(const What& body, const std::vector<AccountId>& members, int64_t quorum) {
  std::vector<std::string> signed_by;
  std::vector<AccountId> asked = members;
  std::shuffle(asked.begin(), asked.end(), random_);
  const auto enough = static_cast<size_t>(quorum);
  asked.resize(std::min(asked.size(), one_in(6) && enough > 0 ? enough - 1 : one_in(3) ? asked.size() : enough));
  for (const AccountId& account : asked) {
    const PublicKey key = key_for(account);
    signed_by.push_back(papers_.approval(one_in(60) ? kOtherNetwork : kNetwork, body, account, key));
    if (one_in(60)) signed_by.back() = spoiled(signed_by.back());
  }
  if (one_in(15) && !signed_by.empty()) signed_by.push_back(signed_by[0]);
  if (one_in(15)) signed_by.push_back(papers_.approval(kNetwork, body, user(), cast_.key(pick(Cast::kKeys))));
  if (one_in(30)) {
    What other = body;
    if constexpr (requires { other.sequence; }) ++other.sequence;
    else other.slash += Amount::micro(1);
    const AccountId account = asked.empty() ? user() : asked[0];
    signed_by.push_back(papers_.approval(kNetwork, other, account, key_for(account)));
  }
  return signed_by;
}
template std::vector<std::string> Generator::approvals(const Resolve&, const std::vector<AccountId>&, int64_t);

Body Generator::repository(Draft& draft) {
  const auto& repositories = model_->world.repositories;
  if (repositories.empty() || one_in(4)) return register_repository();
  if (one_in(4)) return claim();
  if (one_in(2)) return draw();
  if (one_in(2) && (!model_->world.fingerprints.empty() || one_in(8))) return publish();
  const auto& [id, known] = *any_of(repositories);
  if (!one_in(5)) draft.account = any(known.delegates);
  const RepositoryId named = one_in(20) ? RepositoryId{} : id;
  const int64_t sequence = std::max<int64_t>(1, known.anchors + (one_in(8) ? static_cast<int64_t>(pick(3)) : 1));
  if (one_in(3)) return Anchor{named, sequence, std::string(40, 'a'), std::string(40, 'b')};
  return register_fingerprints(named);
}

// Whoever registers them may lie about their number.
Body Generator::register_fingerprints(const RepositoryId& id) {
  const auto& [root, leaves] = *any_of(catalogue_.leaves);
  const uint64_t count = one_in(5) ? pick(10) : leaves.size();
  return FingerprintRegister{id, std::string(40, static_cast<char>('a' + pick(4))), {}, root, static_cast<int64_t>(count)};
}

Body Generator::publish() {
  const World& world = model_->world;
  const RepositoryId& known = any_of(world.repositories)->first;
  if (world.fingerprints.empty() || one_in(20)) return FingerprintPublish{known, std::string(40, 'e'), "leaf", 0, {}};
  const auto& [of, body] = *any_of(world.fingerprints);
  const std::vector<std::string>& leaves = catalogue_.leaves.at(body.root);
  std::vector<Digest> hashes;
  for (const std::string& leaf : leaves) hashes.push_back(merkle_leaf(leaf));
  if (leaves.empty()) return FingerprintPublish{of.first, of.second, "leaf", static_cast<int64_t>(pick(2)), {}};
  const size_t place = pick(leaves.size());
  FingerprintPublish publish{of.first, of.second, leaves[place], static_cast<int64_t>(place), merkle_path(hashes, place)};
  if (one_in(20)) publish.leaf += "x";
  if (one_in(10)) publish.index = static_cast<int64_t>(pick(10));
  if (one_in(20)) publish.path.push_back(sha256("more"));
  if (one_in(20) && !publish.path.empty()) publish.path.pop_back();
  return publish;
}

Body Generator::register_repository() {
  const auto& chain = any(papers_.chains());
  const auto known = model_->world.repositories.find(chain[0].repository);
  const bool there = known != model_->world.repositories.end();
  size_t number = there ? std::min<size_t>(static_cast<size_t>(known->second.revision) + 1, 3) : 0;
  if (one_in(6)) number = pick(chain.size());
  const Revision& revision = chain[number];
  RepositoryRegister body{revision.document, {}};
  const auto& electors = there ? known->second.delegates : revision.delegates;
  const int64_t needed = there ? known->second.threshold : 1;
  for (const AccountId& elector : electors) {
    if (static_cast<int64_t>(body.signatures.size()) < needed && !one_in(20)) body.signatures.push_back(revision.signatures.at(elector));
  }
  if (one_in(20) && !body.signatures.empty()) body.signatures.push_back(body.signatures[0]);
  if (one_in(20)) body.signatures.push_back(revision.signatures.at(user()));
  if (one_in(40)) body.signatures.push_back(chain[(number + 1) % chain.size()].signatures.at(electors[0]));
  if (one_in(40)) body.document += " ";
  return body;
}

Body Generator::claim() {
  const auto& [id, known] = *any_of(model_->world.repositories);
  std::string payee = unclaimed_payee(fmt::format("u{}@example.org", pick(4)));
  if (one_in(30)) payee = payee_of_dependency(payee, id.text());
  const auto last = model_->world.claims.find({id, payee});
  const int64_t sequence = (last == model_->world.claims.end() ? 0 : last->second.sequence) + 1;
  Claim claim{one_in(30) ? RepositoryId{} : id, payee, cast_.account(pick(Cast::kKeys)), sequence, {}};
  if (one_in(15)) claim.sequence = 1 + static_cast<int64_t>(pick(3));
  claim.approvals = approvals(claim, known.delegates, known.threshold);
  return claim;
}

Body Generator::draw() {
  std::vector<const Attribution*> with_pool;
  for (const auto& [digest, attribution] : model_->world.attributions) {
    if (attribution.pool) with_pool.push_back(&attribution);
  }
  if (with_pool.empty() || one_in(30)) return PoolDraw{any(catalogue_.digests), {cast_.account(1).text(), 1}, 0, {}};
  const auto chosen = std::find_if(with_pool.begin(), with_pool.end(),
                                   [&](const Attribution* each) { return model_->money(of_pool(each->digest())) > 0; });
  const Attribution& attribution = chosen == with_pool.end() || one_in(6) ? *any(with_pool) : **chosen;
  const std::vector<Payee>& pooled = catalogue_.pools.at(attribution.pool->root);
  const size_t place = pick(pooled.size());
  std::vector<Digest> leaves;
  for (const Payee& payee : pooled) leaves.push_back(pool_leaf(payee));
  PoolDraw draw{attribution.digest(), pooled[place], static_cast<int64_t>(place), merkle_path(leaves, place)};
  if (one_in(20)) ++draw.payee.weight;
  if (one_in(20)) draw.index = static_cast<int64_t>(pick(8));
  if (one_in(20)) draw.path.push_back(sha256("more"));
  if (one_in(20)) draw.payee.id = cast_.account(0).text();
  return draw;
}

}  // namespace ain::ledger::sim
