// Random histories against a model written from docs/ledger.md alone: plain maps, no shared code with the
// machine but the types of the transactions. After every step both must agree on the refusal and on all the
// money.
#include <algorithm>
#include <map>
#include <random>
#include <set>

#include "base/amount.h"
#include "base/encoding.h"
#include "ledger/machine.h"
#include "ledger/state_root.h"
#include "ledger/store.h"
#include "tests/ledger/world.h"

namespace ain::ledger {
namespace {

// A settlement as its author meant it: the model judges this, the machine the envelopes made of it.
struct Claim {
  DebitNote note;
  Voucher voucher;
  bool note_by_provider = true;
  bool voucher_by_payer = true;
};

struct Step {
  Transaction tx;
  int64_t time_ms = 0;
  std::optional<Claim> claim;
};

class Model {
 public:
  struct Account {
    int64_t money = 0, nonce = 0;
    bool faucet = false;
  };
  struct Escrow {
    AccountId payer, provider;
    Digest attribution{};
    int64_t price = 0, run_us_max = 0, deposit = 0, royalty_ppm = 0;
    int64_t accept_by = 0, run_by = 0, run_within = 0;
    std::string phase = "open";
    int64_t paid = 0, refunded = 0;
    int times_closed = 0;
  };

  explicit Model(const Rules& rules) : rules_(rules) {
    accounts[rules.treasury].money = rules.supply.micro();
  }

  Refusal step(const Step& step) {
    const Transaction& tx = step.tx;
    if (tx.network != rules_.network) return Refusal::wrong_network;
    if (tx.valid_until_ms < step.time_ms || tx.valid_until_ms > step.time_ms + 86'400'000)
      return Refusal::expired;
    if (account_of(tx.key) != tx.account) return Refusal::wrong_key;
    if (tx.nonce != accounts[tx.account].nonce + 1) return Refusal::bad_nonce;
    Refusal refusal = std::visit([&](const auto& body) { return run(step, body); }, tx.body);
    if (refusal == Refusal::none) accounts[tx.account].nonce = tx.nonce;
    return refusal;
  }

  int64_t total() const {
    int64_t sum = 0;
    for (const auto& [id, account] : accounts) sum += account.money;
    for (const auto& [id, escrow] : escrows) {
      if (escrow.phase == "open" || escrow.phase == "leased") sum += escrow.deposit;
    }
    for (const auto& [id, amount] : unclaimed) sum += amount;
    return sum;
  }

  std::map<AccountId, Account> accounts;
  std::map<Digest, Escrow> escrows;
  std::map<Digest, Attribution> attributions;
  std::map<std::pair<AccountId, NodeId>, int64_t> offers;  // until when
  std::map<std::string, int64_t> unclaimed;

 private:
  static int64_t times(int64_t a, int64_t b, int64_t divisor) {
    return static_cast<int64_t>(static_cast<Int128>(a) * b / divisor);
  }

