// A small network in a temporary folder: actors with fixed keys, a ledger, a block time that only the test moves.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>

#include "base/files.h"
#include "ledger/approval.h"
#include "ledger/ledger.h"
#include "ledger/voucher.h"

namespace ain::ledger {

inline constexpr int64_t kStartMs = 1'700'000'000'000;

struct Actor {
  explicit Actor(char seed) : signer(key_from_seed(std::string(32, seed))), account(account_of(signer->public_key())) {}
  PublicKey key() const { return signer->public_key(); }
  std::shared_ptr<const Signer> signer;
  AccountId account;
};

inline NodeId node_number(char seed) { return node_of(Actor(seed).key()); }
inline Amount micro(int64_t value) { return Amount::micro(value); }

class World {
 public:
  explicit World(Genesis of = genesis()) : rules(std::move(of)) { open(); }

  // A faucet, no fee, no bond, nobody who governs or judges.
  static Genesis genesis() {
    Genesis genesis;
    genesis.name = "test";
    genesis.created_ms = kStartMs;
    genesis.sequencer = Actor('S').key();
    genesis.treasury = Actor('T').key();
    genesis.supply = micro(1'000'000'000);
    genesis.faucet = micro(5'000'000);
    return genesis;
  }
  // With a fee of 2 %, a bond of 1000 to offer, and two of three for each council: G, H, I govern, J, K, L judge.
  static Genesis governed() {
    Genesis genesis = World::genesis();
    genesis.parameters.fee_ppm = 20'000;
    genesis.parameters.bond_min = micro(1000);
    genesis.parameters.governors = council("GHI", 2);
    genesis.parameters.arbiters = council("JKL", 2);
    return genesis;
  }
  static Council council(std::string_view seeds, int64_t quorum) {
    Council council{{}, quorum};
    for (char seed : seeds) council.members.push_back(Actor(seed).account);
    std::sort(council.members.begin(), council.members.end());
    return council;
  }

  void open() {
    ledger.reset();
    ledger = std::make_unique<Ledger>(folder.path() / "ledger", rules, Actor('S').signer);
  }

  // ---- transactions

  int64_t next_nonce(const AccountId& account) const { return ledger->account(account).nonce + 1; }
  std::string sign(const Actor& actor, const Body& body) const { return sign_for(actor.account, actor, body); }
  // By a key that may be another one than the account's first.
  std::string sign_for(const AccountId& account, const Actor& by, const Body& body) const {
    return sign_transaction(ledger->network(), account, next_nonce(account), time_ms + kHourMs, body, *by.signer);
  }
  Applied submit(const Actor& actor, const Body& body) { return ledger->submit(sign(actor, body), time_ms); }
  Applied submit(const Actor& actor, std::vector<Body> items) { return ledger->submit(sign(actor, std::move(items)), time_ms); }
  std::string sign(const Actor& actor, std::vector<Body> items) const {
    return sign_batch(ledger->network(), actor.account, next_nonce(actor.account), time_ms + kHourMs, Batch{std::move(items)}, *actor.signer);
  }
  // For steps on the way to what a test is about.
  template <typename T>
  Applied must(const Actor& actor, const T& what) { return applied(submit(actor, what)); }
  Applied must_for(const AccountId& account, const Actor& by, const Body& body) {
    return applied(ledger->submit(sign_for(account, by, body), time_ms));
  }
  // The name of what the ledger says to it. A refusal must leave everything as it was.
  std::string answer(const std::string& envelope) {
    const Digest root = ledger->root();
    const int64_t size = ledger->size();
    const Applied applied = ledger->submit(envelope, time_ms);
    if (applied.refusal != Refusal::none) {
      EXPECT_EQ(ledger->root(), root);
      EXPECT_EQ(ledger->size(), size);
      EXPECT_FALSE(applied.reason.empty());
      EXPECT_EQ(applied.height, 0);
      EXPECT_EQ(applied.index, -1);
    }
    return std::string(refusal_name(applied.refusal));
  }
  std::string answer(const Actor& actor, const Body& body) { return answer(sign(actor, body)); }
  std::string answer(const Actor& actor, std::vector<Body> items) { return answer(sign(actor, std::move(items))); }
  std::string answer_for(const AccountId& account, const Actor& by, const Body& body) { return answer(sign_for(account, by, body)); }

  // ---- money

  int64_t available(const AccountId& account) const { return ledger->account(account).available.micro(); }
  int64_t available(const Actor& actor) const { return available(actor.account); }
  void fund(const Actor& actor, int64_t amount) { must(treasury, Transfer{actor.account, micro(amount), ""}); }
  void expect_conserved() const {
    const Supply supply = ledger->supply();
    EXPECT_EQ(supply.minted, supply.accounts + supply.escrowed + supply.bonded + supply.unclaimed + supply.pooled);
  }
  // And a replay of the log comes to the same.
  void expect_sound() const {
    expect_conserved();
    for (const std::string& problem : ledger->verify().problems) ADD_FAILURE() << problem;
  }

  // ---- keys and approvals

  KeyRegister registration(const Actor& owner, const Actor& key, KeyScope scope = {}) const {
    return {key.key(), sign_key_proof(ledger->network(), owner.account, *key.signer), scope};
  }
  template <typename T>
  T approved(std::string_view type, T body, std::string_view by) const {
    for (char seed : by) {
      const Actor actor(seed);
      body.approvals.push_back(sign_approval(type, agreed(ledger->network(), body), actor.account, *actor.signer));
    }
    return body;
  }
  Resolve verdict(const Digest& escrow, int64_t run_us, int64_t slash, std::string_view by = "JK") const {
    return approved(kVerdictType, Resolve{escrow, run_us, micro(slash), {}}, by);
  }

  // ---- escrows

  Attribution attribution(std::vector<Payee> payees, Royalty royalty = {RoyaltyKind::rate, 100'000}) const {
    Attribution result;
    RepositoryId repository;
    repository.bytes[0] = 7;
    result.repository = repository.text();
    result.commit = std::string(40, 'a');
    result.tree = std::string(40, 'b');
    result.algorithm = "attr-v0";
    result.royalty = royalty;
    std::sort(payees.begin(), payees.end(), [](const Payee& a, const Payee& b) { return a.id < b.id; });
    result.payees = std::move(payees);
    divide_payees(result);
    return result;
  }
  // 100 µAIN a second for at most an hour: 360,000 for compute.
  EscrowOpen terms(const Attribution& of, int64_t price = 100, int64_t run_us_max = 3'600'000'000, int64_t units = 1) const {
    EscrowOpen body;
    body.job = sha256("job");
    body.attribution = of.digest();
    body.provider = provider.account;
    body.price_per_second = price;
    body.units = units;
    body.run_us_max = run_us_max;
    body.deposit = cost_of({price, units, of.royalty, ledger->parameters().parameters.fee_ppm}, run_us_max).total();
    body.accept_within_ms = 60'000;
    body.run_within_ms = 2 * kHourMs;
    return body;
  }
  // Funds the payer, registers the attribution, opens an escrow; the provider accepts it when `leased`.
  Digest open_escrow(const Attribution& of, bool leased) { return open_escrow(of, terms(of), leased); }
  Digest open_escrow(const Attribution& of, const EscrowOpen& body, bool leased = true) {
    if (available(payer) < 1'000'000) fund(payer, 2'000'000);
    if (!ledger->attribution(of.digest())) must(author, AttributionRegister{of});
    const Digest id = must(payer, body).txid;
    if (leased) must(provider, LeaseAccept{id, of.digest()});
    return id;
  }
  std::string note(const Digest& escrow, int64_t run_us, bool final = true, int64_t price = 100) const {
    return sign_note({ledger->network(), escrow, 1, run_us, metered_amount(price, run_us), final}, *provider.signer);
  }
  std::string voucher(const Digest& escrow, int64_t run_us, bool final = false, int64_t price = 100) const {
    return sign_voucher({ledger->network(), escrow, 1, run_us, metered_amount(price, run_us), final}, *payer.signer);
  }
  EscrowPhase phase(const Digest& escrow) const { return ledger->escrow(escrow)->phase; }

  const Genesis rules;
  const Actor treasury{'T'}, payer{'P'}, provider{'V'}, author{'A'}, other{'O'}, stranger{'X'};
  TemporaryFolder folder{"ledger-test"};
  std::unique_ptr<Ledger> ledger;
  int64_t time_ms = kStartMs;

 private:
  static Applied applied(Applied applied) {
    EXPECT_EQ(refusal_name(applied.refusal), "none") << applied.reason;
    return applied;
  }
};

}  // namespace ain::ledger
