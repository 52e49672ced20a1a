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
      {{P::leased, E::settle}, P::closed},
      {{P::leased, E::release_by_provider}, P::refunded},
      {{P::leased, E::reap}, P::refunded},
  };
  for (int phase = 0; phase < kEscrowPhases; ++phase) {
    for (int event = 0; event < kEscrowEvents; ++event) {
      auto key = std::pair(static_cast<P>(phase), static_cast<E>(event));
      auto found = allowed.find(key);
      auto next = next_phase(key.first, key.second);
      EXPECT_EQ(next.has_value(), found != allowed.end()) << phase << " " << event;
      if (next && found != allowed.end()) {
        EXPECT_EQ(*next, found->second);
      }
    }
  }
}

class Escrow : public testing::Test {
 protected:
  Attribution two_authors() {
    return world_.attribution({{world_.author.account.text(), 2}, {world_.other.account.text(), 1}});
  }
  int64_t total_of(const EscrowState& escrow) {
    int64_t total = escrow.paid_provider.micro() + escrow.refunded.micro();
    for (const Payout& payout : escrow.paid_authors) total += payout.amount.micro();
    return total;
  }
  void expect_refused(Refusal refusal, const Actor& actor, const Body& body) {
    Applied applied = world_.submit(actor, body);
    EXPECT_EQ(refusal_name(applied.refusal), refusal_name(refusal)) << applied.reason;
  }
  World world_;
};