  Refusal run(const Step& step, const Faucet&) {
    int64_t amount = rules_.faucet.micro();
    if (amount == 0) return Refusal::no_faucet;
    if (step.tx.account == rules_.treasury) return Refusal::self_payment;
    if (accounts[step.tx.account].faucet) return Refusal::faucet_taken;
    if (accounts[rules_.treasury].money < amount) return Refusal::insufficient_funds;
    accounts[rules_.treasury].money -= amount;
    accounts[step.tx.account].money += amount;
    accounts[step.tx.account].faucet = true;
    return Refusal::none;
  }
  Refusal run(const Step& step, const Transfer& body) {
    if (body.to == step.tx.account) return Refusal::self_payment;
    if (body.amount.micro() <= 0) return Refusal::bad_amount;
    if (accounts[step.tx.account].money < body.amount.micro()) return Refusal::insufficient_funds;
    accounts[step.tx.account].money -= body.amount.micro();
    accounts[body.to].money += body.amount.micro();
    return Refusal::none;
  }
  Refusal run(const Step& step, const Offer& body) {
    std::erase_if(offers, [&](const auto& offer) {
      return offer.first.first == step.tx.account && offer.second <= step.time_ms;
    });
    offers[{step.tx.account, body.node}] = step.time_ms + body.valid_for_ms;
    return Refusal::none;
  }
  Refusal run(const Step& step, const OfferWithdraw& body) {
    return offers.erase({step.tx.account, body.node}) == 1 ? Refusal::none : Refusal::unknown_offer;
  }
  Refusal run(const Step&, const AttributionRegister& body) {
    return attributions.emplace(body.attribution.digest(), body.attribution).second ? Refusal::none
                                                                                    : Refusal::exists;
  }
  Refusal run(const Step& step, const EscrowOpen& body) {
    auto attribution = attributions.find(body.attribution);
    if (attribution == attributions.end()) return Refusal::unknown_attribution;
    int64_t rate = attribution->second.royalty_ppm;
    int64_t compute = times(body.price_per_second, body.run_us_max, 1'000'000);
    if (body.deposit.micro() != compute + times(compute, rate, 1'000'000)) return Refusal::bad_amount;
    if (accounts[step.tx.account].money < body.deposit.micro()) return Refusal::insufficient_funds;
    accounts[step.tx.account].money -= body.deposit.micro();
    Escrow escrow;
    escrow.payer = step.tx.account;
    escrow.provider = body.provider;
    escrow.attribution = body.attribution;
    escrow.price = body.price_per_second;
    escrow.run_us_max = body.run_us_max;
    escrow.deposit = body.deposit.micro();
    escrow.royalty_ppm = rate;
    escrow.accept_by = step.time_ms + body.accept_within_ms;
    escrow.run_within = body.run_within_ms;
    escrows[step.tx.txid] = escrow;
    return Refusal::none;
  }
  Refusal run(const Step& step, const LeaseAccept& body) {
    if (!escrows.contains(body.escrow)) return Refusal::unknown_escrow;
    Escrow& escrow = escrows[body.escrow];
    if (step.tx.account != escrow.provider) return Refusal::not_yours;
    if (escrow.phase != "open") return Refusal::wrong_state;
    if (step.time_ms > escrow.accept_by) return Refusal::deadline_passed;
    if (body.attribution != escrow.attribution) return Refusal::attribution_differs;
    escrow.phase = "leased";
    escrow.run_by = step.time_ms + escrow.run_within;
    return Refusal::none;
  }
  Refusal run(const Step& step, const Settle& body) {
    if (!escrows.contains(body.escrow)) return Refusal::unknown_escrow;
    Escrow& escrow = escrows[body.escrow];
    if (escrow.phase != "leased") return Refusal::wrong_state;
    const Claim& claim = *step.claim;
    int64_t noted = claim.note.amount.micro(), allowed = claim.voucher.amount.micro();
    bool holds = claim.note_by_provider && claim.voucher_by_payer && claim.note.network == rules_.network &&
                 claim.voucher.network == rules_.network && claim.note.escrow == body.escrow &&
                 claim.voucher.escrow == body.escrow && claim.note.run_us <= escrow.run_us_max &&
                 noted == times(escrow.price, claim.note.run_us, 1'000'000);
    if (step.tx.account != escrow.provider) holds = holds && claim.note.final && allowed >= noted;
    if (!holds) return Refusal::bad_voucher;
    pay(escrow, std::min(noted, allowed));
    return Refusal::none;
  }
  void pay(Escrow& escrow, int64_t compute) {
    int64_t royalty = times(compute, escrow.royalty_ppm, 1'000'000);
    const auto& payees = attributions[escrow.attribution].payees;
    if (payees.empty()) royalty = 0;
    accounts[escrow.provider].money += compute;
    for (const auto& [payee, share] : split(royalty, payees)) {
      if (payee.starts_with("unclaimed:")) {
        unclaimed[payee] += share;
      } else {
        accounts[*AccountId::from_text(payee)].money += share;
      }
    }
    finish(escrow, "closed", escrow.deposit - compute - royalty);
  }
  // Largest remainder, one µAIN at a time; the map's order is the ids', so the first of equals wins.
  static std::map<std::string, int64_t> split(int64_t total, const std::vector<Payee>& payees) {
    std::map<std::string, int64_t> shares, weights;
    int64_t sum = 0, given = 0;
    for (const Payee& payee : payees) {
      weights[payee.id] = payee.weight;
      sum += payee.weight;
    }
    std::map<std::string, int64_t> remainders;
    for (const auto& [id, weight] : weights) {
      shares[id] = times(total, weight, sum);
      remainders[id] = static_cast<int64_t>(static_cast<Int128>(total) * weight % sum);
      given += shares[id];
    }
    for (; given < total; ++given) {
      auto best = std::max_element(remainders.begin(), remainders.end(),
                                   [](const auto& a, const auto& b) { return a.second < b.second; });
      ++shares[best->first];
      best->second = -1;
    }
    return shares;
  }
  Refusal run(const Step& step, const Release& body) {
    if (!escrows.contains(body.escrow)) return Refusal::unknown_escrow;
    Escrow& escrow = escrows[body.escrow];
    if (step.tx.account != escrow.provider && step.tx.account != escrow.payer) return Refusal::not_yours;
    bool allowed = escrow.phase == "open" || (escrow.phase == "leased" && step.tx.account == escrow.provider);
    if (!allowed) return Refusal::wrong_state;
    finish(escrow, "refunded", escrow.deposit);
    return Refusal::none;
  }
  Refusal run(const Step& step, const Reap& body) {
    if (!escrows.contains(body.escrow)) return Refusal::unknown_escrow;
    Escrow& escrow = escrows[body.escrow];
    if (escrow.phase != "open" && escrow.phase != "leased") return Refusal::wrong_state;
    if (step.time_ms <= (escrow.phase == "open" ? escrow.accept_by : escrow.run_by))
      return Refusal::deadline_not_passed;
    finish(escrow, "refunded", escrow.deposit);
    return Refusal::none;
  }
  void finish(Escrow& escrow, const std::string& phase, int64_t refunded) {
    escrow.phase = phase;
    escrow.refunded = refunded;
    escrow.paid = escrow.deposit - refunded;
    ++escrow.times_closed;
    accounts[escrow.payer].money += refunded;
  }

