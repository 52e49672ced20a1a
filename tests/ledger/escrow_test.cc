#include "ledger/escrow.h"

#include <map>

#include "base/encoding.h"
#include "tests/ledger/world.h"

namespace ain::ledger {
namespace {

TEST(EscrowTable, AllowsExactlyTheseTransitions) {
  using P = EscrowPhase;
  using E = EscrowEvent;
  const std::map<std::pair<P, E>, P> allowed{
      {{P::open, E::accept}, P::leased},
      {{P::open, E::release_by_payer}, P::refunded},
      {{P::open, E::release_by_provider}, P::refunded},
      {{P::open, E::reap}, P::refunded},
      {{P::leased, E::settle}, P::closing},
      {{P::leased, E::settle_agreed}, P::closed},
      {{P::leased, E::release_by_provider}, P::refunded},
      {{P::leased, E::reap}, P::closing},
      {{P::closing, E::settle_agreed}, P::closed},
      {{P::closing, E::higher_voucher}, P::closing},
      {{P::closing, E::evidence}, P::disputed},
      {{P::closing, E::release_by_provider}, P::refunded},
      {{P::closing, E::reap}, P::closed},
      {{P::disputed, E::resolve}, P::closed},
      {{P::disputed, E::reap}, P::closed},
  };
  for (int phase = 0; phase < kEscrowPhases; ++phase) {
    for (int event = 0; event < kEscrowEvents; ++event) {
      const auto key = std::pair(static_cast<P>(phase), static_cast<E>(event));
      const auto found = allowed.find(key);
      EXPECT_EQ(next_phase(key.first, key.second), found == allowed.end() ? std::nullopt : std::optional(found->second)) << phase << " " << event;
    }
  }
  for (P phase : {P::open, P::leased, P::closing, P::disputed}) EXPECT_TRUE(holds_money(phase));
  for (P phase : {P::closed, P::refunded}) EXPECT_FALSE(holds_money(phase));
}

class Escrow : public testing::Test {
 protected:
  Attribution two_authors() const { return world_.attribution({{world_.author.account.text(), 2}, {world_.other.account.text(), 1}}); }
  static int64_t total_of(const EscrowState& escrow) {
    int64_t total = escrow.paid_provider.micro() + escrow.refunded.micro() + escrow.fee.micro();
    for (const Payout& payout : escrow.paid_authors) total += payout.amount.micro();
    return total;
  }
  World world_;
};

TEST_F(Escrow, SettlementPaysProviderAndAuthorsAndRefundsTheRest) {
  const Digest id = world_.open_escrow(two_authors(), true);
  const int64_t payer = world_.available(world_.payer);
  EXPECT_EQ(world_.ledger->account(world_.payer.account).escrowed, micro(396'000));
  // 10 s at 100: 1000 for compute, 100 of royalty: 66.67 and 33.33, the odd one to the larger remainder.
  const Applied settled = world_.must(world_.provider, Settle{id, world_.voucher(id, 3'600'000'000), world_.note(id, 10'000'000)});
  EXPECT_EQ(world_.available(world_.provider), 1000);
  EXPECT_EQ(world_.available(world_.author), 67);
  EXPECT_EQ(world_.available(world_.other), 33);
  EXPECT_EQ(world_.available(world_.payer), payer + 396'000 - 1100);
  const EscrowState escrow = *world_.ledger->escrow(id);
  EXPECT_EQ(escrow.phase, EscrowPhase::closed);
  EXPECT_EQ(escrow.closed_by, settled.txid);
  EXPECT_EQ(escrow.run_us, 10'000'000);
  EXPECT_EQ(escrow.paid_provider, micro(1000));
  EXPECT_EQ(escrow.refunded, micro(394'900));
  EXPECT_EQ(escrow.deadline_ms, 0);
  EXPECT_EQ(escrow.paid_authors.size(), 2u);
  EXPECT_EQ(total_of(escrow), 396'000);
  EXPECT_EQ(world_.ledger->account(world_.payer.account).escrowed, Amount());
  EXPECT_EQ(world_.answer(world_.provider, Settle{id, world_.voucher(id, 10'000'000), ""}), "wrong_state");
  world_.expect_sound();
}

TEST_F(Escrow, TheSmallerOfNoteAndVoucherIsPaid) {
  struct Case {
    int64_t voucher_us, note_us, paid;  // note: -1: none
  };
  for (const Case& each : {Case{6'000'000, 10'000'000, 600}, Case{3'600'000'000, 5'000'000, 500}, Case{7'000'000, -1, 700}, Case{0, -1, 0},
                           Case{3'600'000'000, -1, 360'000}, Case{15'000, 15'000, 1}}) {
    const Digest id = world_.open_escrow(two_authors(), true);
    const std::string note = each.note_us < 0 ? "" : world_.note(id, each.note_us, false);
    world_.must(world_.provider, Settle{id, world_.voucher(id, each.voucher_us), note});
    const EscrowState escrow = *world_.ledger->escrow(id);
    EXPECT_EQ(escrow.paid_provider, micro(each.paid));
    EXPECT_EQ(total_of(escrow), 396'000);
  }
  world_.expect_sound();
}

TEST_F(Escrow, NothingRunNothingPaid) {
  const Digest id = world_.open_escrow(two_authors(), true);
  world_.must(world_.payer, Settle{id, world_.voucher(id, 0), world_.note(id, 0)});
  const EscrowState escrow = *world_.ledger->escrow(id);
  EXPECT_EQ(escrow.phase, EscrowPhase::closed);
  EXPECT_TRUE(escrow.paid_authors.empty());
  EXPECT_EQ(escrow.refunded, micro(396'000));
}

TEST_F(Escrow, WithoutAuthorsNoRoyalty) {
  const Digest id = world_.open_escrow(world_.attribution({}), true);
  world_.must(world_.provider, Settle{id, world_.voucher(id, 10'000'000), ""});
  const EscrowState escrow = *world_.ledger->escrow(id);
  EXPECT_EQ(escrow.paid_provider, micro(1000));
  EXPECT_TRUE(escrow.paid_authors.empty());
  EXPECT_EQ(escrow.refunded, micro(395'000));
  world_.expect_sound();
}

TEST_F(Escrow, RoyaltiesByTheRunAndByTheHour) {
  struct Case {
    Royalty royalty;
    int64_t units, run_us, royalty_paid;
  };
  int64_t before = 0;
  for (const Case& each : {Case{{RoyaltyKind::per_run, 500}, 1, 10'000'000, 500}, Case{{RoyaltyKind::per_run, 500}, 1, 0, 0},
                           Case{{RoyaltyKind::per_hour, 7200}, 4, 10'000'000, 80}, Case{{RoyaltyKind::per_hour, 7200}, 1, 3'600'000'000, 7200},
                           Case{{RoyaltyKind::rate, 1'000'000}, 1, 10'000'000, 1000}}) {
    const Attribution attribution = world_.attribution({{world_.author.account.text(), 1}}, each.royalty);
    const Digest id = world_.open_escrow(attribution, world_.terms(attribution, 100, 3'600'000'000, each.units));
    world_.must(world_.provider, Settle{id, world_.voucher(id, each.run_us), ""});
    EXPECT_EQ(world_.available(world_.author) - before, each.royalty_paid) << royalty_text(each.royalty);
    before = world_.available(world_.author);
    const Json json = to_json(*world_.ledger->escrow(id));
    EXPECT_EQ(to_json(escrow_state_from_json(json)), json);
  }
  world_.expect_sound();
}

TEST_F(Escrow, UnclaimedAuthorsWait) {
  const std::string nobody = unclaimed_payee("nobody@example.org");
  const Attribution attribution = world_.attribution({{world_.author.account.text(), 1}, {nobody, 3}});
  const Holder waiting = Holder::unclaimed(RepositoryId::parse(attribution.repository), nobody);
  for (int i = 1; i <= 2; ++i) {
    const Digest id = world_.open_escrow(attribution, true);
    world_.must(world_.provider, Settle{id, world_.voucher(id, 10'000'000), ""});
    EXPECT_EQ(world_.available(world_.author), 25 * i);
    EXPECT_EQ(world_.ledger->unclaimed(), (std::vector<std::pair<Holder, Amount>>{{waiting, micro(75 * i)}}));
  }
  EXPECT_EQ(world_.ledger->supply().unclaimed, micro(150));
  world_.expect_sound();
}

TEST_F(Escrow, OnePersonInEveryRole) {
  const Attribution attribution = world_.attribution({{world_.provider.account.text(), 1}});
  world_.fund(world_.provider, 400'000);
  world_.must(world_.provider, AttributionRegister{attribution});
  EscrowOpen body = world_.terms(attribution);
  body.bond = micro(700);
  world_.must(world_.provider, BondDeposit{micro(1000)});
  const Digest id = world_.must(world_.provider, body).txid;
  world_.must(world_.provider, LeaseAccept{id, attribution.digest()});
  const std::string voucher = sign_voucher({world_.ledger->network(), id, 1, 10'000'000, micro(1000), false}, *world_.provider.signer);
  world_.must(world_.provider, Settle{id, voucher, ""});
  EXPECT_EQ(world_.available(world_.provider), 399'000);
  world_.expect_sound();
}

TEST_F(Escrow, WhatDoesNotHoldIsNotPaid) {
  const Attribution attribution = two_authors();
  const Digest id = world_.open_escrow(attribution, true), other = world_.open_escrow(attribution, true);
  const std::string note = world_.note(id, 10'000'000), voucher = world_.voucher(id, 10'000'000), network = world_.ledger->network();
  const auto note_by = [&](const std::string& of, int64_t run_us, int64_t amount, const Actor& signer) {
    return sign_note({of, id, 1, run_us, micro(amount), true}, *signer.signer);
  };
  const auto voucher_by = [&](const std::string& of, int64_t run_us, int64_t amount, const Actor& signer) {
    return sign_voucher({of, id, 1, run_us, micro(amount), false}, *signer.signer);
  };
  const std::vector<std::pair<std::string, std::string>> bad{  // voucher, note
      {voucher, world_.note(other, 10'000'000)},
      {world_.voucher(other, 10'000'000), note},
      {voucher, note_by("lab-00", 10'000'000, 1000, world_.provider)},
      {voucher_by("lab-00", 10'000'000, 1000, world_.payer), note},
      {voucher, note_by(network, 10'000'000, 1000, world_.payer)},
      {voucher_by(network, 10'000'000, 1000, world_.provider), note},
      {voucher, note_by(network, 10'000'000, 1001, world_.provider)},
      {voucher, note_by(network, 10'000'000, 999, world_.provider)},
      {voucher_by(network, 10'000'000, 1001, world_.payer), ""},
      {voucher_by(network, kTimeMaxMs, kAmountMax, world_.payer), ""},
      {world_.voucher(id, 3'600'000'001), ""},
      {voucher, world_.note(id, 3'600'000'001)},
      {note, voucher},
      {"x", ""}};
  for (size_t i = 0; i < bad.size(); ++i) {
    EXPECT_EQ(world_.answer(world_.provider, Settle{id, bad[i].first, bad[i].second}), "bad_voucher") << i;
  }
  EXPECT_EQ(world_.phase(id), EscrowPhase::leased);
}

TEST_F(Escrow, OthersSettleOnlyByAFinalNoteThatIsCovered) {
  const Digest id = world_.open_escrow(two_authors(), true);
  const std::string final_note = world_.note(id, 10'000'000);
  for (const Actor* actor : {&world_.payer, &world_.stranger}) {
    EXPECT_EQ(world_.answer(*actor, Settle{id, world_.voucher(id, 10'000'000), world_.note(id, 10'000'000, false)}), "bad_voucher");
    EXPECT_EQ(world_.answer(*actor, Settle{id, world_.voucher(id, 9'990'000), final_note}), "bad_voucher");
    EXPECT_EQ(world_.answer(*actor, Settle{id, world_.voucher(id, 10'000'000), ""}), "bad_voucher");
    EXPECT_EQ(world_.answer(*actor, Settle{id, world_.voucher(id, 10'000'000), final_note, false}), "not_yours");
  }
  world_.must(world_.stranger, Settle{id, world_.voucher(id, 10'000'000), final_note});
  EXPECT_EQ(world_.available(world_.provider), 1000);
}

TEST_F(Escrow, ReleaseRefundsInFull) {
  Digest id = world_.open_escrow(two_authors(), false);
  const int64_t payer = world_.available(world_.payer);
  world_.must(world_.payer, Release{id, "changed my mind"});
  EXPECT_EQ(world_.available(world_.payer), payer + 396'000);
  EXPECT_EQ(world_.phase(id), EscrowPhase::refunded);
  for (bool leased : {false, true}) {
    id = world_.open_escrow(two_authors(), leased);
    EXPECT_EQ(world_.answer(world_.stranger, Release{id, ""}), "not_yours");
    if (leased) {
      EXPECT_EQ(world_.answer(world_.payer, Release{id, ""}), "wrong_state");
    }
    world_.must(world_.provider, Release{id, ""});
    EXPECT_EQ(world_.ledger->escrow(id)->refunded, micro(396'000));
  }
  EXPECT_EQ(world_.available(world_.payer), payer + 396'000);
  world_.expect_sound();
}

TEST_F(Escrow, LateSettlementHoldsUntilSomebodyReaps) {
  const Digest settled = world_.open_escrow(two_authors(), true), reaped = world_.open_escrow(two_authors(), true);
  world_.time_ms += 2 * kHourMs + kReapGraceMs;
  EXPECT_TRUE(world_.ledger->overdue(world_.time_ms).empty());
  EXPECT_EQ(world_.answer(world_.stranger, Reap{settled}), "deadline_not_passed");
  world_.time_ms += 1;
  EXPECT_EQ(world_.ledger->overdue(world_.time_ms).size(), 2u);
  world_.must(world_.provider, Settle{settled, world_.voucher(settled, 10'000'000), ""});
  EXPECT_EQ(world_.ledger->overdue(world_.time_ms), std::vector<Digest>{reaped});
  world_.must(world_.stranger, Reap{reaped});
  EXPECT_EQ(world_.answer(world_.provider, Settle{reaped, world_.voucher(reaped, 1), ""}), "wrong_state");
  EXPECT_TRUE(world_.ledger->overdue(world_.time_ms).empty());
  EXPECT_EQ(world_.ledger->escrow(reaped)->refunded, micro(396'000));
  world_.expect_sound();
}

TEST_F(Escrow, AFreeLeaseCostsNothing) {
  const Attribution attribution = two_authors();
  world_.must(world_.author, AttributionRegister{attribution});
  const EscrowOpen body = world_.terms(attribution, 0);
  EXPECT_EQ(body.deposit, Amount());
  const Digest id = world_.must(world_.stranger, body).txid;
  world_.must(world_.provider, LeaseAccept{id, attribution.digest()});
  const std::string voucher = sign_voucher({world_.ledger->network(), id, 1, 10'000'000, Amount(), false}, *world_.stranger.signer);
  world_.must(world_.provider, Settle{id, voucher, ""});
  EXPECT_EQ(world_.phase(id), EscrowPhase::closed);
  EXPECT_EQ(world_.available(world_.stranger), 0);
  world_.expect_sound();
}

TEST_F(Escrow, WhoeverAcceptsFirstWhereNobodyIsNamed) {
  EscrowOpen body = world_.terms(two_authors());
  body.provider = {};
  const Digest id = world_.open_escrow(two_authors(), body, false);
  EXPECT_EQ(world_.answer(world_.stranger, Release{id, ""}), "not_yours");
  world_.must(world_.stranger, LeaseAccept{id, two_authors().digest()});
  EXPECT_EQ(world_.answer(world_.provider, LeaseAccept{id, two_authors().digest()}), "wrong_state");
  EXPECT_EQ(world_.ledger->escrow(id)->provider, world_.stranger.account);
  EXPECT_EQ(world_.ledger->escrows_of(world_.stranger.account).size(), 1u);
  world_.must(world_.stranger, Settle{id, world_.voucher(id, 10'000'000), ""});
  EXPECT_EQ(world_.available(world_.stranger), 1000);
  world_.expect_sound();
}

TEST_F(Escrow, DepositsAreExact) {
  const Attribution attribution = two_authors();
  world_.must(world_.author, AttributionRegister{attribution});
  const EscrowOpen good = world_.terms(attribution);
  const auto told = [&](auto change) {
    EscrowOpen body = good;
    change(body);
    return world_.answer(world_.treasury, body);
  };
  EXPECT_EQ(told([](EscrowOpen& body) { body.deposit += micro(1); }), "bad_amount");
  EXPECT_EQ(told([](EscrowOpen& body) { body.deposit -= micro(1); }), "bad_amount");
  EXPECT_EQ(told([](EscrowOpen& body) { body.price_per_second = kLeasePriceMax; body.run_us_max = kRunWithinMaxMs * 1000; }), "bad_amount");
  EXPECT_EQ(told([](EscrowOpen& body) { body.attribution = sha256("another"); }), "unknown_attribution");
  EXPECT_EQ(world_.answer(world_.stranger, good), "insufficient_funds");
  // An hourly royalty that leaves int64 is no crash.
  const Attribution dear = world_.attribution({{world_.author.account.text(), 1}}, {RoyaltyKind::per_hour, kRoyaltyAmountMax});
  world_.must(world_.author, AttributionRegister{dear});
  EXPECT_EQ(told([&](EscrowOpen& body) { body.attribution = dear.digest(); body.units = kUnitsMax; body.run_us_max = kRunWithinMaxMs * 1000; }),
            "bad_amount");
}

TEST_F(Escrow, KeepsWhatWasAgreed) {
  const Attribution attribution = two_authors();
  const Digest id = world_.open_escrow(attribution, true);
  const EscrowState escrow = *world_.ledger->escrow(id);
  EXPECT_EQ(escrow.id, id);
  EXPECT_EQ(escrow.payer, world_.payer.account);
  EXPECT_EQ(escrow.payer_key, world_.payer.key());
  EXPECT_EQ(escrow.provider_key, world_.provider.key());
  EXPECT_EQ(body_json(escrow.terms), body_json(world_.terms(attribution)));
  EXPECT_EQ(escrow.royalty, (Royalty{RoyaltyKind::rate, 100'000}));
  EXPECT_EQ(escrow.opened_ms, kStartMs);
  EXPECT_EQ(escrow.deadline_ms, kStartMs + 2 * kHourMs + kReapGraceMs);
  EXPECT_EQ(escrow.best_us, -1);
}

// The network's fee is of the compute price; that the payer is the treasury itself changes nothing.
TEST(EscrowFee, GoesToTheTreasury) {
  World world(World::governed());
  const Attribution attribution = world.attribution({{world.author.account.text(), 1}});
  Digest id = world.open_escrow(attribution, true);
  const int64_t treasury = world.available(world.treasury);
  world.must(world.provider, Settle{id, world.voucher(id, 10'000'000), ""});
  EXPECT_EQ(world.available(world.treasury), treasury + 20);
  EXPECT_EQ(world.ledger->escrow(id)->fee, micro(20));
  EXPECT_EQ(world.ledger->escrow(id)->refunded, micro(360'000 + 36'000 + 7'200 - 1120));

  const int64_t before = world.available(world.treasury);
  id = world.must(world.treasury, world.terms(attribution)).txid;
  world.must(world.provider, LeaseAccept{id, attribution.digest()});
  world.must(world.provider, Settle{id, sign_voucher({world.ledger->network(), id, 1, 10'000'000, micro(1000), true}, *world.treasury.signer), ""});
  EXPECT_EQ(world.available(world.treasury), before - 1100);
  world.expect_sound();
}

}  // namespace
}  // namespace ain::ledger
