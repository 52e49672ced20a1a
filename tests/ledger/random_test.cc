// Whatever is sent, in whatever order, gets an answer: no assertion, no exception, no money made or lost, and a replay comes to the same.
#include <cstdlib>
#include <random>

#include "base/merkle.h"
#include "tests/ledger/repository_world.h"

namespace ain::ledger {
namespace {

class Random : public RepositoryWorld {
 protected:
  static constexpr std::string_view kActors = "TPVAOXGHJKD", kSeeds = "TPVAOXGHJKDabcdefghijklmnopqrstuvwxyz0123456789";

  Random() : RepositoryWorld(World::governed()) {}

  template <typename T>
  T pick(const std::vector<T>& from) { return from[random_() % from.size()]; }
  bool chance(uint64_t of) { return random_() % of == 0; }
  Actor actor() { return Actor(kActors[random_() % kActors.size()]); }
  Actor key() { return Actor(kSeeds[random_() % kSeeds.size()]); }
  Amount amount() { return micro(pick<int64_t>({0, 1, 7, 1000, 1000, 50'000, 396'000, 5'000'000, kAmountMax})); }
  int64_t run_us() { return pick<int64_t>({0, 1, 1'000'000, 10'000'000, 3'599'999'999, 3'600'000'000, 3'600'000'001}); }
  // Mostly one that the sender has a part in.
  Digest escrow(const AccountId& sender) {
    std::vector<Digest> theirs;
    for (const Digest& id : escrows_) {
      const EscrowState state = *world_.ledger->escrow(id);
      const AccountId provider = provider_of(state);
      if (state.payer == sender || provider == sender || provider == AccountId{}) theirs.push_back(id);
    }
    if (escrows_.empty() || chance(20)) return sha256("none");
    return theirs.empty() || chance(5) ? pick(escrows_) : pick(theirs);
  }
  // Mostly one in force.
  Actor key_of(const Actor& sender) {
    std::vector<Actor> keys;
    const auto first = world_.ledger->key(sender.key());
    const bool elsewhere = first && first->account != sender.account;  // what becomes of it there is nothing to its own account
    if (!first || elsewhere || first->until_ms == 0) keys.push_back(sender);
    for (const auto& [key, state] : world_.ledger->keys_of(sender.account)) {
      for (const char seed : std::string(kSeeds)) {
        if (state.until_ms == 0 && Actor(seed).key() == key) keys.push_back(Actor(seed));
      }
    }
    return chance(20) ? key() : pick(keys);
  }
  const Attribution& attribution() { return attributions_[random_() % attributions_.size()]; }
  FingerprintRegister fingerprints(const std::string& commit) { return {id_, commit, {}, merkle_root(hashes_), 2}; }
  std::string approvers() { return pick<std::string>({"", "G", "GH", "JK", "JKL", "D", "T", "GHX"}); }

  EscrowOpen open() {
    EscrowOpen body = world_.terms(attribution(), pick<int64_t>({0, 1, 100, 100}), 3'600'000'000, pick<int64_t>({1, 8}));
    body.provider = chance(3) ? AccountId{} : actor().account;
    body.bond = chance(2) ? Amount() : micro(700);
    body.dispute_within_ms = chance(2) ? 0 : 5000;
    body.run_within_ms = 10'000;
    return body;
  }
  // By the parties that the escrow has, mostly.
  std::string voucher(const Digest& id, bool note) {
    const auto state = world_.ledger->escrow(id);
    const int64_t us = run_us(), price = state ? state->terms.price_per_second : 100;
    Actor signer = actor();
    for (const char seed : kSeeds) {
      if (state && !chance(10) && Actor(seed).key() == (note ? state->provider_key : state->payer_key)) signer = Actor(seed);
    }
    const Amount price_of = metered_amount(price, us);
    if (note) return sign_note({world_.ledger->network(), id, 1, us, price_of, chance(2)}, *signer.signer);
    return sign_voucher({world_.ledger->network(), id, 1, us, price_of, chance(2)}, *signer.signer);
  }
  LeaseAccept accept(const Digest& id) {
    const auto state = world_.ledger->escrow(id);
    return {id, state && !chance(20) ? state->terms.attribution : sha256("another")};
  }
  Body body(const AccountId& sender) {
    const Digest id = escrow(sender);
    const auto by = [&](std::string_view type, auto what) { return world_.approved(type, std::move(what), approvers()); };
    const Actor fresh = key();
    const std::string commit(40, pick<char>({'a', 'b'}));
    const size_t place = id[1] % 2;
    const std::string proof = sign_key_proof(world_.ledger->network(), sender, *fresh.signer);
    switch (random_() % 36) {
      case 0: return Faucet{};
      case 1: return Transfer{actor().account, amount(), ""};
      case 2: return KeyRegister{fresh.key(), proof, chance(2) ? KeyScope{} : KeyScope{false, amount()}};
      case 3: return KeyRotate{fresh.key(), proof};
      case 4: return KeyRevoke{chance(3) ? actor().key() : fresh.key()};
      case 5: return BondDeposit{amount()};
      case 6: return BondUnbond{amount()};
      case 7: return BondWithdraw{};
      case 8: return Offer{node_number(static_cast<char>('0' + random_() % 4)), "unix:/x", 1, 1, 1, {}, 1, pick<int64_t>({1, 10'000})};
      case 9: return OfferWithdraw{node_number('0')};
      case 10: return AttributionRegister{attribution()};
      case 11: return PoolDraw{attributions_[0].digest(), pooled_[id[0] % 2], id[0] % 2, {pool_leaf(pooled_[1 - id[0] % 2])}};
      case 12: return Anchor{id_, pick<int64_t>({1, 2, 3}), std::string(40, 'c'), std::string(40, 'd')};
      case 13: return fingerprints(commit);
      case 32: return FingerprintPublish{id_, commit, leaves_[place], chance(4) ? id[0] % 3 : id[1] % 2, {hashes_[1 - place]}};
      case 14: return by(kClaimType, Claim{id_, pooled_[1].id, actor().account, pick<int64_t>({1, 2, 3}), {}});
      case 15: return by(kParametersType, ParametersChange{pick(parameters_), world_.ledger->parameters().sequence + pick<int64_t>({1, 1, 2}), {}});
      case 16: return by(kVerdictType, Resolve{id, run_us(), micro(pick<int64_t>({0, 1, 700, 701})), {}});
      case 17: return Challenge{id, voucher(id, false), {}};
      case 18: return Challenge{id, "", sha256("e")};
      case 19: case 24: case 25: case 26: case 27: return accept(id);
      case 20: case 28: case 29: case 30: case 31: return Settle{id, voucher(id, false), chance(2) ? "" : voucher(id, true), !chance(4)};
      case 21: return Release{id, ""};
      case 22: return Reap{id};
      default: return open();
    }
  }
  std::string envelope() {
    const Actor sender = actor();
    const AccountId account = sender.account;
    const Actor by = key_of(sender);
    Batch batch;
    for (size_t i = chance(4) ? 1 + random_() % 5 : 1; i > 0; --i) batch.items.push_back(body(account));
    const int64_t nonce = world_.next_nonce(account), until = world_.time_ms + 1000;
    if (batch.items.size() == 1) return sign_transaction(world_.ledger->network(), account, nonce, until, batch.items[0], *by.signer);
    return sign_batch(world_.ledger->network(), account, nonce, until, batch, *by.signer);
  }
  // The newest of each, so that they are not all past their deadlines.
  void remember_escrows() {
    escrows_.clear();
    for (const char seed : kActors) {
      size_t some = 0;
      for (const EscrowState& state : world_.ledger->escrows_of(Actor(seed).account)) {
        if (holds_money(state.phase) ? ++some <= 3 : chance(20)) escrows_.push_back(state.id);
      }
    }
  }
  static bool holds_money(EscrowPhase phase) { return phase != EscrowPhase::closed && phase != EscrowPhase::refunded; }

  void play(unsigned seed, int rounds);

  std::mt19937_64 random_;
  std::vector<Digest> escrows_;
  std::vector<Payee> pooled_;
  std::vector<Attribution> attributions_;
  const std::array<std::string, 2> leaves_{"one", "two"};  // of fingerprints
  const std::array<Digest, 2> hashes_{merkle_leaf(leaves_[0]), merkle_leaf(leaves_[1])};
  std::vector<Parameters> parameters_;
  std::map<std::string, int> answers_;
};

void Random::play(unsigned seed, int rounds) {
  random_.seed(seed);
  found();
  pooled_ = {{Actor('O').account.text(), 3}, {unclaimed_payee("x@y"), 2}};
  for (const Royalty& royalty : {Royalty{RoyaltyKind::rate, 100'000}, Royalty{RoyaltyKind::per_run, 50}, Royalty{RoyaltyKind::per_hour, 999}}) {
    attributions_.push_back(world_.attribution({{Actor('A').account.text(), 2}, {unclaimed_payee("x@y"), 1}}, royalty));
    attributions_.back().repository = id_.text();
    attributions_.back().pool = PayeePool{pool_root(pooled_), 2, 5};
    world_.must(world_.author, AttributionRegister{attributions_.back()});
  }
  world_.must(Actor('D'), fingerprints(std::string(40, 'a')));
  Parameters lawful = World::governed().parameters, lawless;
  lawful.resolve_within_ms = 5000;
  lawful.unbond_within_ms = kDisputeWithinMaxMs;
  parameters_ = {lawful, lawful, lawful, lawless};
  parameters_[3].governors = parameters_[0].governors;
  for (const char each : kActors) {
    if (Actor(each).account != world_.treasury.account) world_.fund(Actor(each), 2'000'000);
  }
  for (int round = 0; round < rounds; ++round) {
    world_.time_ms += pick<int64_t>({0, 0, 10, 3000, 6000, chance(20) ? kReapGraceMs + 20'000 : 0, chance(100) ? 8 * kDayMs : 0});
    std::vector<std::string> block;
    for (size_t i = 1 + random_() % 8; i > 0; --i) block.push_back(envelope());
    for (const Applied& applied : world_.ledger->submit(block, world_.time_ms)) ++answers_[std::string(refusal_name(applied.refusal))];
    remember_escrows();
    if (round % 50 == 0) world_.expect_conserved();
  }
  world_.expect_sound();
}

TEST_F(Random, Transactions) {
  // More of them, or others: AIN_RANDOM_SEED, AIN_RANDOM_ROUNDS.
  const auto number = [](const char* name, int otherwise) { return std::getenv(name) ? std::atoi(std::getenv(name)) : otherwise; };
  play(static_cast<unsigned>(number("AIN_RANDOM_SEED", 2)), number("AIN_RANDOM_ROUNDS", 250));
  std::map<std::string, int> phases;
  for (const char seed : kActors) {
    for (const EscrowState& state : world_.ledger->escrows_of(Actor(seed).account)) ++phases[std::string(phase_name(state.phase))];
  }
  std::string told;
  for (const auto& [name, count] : answers_) told += fmt::format("{} {} ", name, count);
  for (const auto& [name, count] : phases) told += fmt::format("| {} {} ", name, count);
  EXPECT_GT(answers_["none"], number("AIN_RANDOM_ROUNDS", 250) / 4) << told;
  EXPECT_GT(phases["closed"], 0) << told;
  RecordProperty("answers", told);
  if (std::getenv("AIN_RANDOM_SEED")) std::puts(told.c_str());
}

}  // namespace
}  // namespace ain::ledger