  const Rules rules_;
};

// Makes steps that are mostly sensible and often slightly wrong.
class Generator {
 public:
  Generator(uint64_t seed, const Model& model, const Rules& rules)
      : random_(seed), model_(model), rules_(rules) {
    for (char c : {'T', 'P', 'V', 'A', 'O', 'X'}) actors_.emplace_back(c);
  }

  Step next() {
    time_ms_ += one_in(6) ? static_cast<int64_t>(pick(120'000)) : static_cast<int64_t>(pick(2'000));
    Step step;
    step.time_ms = time_ms_;
    const Actor* actor = &actors_[pick(actors_.size())];
    step.tx.body = body(step, actor);
    step.tx.txid = sha256(fmt::format("tx {}", ++count_));
    step.tx.network = one_in(60) ? "other-00" : rules_.network;
    step.tx.account = actor->account;
    step.tx.key =
        one_in(60) ? actors_[pick(actors_.size())].signer->public_key() : actor->signer->public_key();
    auto known = model_.accounts.find(actor->account);
    step.tx.nonce = (known == model_.accounts.end() ? 0 : known->second.nonce) + (one_in(30) ? pick(4) : 1);
    step.tx.valid_until_ms = time_ms_ + (one_in(60) ? -1 : one_in(60) ? kValidForMaxMs + 1 : 1000);
    return step;
  }

 private:
  uint64_t pick(uint64_t below) { return random_() % below; }
  bool one_in(uint64_t n) { return pick(n) == 0; }
  const Actor& holder(const AccountId& account) {
    for (const Actor& actor : actors_) {
      if (actor.account == account) return actor;
    }
    return actors_[0];
  }

