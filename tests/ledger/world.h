// A small network in a temporary folder: actors with fixed keys, a ledger, a block time that only the test
// moves.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "base/files.h"
#include "ledger/ledger.h"
#include "ledger/voucher.h"

namespace ain::ledger {

inline constexpr int64_t kStartMs = 1'700'000'000'000;
inline constexpr int64_t kHourMs = 3'600'000;

struct Actor {
  explicit Actor(char seed)
      : signer(key_from_seed(std::string(32, seed))), account(account_of(signer->public_key())) {}
  std::shared_ptr<const Signer> signer;
  AccountId account;
};

inline NodeId node_number(char seed) { return node_of(key_from_seed(std::string(32, seed))->public_key()); }

class World {
 public:
  World() { open(); }

  static Genesis genesis() {
    Genesis genesis;
    genesis.name = "test";
    genesis.created_ms = kStartMs;
    genesis.sequencer = key_from_seed(std::string(32, 'S'))->public_key();
    genesis.treasury = key_from_seed(std::string(32, 'T'))->public_key();
    genesis.supply = Amount::micro(1'000'000'000);
    genesis.faucet = Amount::micro(5'000'000);
    return genesis;
  }
  void open() {
    ledger.reset();
    ledger =
        std::make_unique<Ledger>(folder.path() / "ledger", genesis(), key_from_seed(std::string(32, 'S')));
  }

  int64_t next_nonce(const Actor& actor) const { return ledger->account(actor.account).nonce + 1; }
  std::string sign(const Actor& actor, const Body& body) const {
    return sign_transaction(ledger->network(), actor.account, next_nonce(actor), time_ms + kHourMs, body,
                            *actor.signer);
  }
  Applied submit(const Actor& actor, const Body& body) { return ledger->submit(sign(actor, body), time_ms); }
  // For steps on the way to what a test is about.
  Applied must(const Actor& actor, const Body& body) {
    Applied applied = submit(actor, body);
    EXPECT_EQ(refusal_name(applied.refusal), "none") << applied.reason;
    return applied;
  }
  int64_t available(const Actor& actor) const { return ledger->account(actor.account).available.micro(); }

  Attribution attribution(std::vector<Payee> payees, int64_t royalty_ppm = 100'000) const {
    Attribution result;
    RepositoryId repository;
    repository.bytes[0] = 7;
    result.repository = repository.text();
    result.commit = std::string(40, 'a');
    result.tree = std::string(40, 'b');
    result.algorithm = "attr-v0";
    result.royalty_ppm = royalty_ppm;
    result.payees = std::move(payees);
    std::sort(result.payees.begin(), result.payees.end(),
              [](const Payee& a, const Payee& b) { return a.id < b.id; });
    return result;
  }
  // 100 µAIN a second for at most an hour: 360,000 for compute.
  EscrowOpen terms(const Attribution& of, int64_t price = 100, int64_t run_us_max = 3'600'000'000) const {
    EscrowOpen body;
    body.job = sha256("job");
    body.attribution = of.digest();
    body.provider = provider.account;
    body.price_per_second = price;
    body.run_us_max = run_us_max;
    body.deposit = deposit_for(price, run_us_max, of.royalty_ppm);
    body.accept_within_ms = 60'000;
    body.run_within_ms = 2 * kHourMs;
    return body;
  }
  // Funds the payer, registers the attribution, opens an escrow; the provider accepts it when `leased`.
  Digest open_escrow(const Attribution& of, bool leased) {
    if (ledger->account(payer.account).available < Amount::micro(1'000'000)) {
      must(treasury, Transfer{payer.account, Amount::micro(2'000'000), ""});
    }
    if (!ledger->attribution(of.digest())) must(author, AttributionRegister{of});
    Digest id = must(payer, terms(of)).txid;
    if (leased) must(provider, LeaseAccept{id, of.digest()});
    return id;
  }
  std::string note(const Digest& escrow, int64_t run_us, bool final = true, int64_t price = 100) const {
    return sign_note({ledger->network(), escrow, 1, run_us, metered_amount(price, run_us), final},
                     *provider.signer);
  }
  std::string voucher(const Digest& escrow, int64_t amount) const {
    return sign_voucher({ledger->network(), escrow, 1, Amount::micro(amount)}, *payer.signer);
  }
  void expect_conserved() const {
    Supply supply = ledger->supply();
    EXPECT_EQ(supply.minted, supply.accounts + supply.escrowed + supply.unclaimed);
  }

  Actor treasury{'T'}, payer{'P'}, provider{'V'}, author{'A'}, other{'O'}, stranger{'X'};
  TemporaryFolder folder{"ledger-test"};
  std::unique_ptr<Ledger> ledger;
  int64_t time_ms = kStartMs;
};

}  // namespace ain::ledger