TEST_F(Escrow, SettlementPaysProviderAndAuthorsAndRefundsTheRest) {
  Digest id = world_.open_escrow(two_authors(), true);
  int64_t payer = world_.available(world_.payer);
  EXPECT_EQ(world_.ledger->account(world_.payer.account).escrowed, Amount::micro(396'000));
  // 10 s at 100: 1000 for compute, 100 of royalty: 66.67 and 33.33, the odd one to the larger remainder.
  Applied settled =
      world_.must(world_.provider, Settle{id, world_.note(id, 10'000'000), world_.voucher(id, 360'000)});
  EXPECT_EQ(world_.available(world_.provider), 1000);
  EXPECT_EQ(world_.available(world_.author), 67);
  EXPECT_EQ(world_.available(world_.other), 33);
  EXPECT_EQ(world_.available(world_.payer), payer + 396'000 - 1100);
  EscrowState escrow = *world_.ledger->escrow(id);
  EXPECT_EQ(escrow.phase, EscrowPhase::closed);
  EXPECT_EQ(escrow.closed_by, settled.txid);
  EXPECT_EQ(escrow.run_us, 10'000'000);
  EXPECT_EQ(escrow.paid_provider, Amount::micro(1000));
  EXPECT_EQ(escrow.refunded, Amount::micro(394'900));
  EXPECT_EQ(escrow.paid_authors.size(), 2u);
  EXPECT_EQ(total_of(escrow), 396'000);
  EXPECT_EQ(world_.ledger->account(world_.payer.account).escrowed, Amount());
  world_.expect_conserved();
  expect_refused(Refusal::wrong_state, world_.provider,
                 Settle{id, world_.note(id, 10'000'000), world_.voucher(id, 360'000)});
}

TEST_F(Escrow, TheSmallerOfNoteAndVoucherIsPaid) {
  Digest id = world_.open_escrow(two_authors(), true);
  world_.must(world_.provider, Settle{id, world_.note(id, 10'000'000, false), world_.voucher(id, 600)});
  EXPECT_EQ(world_.ledger->escrow(id)->paid_provider, Amount::micro(600));
  id = world_.open_escrow(two_authors(), true);
  world_.must(world_.provider, Settle{id, world_.note(id, 5'000'000, false), world_.voucher(id, kAmountMax)});
  EXPECT_EQ(world_.ledger->escrow(id)->paid_provider, Amount::micro(500));
  world_.expect_conserved();
}

TEST_F(Escrow, AllOfTheDeposit) {
  Digest id = world_.open_escrow(two_authors(), true);
  world_.must(world_.provider, Settle{id, world_.note(id, 3'600'000'000), world_.voucher(id, 360'000)});
  EscrowState escrow = *world_.ledger->escrow(id);
  EXPECT_EQ(escrow.paid_provider, Amount::micro(360'000));
  EXPECT_EQ(escrow.refunded, Amount());
  EXPECT_EQ(total_of(escrow), 396'000);
}

TEST_F(Escrow, NothingRunNothingPaid) {
  Digest id = world_.open_escrow(two_authors(), true);
  world_.must(world_.payer, Settle{id, world_.note(id, 0), world_.voucher(id, 0)});
  EscrowState escrow = *world_.ledger->escrow(id);
  EXPECT_EQ(escrow.phase, EscrowPhase::closed);
  EXPECT_TRUE(escrow.paid_authors.empty());
  EXPECT_EQ(escrow.refunded, Amount::micro(396'000));
}

TEST_F(Escrow, WithoutAuthorsNoRoyalty) {
  Digest id = world_.open_escrow(world_.attribution({}), true);
  world_.must(world_.provider, Settle{id, world_.note(id, 10'000'000), world_.voucher(id, 360'000)});
  EscrowState escrow = *world_.ledger->escrow(id);
  EXPECT_EQ(escrow.paid_provider, Amount::micro(1000));
  EXPECT_TRUE(escrow.paid_authors.empty());
  EXPECT_EQ(escrow.refunded, Amount::micro(395'000));
  world_.expect_conserved();
}

TEST_F(Escrow, UnclaimedAuthorsWait) {
  const std::string nobody = unclaimed_payee("nobody@example.org");
  Attribution attribution = world_.attribution({{world_.author.account.text(), 1}, {nobody, 3}});
  for (int i = 1; i <= 2; ++i) {
    Digest id = world_.open_escrow(attribution, true);
    world_.must(world_.provider, Settle{id, world_.note(id, 10'000'000), world_.voucher(id, 360'000)});
    EXPECT_EQ(world_.available(world_.author), 25 * i);
    EXPECT_EQ(world_.ledger->unclaimed(), std::vector<Payout>({{nobody, Amount::micro(75 * i)}}));
  }
  EXPECT_EQ(world_.ledger->supply().unclaimed, Amount::micro(150));
  world_.expect_conserved();
}

TEST_F(Escrow, OnePersonInEveryRole) {
  Attribution attribution = world_.attribution({{world_.provider.account.text(), 1}});
  world_.must(world_.treasury, Transfer{world_.provider.account, Amount::micro(400'000), ""});
  world_.must(world_.provider, AttributionRegister{attribution});
  Digest id = world_.must(world_.provider, world_.terms(attribution)).txid;
  world_.must(world_.provider, LeaseAccept{id, attribution.digest()});
  std::string voucher =
      sign_voucher({world_.ledger->network(), id, 1, Amount::micro(1000)}, *world_.provider.signer);
  world_.must(world_.provider, Settle{id, world_.note(id, 10'000'000), voucher});
  EXPECT_EQ(world_.available(world_.provider), 400'000);
  world_.expect_conserved();
}

TEST_F(Escrow, WhatDoesNotHoldIsNotPaid) {
  Attribution attribution = two_authors();
  Digest id = world_.open_escrow(attribution, true), other = world_.open_escrow(attribution, true);
  const std::string note = world_.note(id, 10'000'000), voucher = world_.voucher(id, 1000);
  const std::string network = world_.ledger->network();
  auto note_by = [&](const std::string& of, int64_t run_us, int64_t amount, const Actor& signer) {
    return sign_note({of, id, 1, run_us, Amount::micro(amount), true}, *signer.signer);
  };
  auto voucher_by = [&](const std::string& of, const Actor& signer) {
    return sign_voucher({of, id, 1, Amount::micro(1000)}, *signer.signer);
  };
  const std::vector<std::pair<std::string, std::string>> bad{
      {world_.note(other, 10'000'000), voucher},
      {note, world_.voucher(other, 1000)},
      {note_by("lab-00", 10'000'000, 1000, world_.provider), voucher},
      {note, voucher_by("lab-00", world_.payer)},
      {note_by(network, 10'000'000, 1000, world_.payer), voucher},
      {note, voucher_by(network, world_.provider)},
      {note_by(network, 10'000'000, 1001, world_.provider), voucher},
      {note_by(network, 10'000'000, 999, world_.provider), voucher},
      {world_.note(id, 3'600'000'001), voucher},
      {voucher, note},
      {"", ""}};
  for (size_t i = 0; i < bad.size(); ++i) {
    SCOPED_TRACE(i);
    expect_refused(Refusal::bad_voucher, world_.provider, Settle{id, bad[i].first, bad[i].second});
  }
  EXPECT_EQ(world_.ledger->escrow(id)->phase, EscrowPhase::leased);
}

TEST_F(Escrow, OthersSettleOnlyByAFinalNoteThatIsCovered) {
  Digest id = world_.open_escrow(two_authors(), true);
  const std::string final_note = world_.note(id, 10'000'000);
  for (const Actor* actor : {&world_.payer, &world_.stranger}) {
    expect_refused(Refusal::bad_voucher, *actor,
                   Settle{id, world_.note(id, 10'000'000, false), world_.voucher(id, 1000)});
    expect_refused(Refusal::bad_voucher, *actor, Settle{id, final_note, world_.voucher(id, 999)});
  }
  world_.must(world_.stranger, Settle{id, final_note, world_.voucher(id, 1000)});
  EXPECT_EQ(world_.available(world_.provider), 1000);
}

TEST_F(Escrow, ReleaseRefundsInFull) {
  Digest id = world_.open_escrow(two_authors(), false);
  int64_t payer = world_.available(world_.payer);
  world_.must(world_.payer, Release{id, "changed my mind"});
  EXPECT_EQ(world_.available(world_.payer), payer + 396'000);
  EXPECT_EQ(world_.ledger->escrow(id)->phase, EscrowPhase::refunded);
  for (bool leased : {false, true}) {
    id = world_.open_escrow(two_authors(), leased);
    world_.must(world_.provider, Release{id, ""});
    EXPECT_EQ(world_.ledger->escrow(id)->refunded, Amount::micro(396'000));
  }
  EXPECT_EQ(world_.available(world_.payer), payer + 396'000);
  world_.expect_conserved();
}

TEST_F(Escrow, LateSettlementHoldsUntilSomebodyReaps) {
  Digest settled = world_.open_escrow(two_authors(), true), reaped = world_.open_escrow(two_authors(), true);
  world_.time_ms += 2 * kHourMs;
  EXPECT_TRUE(world_.ledger->overdue(world_.time_ms).empty());
  expect_refused(Refusal::deadline_not_passed, world_.stranger, Reap{settled});
  world_.time_ms += 1;
  EXPECT_EQ(world_.ledger->overdue(world_.time_ms).size(), 2u);
  world_.must(world_.provider,
              Settle{settled, world_.note(settled, 10'000'000), world_.voucher(settled, 1000)});
  EXPECT_EQ(world_.ledger->overdue(world_.time_ms), std::vector<Digest>{reaped});
  world_.must(world_.stranger, Reap{reaped});
  expect_refused(Refusal::wrong_state, world_.provider,
                 Settle{reaped, world_.note(reaped, 1), world_.voucher(reaped, 1)});
  EXPECT_TRUE(world_.ledger->overdue(world_.time_ms).empty());
  EXPECT_EQ(world_.ledger->escrow(reaped)->refunded, Amount::micro(396'000));
  world_.expect_conserved();
}

TEST_F(Escrow, AFreeLeaseCostsNothing) {
  Attribution attribution = two_authors();
  world_.must(world_.author, AttributionRegister{attribution});
  Digest id = world_.must(world_.stranger, world_.terms(attribution, 0)).txid;
  world_.must(world_.provider, LeaseAccept{id, attribution.digest()});
  std::string voucher = sign_voucher({world_.ledger->network(), id, 1, Amount()}, *world_.stranger.signer);
  world_.must(world_.provider, Settle{id, world_.note(id, 10'000'000, true, 0), voucher});
  EXPECT_EQ(world_.ledger->escrow(id)->phase, EscrowPhase::closed);
  world_.expect_conserved();
}

TEST_F(Escrow, KeepsWhatWasAgreed) {
  Attribution attribution = two_authors();
  Digest id = world_.open_escrow(attribution, true);
  EscrowState escrow = *world_.ledger->escrow(id);
  EXPECT_EQ(escrow.id, id);
  EXPECT_EQ(escrow.payer, world_.payer.account);
  EXPECT_EQ(escrow.payer_key, world_.payer.signer->public_key());
  EXPECT_EQ(escrow.provider_key, world_.provider.signer->public_key());
  EXPECT_EQ(body_json(escrow.terms), body_json(world_.terms(attribution)));
  EXPECT_EQ(escrow.royalty_ppm, 100'000);
  EXPECT_EQ(escrow.opened_ms, kStartMs);
  EXPECT_EQ(escrow.accept_by_ms, kStartMs + 60'000);
  EXPECT_EQ(escrow.run_by_ms, kStartMs + 2 * kHourMs);
}

}  // namespace
}  // namespace ain::ledger