  Body body(Step& step, const Actor*& actor) {
    switch (pick(20)) {
      case 0:
        return Faucet{};
      case 1:
      case 2:
        return Transfer{actors_[pick(actors_.size())].account,
                        Amount::micro(static_cast<int64_t>(pick(100'000))), ""};
      case 3:
        return Offer{node_number(static_cast<char>('a' + pick(3))), "unix:/x", 5, 1, 1, {}, 1000, 1000};
      case 4:
        return OfferWithdraw{node_number(static_cast<char>('a' + pick(3)))};
      case 5:
      case 6:
        return AttributionRegister{attribution()};
      case 7:
      case 8:
      case 9:
      case 10:
        if (one_in(2)) actor = &actors_[0];  // the treasury, which can pay
        return open();
      default:
        return about_an_escrow(step, actor);
    }
  }

  Attribution attribution() {
    std::map<std::string, int64_t> weights;
    for (uint64_t i = pick(5); i > 0; --i) {
      std::string payee = one_in(3) ? unclaimed_payee(fmt::format("u{}@example.org", pick(4)))
                                    : actors_[pick(6)].account.text();
      weights[payee] = 1 + static_cast<int64_t>(one_in(4) ? pick(kWeightMax) : pick(5));
    }
    Attribution result;
    result.repository = RepositoryId{}.text();
    result.commit = result.tree = std::string(40, 'a');
    result.algorithm = "attr-v0";
    result.royalty_ppm = one_in(3) ? static_cast<int64_t>(pick(kPpm + 1)) : 100'000;
    for (const auto& [id, weight] : weights) result.payees.push_back({id, weight});
    return result;
  }

  Body open() {
    EscrowOpen body;
    body.job = sha256("job");
    body.provider = actors_[pick(actors_.size())].account;
    body.price_per_second = static_cast<int64_t>(one_in(4) ? pick(5) : pick(5000));
    body.run_us_max = 1 + static_cast<int64_t>(pick(100'000'000));
    body.accept_within_ms = 1 + static_cast<int64_t>(pick(60'000));
    body.run_within_ms = 1 + static_cast<int64_t>(pick(240'000));
    body.attribution = sha256("unregistered");
    int64_t rate = 0;
    if (!model_.attributions.empty() && !one_in(20)) {
      auto at =
          std::next(model_.attributions.begin(), static_cast<int64_t>(pick(model_.attributions.size())));
      body.attribution = at->first;
      rate = at->second.royalty_ppm;
    }
    body.deposit = deposit_for(body.price_per_second, body.run_us_max, rate);
    if (one_in(20)) body.deposit += Amount::micro(1);
    return body;
  }

  Body about_an_escrow(Step& step, const Actor*& actor) {
    if (model_.escrows.empty() || one_in(40)) return Reap{sha256("nowhere")};
    auto at = std::next(model_.escrows.begin(), static_cast<int64_t>(pick(model_.escrows.size())));
    for (int tries = 0; tries < 3 && at->second.times_closed > 0; ++tries) {
      at = std::next(model_.escrows.begin(), static_cast<int64_t>(pick(model_.escrows.size())));
    }
    const auto& [id, escrow] = *at;
    if (!one_in(5)) actor = &holder(one_in(3) ? escrow.payer : escrow.provider);
    // Mostly what moves it on, so that many histories reach a settlement.
    if (!one_in(4)) {
      if (escrow.phase == "open") return LeaseAccept{id, one_in(15) ? sha256("mine") : escrow.attribution};
      if (escrow.phase == "leased") return settle(step, id, escrow);
    }
    switch (pick(4)) {
      case 0:
        return LeaseAccept{id, escrow.attribution};
      case 1:
        return Release{id, ""};
      case 2:
        return Reap{id};
      default:
        return settle(step, id, escrow);
    }
  }

  Body settle(Step& step, const Digest& id, const Model::Escrow& escrow) {
    Claim claim;
    int64_t run_us = one_in(5) ? escrow.run_us_max
                               : static_cast<int64_t>(pick(static_cast<uint64_t>(escrow.run_us_max) + 1));
    if (one_in(30)) run_us = escrow.run_us_max + 1;
    Amount amount = metered_amount(escrow.price, run_us);
    if (one_in(30)) amount += Amount::micro(1);
    claim.note = {one_in(50) ? "other-00" : rules_.network,
                  one_in(50) ? sha256("x") : id,
                  1,
                  run_us,
                  amount,
                  !one_in(3)};
    claim.voucher = {
        one_in(50) ? "other-00" : rules_.network, one_in(50) ? sha256("x") : id, 1,
        one_in(3) ? Amount::micro(static_cast<int64_t>(pick(static_cast<uint64_t>(amount.micro()) + 2)))
                  : amount};
    const Actor& note_by = one_in(30) ? actors_[0] : holder(escrow.provider);
    const Actor& voucher_by = one_in(30) ? actors_[0] : holder(escrow.payer);
    claim.note_by_provider = note_by.account == escrow.provider;
    claim.voucher_by_payer = voucher_by.account == escrow.payer;
    step.claim = claim;
    return Settle{id, sign_note(claim.note, *note_by.signer),
                  sign_voucher(claim.voucher, *voucher_by.signer)};
  }

  std::mt19937_64 random_;
  const Model& model_;
  const Rules& rules_;
  std::vector<Actor> actors_;
  int64_t time_ms_ = kStartMs;
  int64_t count_ = 0;
};

// The machine with its state, as the ledger and verify() run it.
class Machine {
 public:
  explicit Machine(const Rules& rules) : rules_(rules) {
    start(state_, rules_);
    flush();
  }
  Refusal step(const Step& step, int64_t height) {
    Outcome outcome = apply(state_, rules_, step.tx, {height, step.time_ms});
    if (outcome.ok()) flush();
    EXPECT_FALSE(state_.dirty());
    return outcome.refusal;
  }
  Digest root() { return tree_.root(); }
  State& state() { return state_; }

 private:
  void flush() {
    state_.flush(
        [this](const std::string& key, const std::optional<std::string>& value) { tree_.set(key, value); });
  }
  const Rules rules_;
  Database db_ = open_scratch_store();
  State state_{db_};
  StateRoot tree_;
};

void compare_accounts(const Model& model, Machine& machine) {
  ASSERT_EQ(model.total(), World::genesis().supply.micro());
  for (const auto& [id, account] : model.accounts) {
    AccountRow row = machine.state().account(id);
    ASSERT_EQ(row.available.micro(), account.money);
    ASSERT_GE(account.money, 0);
    ASSERT_EQ(row.nonce, account.nonce);
    ASSERT_EQ(row.faucet_taken, account.faucet);
  }
  for (const auto& [payee, amount] : model.unclaimed)
    ASSERT_EQ(machine.state().unclaimed(payee).micro(), amount);
}

void compare_escrows(const Model& model, Machine& machine) {
  for (const auto& [id, expected] : model.escrows) {
    EscrowState row = *machine.state().escrow(id);
    ASSERT_EQ(phase_name(row.phase), expected.phase);
    ASSERT_EQ(row.refunded.micro(), expected.refunded);
    ASSERT_LE(expected.times_closed, 1);
    if (holds_money(row.phase)) continue;
    int64_t paid = row.paid_provider.micro();
    for (const Payout& payout : row.paid_authors) paid += payout.amount.micro();
    ASSERT_EQ(paid, expected.paid);
    ASSERT_EQ(row.terms.deposit.micro() - paid - row.refunded.micro(), 0);
  }
}

TEST(Simulation, HistoriesAgreeWithTheModel) {
  constexpr int kHistories = 250, kSteps = 120;
  const Rules rules = rules_of(World::genesis());
  std::map<Refusal, int> seen;
  int settled = 0;
  for (uint64_t seed = 1; seed <= kHistories; ++seed) {
    SCOPED_TRACE(fmt::format("seed {}", seed));
    Model model(rules);
    Machine machine(rules);
    Generator generator(seed, model, rules);
    std::vector<Step> applied;
    for (int i = 0; i < kSteps; ++i) {
      Step step = generator.next();
      SCOPED_TRACE(
          fmt::format("step {}: {} {}", i, type_name(step.tx.body), canonical(body_json(step.tx.body))));
      Digest before = machine.root();
      Refusal expected = model.step(step);
      Refusal given = machine.step(step, static_cast<int64_t>(applied.size()) + 1);
      ASSERT_EQ(refusal_name(given), refusal_name(expected));
      ++seen[given];
      if (given == Refusal::none) {
        ASSERT_NE(machine.root(), before);
        if (std::holds_alternative<Settle>(step.tx.body)) ++settled;
        applied.push_back(step);
      } else {
        ASSERT_EQ(machine.root(), before);
      }
      compare_accounts(model, machine);
      if (i % 10 == 0) compare_escrows(model, machine);
      if (testing::Test::HasFatalFailure()) return;
    }
    compare_escrows(model, machine);
    // Replay of what was applied, without what was refused in between, ends in the identical state.
    Machine again(rules);
    for (size_t i = 0; i < applied.size(); ++i) {
      ASSERT_EQ(again.step(applied[i], static_cast<int64_t>(i) + 1), Refusal::none);
    }
    ASSERT_EQ(again.root(), machine.root());
  }
  // The histories must be worth something: every refusal that a decoded transaction can meet has occurred,
  // often.
  EXPECT_GT(settled, 500);
  for (size_t code = 3; code < kRefusalCount; ++code) {
    Refusal refusal = *refusal_from_code(static_cast<int64_t>(code));
    if (refusal == Refusal::unsafe_key || refusal == Refusal::no_faucet || refusal == Refusal::unknown_type)
      continue;
    if (refusal == Refusal::too_many) continue;  // three nodes are too few for it
    EXPECT_GT(seen[refusal], 5) << refusal_name(refusal);
  }
}

// What is paid rises with the voucher and never passes it, the note or the deposit.
TEST(Simulation, PaymentIsMonotoneInTheVoucher) {
  World world;
  Attribution attribution =
      world.attribution({{world.author.account.text(), 2}, {unclaimed_payee("a@b"), 1}}, 333'333);
  int64_t paid_before = 0;
  for (int64_t voucher = 0; voucher <= 1100; voucher += 37) {
    Digest id = world.open_escrow(attribution, true);
    world.must(world.provider, Settle{id, world.note(id, 10'000'000), world.voucher(id, voucher)});
    EscrowState escrow = *world.ledger->escrow(id);
    ASSERT_EQ(escrow.paid_provider.micro(), std::min<int64_t>(voucher, 1000));
    int64_t paid = escrow.terms.deposit.micro() - escrow.refunded.micro();
    ASSERT_GE(paid, paid_before);
    ASSERT_LE(paid, escrow.terms.deposit.micro());
    paid_before = paid;
  }
  world.expect_conserved();
}

TEST(Simulation, SplitsDoNotDependOnTheOrderOfPayees) {
  std::mt19937_64 random(6);
  for (int round = 0; round < 300; ++round) {
    std::vector<Payee> payees;
    for (uint64_t i = 0; i <= random() % 30; ++i)
      payees.push_back({fmt::format("p{}", i), 1 + static_cast<int64_t>(random() % 9)});
    const auto total = static_cast<int64_t>(random() % 1000);
    auto by_id = [&] {
      std::map<std::string, int64_t> result;
      std::vector<int64_t> shares = split_by_weight(total, payees);
      for (size_t i = 0; i < shares.size(); ++i) result[payees[i].id] = shares[i];
      return result;
    };
    auto before = by_id();
    int64_t sum = 0;
    for (const auto& [id, share] : before) sum += share;
    ASSERT_EQ(sum, total);
    std::shuffle(payees.begin(), payees.end(), random);
    ASSERT_EQ(by_id(), before);
  }
}

}  // namespace
}  // namespace ain::ledger
