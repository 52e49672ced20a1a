// Escrows with time for a dispute: CLOSING, higher vouchers, evidence, verdicts; and parties that vanish.
#include "tests/ledger/world.h"

namespace ain::ledger {
namespace {

class Disputes : public testing::Test {
 protected:
  static constexpr int64_t kDisputeMs = 3 * kHourMs, kSecondUs = 1'000'000;

  Disputes() : world_(World::governed()) {
    world_.fund(world_.provider, 10'000);
    world_.must(world_.provider, BondDeposit{micro(5000)});
  }
  Attribution attribution() const { return world_.attribution({{world_.author.account.text(), 1}}); }
  Digest leased() {
    EscrowOpen body = world_.terms(attribution());
    body.dispute_within_ms = kDisputeMs;
    body.bond = micro(2000);
    return world_.open_escrow(attribution(), body);
  }
  // Settled by a voucher for 10 s that the payer has not called final.
  Digest closing(int64_t run_us = 10 * kSecondUs) {
    const Digest id = leased();
    world_.must(world_.provider, Settle{id, world_.voucher(id, run_us), ""});
    EXPECT_EQ(world_.phase(id), EscrowPhase::closing);
    return id;
  }
  Digest disputed() {
    const Digest id = closing();
    world_.must(world_.payer, Challenge{id, "", sha256("evidence")});
    EXPECT_EQ(world_.phase(id), EscrowPhase::disputed);
    return id;
  }
  // That it ended so, and all of the deposit went somewhere.
  void expect_end(const Digest& id, EscrowPhase phase, int64_t paid, int64_t slashed = 0) {
    const EscrowState escrow = *world_.ledger->escrow(id);
    EXPECT_EQ(phase_name(escrow.phase), phase_name(phase));
    EXPECT_EQ(escrow.paid_provider, micro(paid));
    EXPECT_EQ(escrow.slashed, micro(slashed));
    EXPECT_EQ(escrow.deadline_ms, 0);
    Amount sum = escrow.paid_provider + escrow.fee + escrow.refunded;
    for (const Payout& payout : escrow.paid_authors) sum += payout.amount;
    EXPECT_EQ(sum, escrow.terms.deposit);
    EXPECT_FALSE(world_.ledger->bond(world_.provider.account));  // nothing is locked
    EXPECT_EQ(world_.answer(world_.stranger, Reap{id}), "wrong_state");
    world_.expect_sound();
  }
  std::string told(const Actor& actor, const Body& body) { return world_.answer(actor, body); }

  World world_;
};

TEST_F(Disputes, WaitForTheWindowAndClose) {
  const Digest id = closing();
  EXPECT_EQ(world_.ledger->escrow(id)->best_us, 10 * kSecondUs);
  EXPECT_EQ(world_.ledger->escrow(id)->deadline_ms, world_.time_ms + kDisputeMs);
  EXPECT_EQ(world_.ledger->bond(world_.provider.account)->locked, micro(2000));
  EXPECT_EQ(told(world_.payer, Release{id, ""}), "wrong_state");
  EXPECT_EQ(told(world_.provider, Settle{id, world_.voucher(id, 20 * kSecondUs), ""}), "wrong_state");
  EXPECT_EQ(told(world_.provider, Settle{id, world_.voucher(id, 20 * kSecondUs, true), "", false}), "wrong_state");
  world_.time_ms += kDisputeMs;
  EXPECT_EQ(told(world_.stranger, Reap{id}), "deadline_not_passed");
  world_.time_ms += 1;
  world_.must(world_.stranger, Reap{id});
  expect_end(id, EscrowPhase::closed, 1000);
}

TEST_F(Disputes, AnAgreedEndSkipsTheWindow) {
  // By a final voucher, alone or with a note; by anybody with both; while closing, too.
  Digest id = leased();
  world_.must(world_.provider, Settle{id, world_.voucher(id, 10 * kSecondUs, true), ""});
  expect_end(id, EscrowPhase::closed, 1000);
  id = leased();
  world_.must(world_.provider, Settle{id, world_.voucher(id, 10 * kSecondUs, true), world_.note(id, 10 * kSecondUs)});
  expect_end(id, EscrowPhase::closed, 1000);
  id = leased();
  world_.must(world_.payer, Settle{id, world_.voucher(id, 20 * kSecondUs, true), world_.note(id, 10 * kSecondUs)});
  expect_end(id, EscrowPhase::closed, 1000);
  id = leased();
  world_.must(world_.stranger, Settle{id, world_.voucher(id, 20 * kSecondUs), world_.note(id, 10 * kSecondUs)});
  EXPECT_EQ(world_.phase(id), EscrowPhase::closing);  // covered, but the payer has not said so
  world_.must(world_.payer, Settle{id, world_.voucher(id, 10 * kSecondUs, true), world_.note(id, 10 * kSecondUs)});
  expect_end(id, EscrowPhase::closed, 1000);
}

// An unattended run's voucher allows everything at once. A provider that claims all of it must not get past the dispute by its own note.
TEST_F(Disputes, AnAllowanceIsNoAgreement) {
  const Digest id = leased();
  world_.must(world_.provider, Settle{id, world_.voucher(id, 3'600 * kSecondUs), world_.note(id, 3'600 * kSecondUs)});
  EXPECT_EQ(world_.phase(id), EscrowPhase::closing);
}

TEST_F(Disputes, AHigherVoucherRaisesWhatIsPaid) {
  const Digest id = closing();
  const int64_t deadline = world_.ledger->escrow(id)->deadline_ms;
  EXPECT_EQ(told(world_.stranger, Challenge{id, world_.voucher(id, 20 * kSecondUs), {}}), "not_yours");
  EXPECT_EQ(told(world_.provider, Challenge{id, world_.voucher(id, 10 * kSecondUs), {}}), "voucher_not_higher");
  EXPECT_EQ(told(world_.provider, Challenge{id, world_.note(id, 20 * kSecondUs), {}}), "bad_voucher");
  EXPECT_EQ(told(world_.provider, Challenge{id, world_.voucher(id, 3'601 * kSecondUs), {}}), "bad_voucher");
  world_.must(world_.provider, Challenge{id, world_.voucher(id, 20 * kSecondUs), {}});
  EXPECT_EQ(world_.phase(id), EscrowPhase::closing);
  EXPECT_EQ(world_.ledger->escrow(id)->deadline_ms, deadline);  // no more time for it
  world_.time_ms = deadline + 1;
  EXPECT_EQ(told(world_.provider, Challenge{id, world_.voucher(id, 30 * kSecondUs), {}}), "deadline_passed");
  world_.must(world_.stranger, Reap{id});
  expect_end(id, EscrowPhase::closed, 2000);
}

// An unattended run's provider keeps the allowance, for all of the time, and lets somebody else hand in the payer's last word.
TEST_F(Disputes, WhatIsKeptIsNotAgreedToByALastWordForLess) {
  const Digest id = leased();
  world_.must(world_.provider, Settle{id, world_.voucher(id, 3'600 * kSecondUs), "", false});
  world_.must(world_.stranger, Settle{id, world_.voucher(id, 10 * kSecondUs, true), world_.note(id, 10 * kSecondUs)});
  EXPECT_EQ(world_.phase(id), EscrowPhase::closing);
  world_.must(world_.payer, Challenge{id, "", sha256("evidence")});
  world_.must(world_.stranger, world_.verdict(id, 10 * kSecondUs, 2000, "JK"));
  expect_end(id, EscrowPhase::closed, 1000, 2000);
}

// What the provider has been promised nobody else takes away by settling with an older voucher.
TEST_F(Disputes, OthersCannotLowerIt) {
  const Digest id = closing(30 * kSecondUs);
  // Nor is the payer's last word for less an agreement to it.
  for (const Actor* actor : {&world_.payer, &world_.stranger}) {
    EXPECT_EQ(told(*actor, Settle{id, world_.voucher(id, 10 * kSecondUs, true), world_.note(id, 10 * kSecondUs)}), "wrong_state");
  }
  world_.must(world_.payer, Settle{id, world_.voucher(id, 30 * kSecondUs, true), world_.note(id, 10 * kSecondUs)});
  expect_end(id, EscrowPhase::closed, 3000);
  const Digest own = closing(30 * kSecondUs);
  world_.must(world_.provider, Settle{own, world_.voucher(own, 10 * kSecondUs, true), ""});
  expect_end(own, EscrowPhase::closed, 1000);  // the provider may
}

TEST_F(Disputes, EvidenceNeedsThePayerTheTimeAndArbiters) {
  const Digest id = closing();
  for (const Actor* actor : {&world_.provider, &world_.stranger}) EXPECT_EQ(told(*actor, Challenge{id, "", sha256("e")}), "not_yours");
  EXPECT_EQ(told(world_.payer, Challenge{leased(), "", sha256("e")}), "wrong_state");
  EXPECT_EQ(told(world_.payer, Challenge{sha256("none"), "", sha256("e")}), "unknown_escrow");
  world_.time_ms += kDisputeMs + 1;
  EXPECT_EQ(told(world_.payer, Challenge{id, "", sha256("e")}), "deadline_passed");
  world_.must(world_.stranger, Reap{id});

  Parameters lawless = world_.rules.parameters;
  lawless.arbiters = {};
  world_.must(world_.stranger, world_.approved(kParametersType, ParametersChange{lawless, 1, {}}, "GH"));
  const Digest without = closing();
  EXPECT_EQ(told(world_.payer, Challenge{without, "", sha256("e")}), "no_arbiters");
}

TEST_F(Disputes, ArbitersPayAndSlash) {
  const Digest id = disputed();
  const EscrowState escrow = *world_.ledger->escrow(id);
  EXPECT_EQ(escrow.evidence, sha256("evidence"));
  EXPECT_EQ(escrow.deadline_ms, world_.time_ms + world_.rules.parameters.resolve_within_ms);
  EXPECT_EQ(told(world_.stranger, world_.verdict(id, 10 * kSecondUs + 1, 0)), "bad_amount");
  EXPECT_EQ(told(world_.stranger, world_.verdict(id, 0, 2001)), "bad_amount");
  for (const std::string_view by : {"", "J", "JJ", "JX", "JKX", "GH"}) EXPECT_EQ(told(world_.stranger, world_.verdict(id, 0, 0, by)), "no_quorum") << by;
  Resolve altered = world_.verdict(id, 5 * kSecondUs, 100);
  altered.slash = micro(2000);
  EXPECT_EQ(told(world_.stranger, altered), "no_quorum");
  Resolve moved = world_.verdict(closing(), 5 * kSecondUs, 100);
  moved.escrow = id;
  EXPECT_EQ(told(world_.stranger, moved), "no_quorum");
  const int64_t payer = world_.available(world_.payer), provider = world_.available(world_.provider);
  world_.must(world_.stranger, world_.verdict(id, 5 * kSecondUs, 700, "KL"));
  EXPECT_EQ(world_.available(world_.provider), provider + 500);
  EXPECT_EQ(world_.available(world_.payer), payer + 360'000 + 36'000 + 7'200 - 500 - 50 - 10 + 700);
  EXPECT_EQ(world_.ledger->account(world_.provider.account).bonded, micro(4300));
  EXPECT_EQ(world_.ledger->escrow(id)->slashed, micro(700));
  world_.expect_sound();
}

TEST_F(Disputes, TheWholeBondMayGoAndNothingBePaid) {
  const Digest id = disputed();
  world_.must(world_.stranger, world_.verdict(id, 0, 2000, "JKL"));
  expect_end(id, EscrowPhase::closed, 0, 2000);
  EXPECT_EQ(world_.ledger->account(world_.provider.account).bonded, micro(3000));
}

TEST_F(Disputes, ArbitersWhoStaySilentChangeNothing) {
  const Digest id = disputed();
  for (const Body& body : {Body(Challenge{id, "", sha256("more")}), Body(Release{id, ""}), Body(Settle{id, world_.voucher(id, kSecondUs, true), ""})}) {
    EXPECT_EQ(told(world_.payer, body), "wrong_state") << type_name(body);
  }
  world_.time_ms += world_.rules.parameters.resolve_within_ms;
  EXPECT_EQ(told(world_.stranger, Reap{id}), "deadline_not_passed");
  world_.time_ms += 1;
  EXPECT_EQ(told(world_.stranger, world_.verdict(id, 0, 2000)), "deadline_passed");
  world_.must(world_.stranger, Reap{id});
  expect_end(id, EscrowPhase::closed, 1000);
}

TEST_F(Disputes, AProviderMayGiveUpUntilThereIsEvidence) {
  const Digest id = closing();
  world_.must(world_.provider, Release{id, "sorry"});
  expect_end(id, EscrowPhase::refunded, 0);
  const Digest late = disputed();  // it would save the bond
  EXPECT_EQ(told(world_.provider, Release{late, "sorry"}), "wrong_state");
  EXPECT_EQ(told(world_.provider, Challenge{late, world_.voucher(late, 20 * kSecondUs), {}}), "wrong_state");
}

TEST_F(Disputes, VerdictsNeedADispute) {
  EXPECT_EQ(told(world_.stranger, world_.verdict(sha256("none"), 0, 0)), "unknown_escrow");
  EXPECT_EQ(told(world_.stranger, world_.verdict(leased(), 0, 0)), "wrong_state");
  EXPECT_EQ(told(world_.stranger, world_.verdict(closing(), 0, 0)), "wrong_state");
}

// ---- whoever vanishes

TEST_F(Disputes, TheBestVoucherIsKeptForTheCaseThatNobodyComesBack) {
  const Digest id = leased();
  const auto keep = [&](int64_t run_us) { return Settle{id, world_.voucher(id, run_us), "", false}; };
  EXPECT_EQ(told(world_.payer, keep(10 * kSecondUs)), "bad_voucher");
  world_.must(world_.provider, keep(10 * kSecondUs));
  EXPECT_EQ(world_.phase(id), EscrowPhase::leased);
  EXPECT_EQ(told(world_.provider, keep(10 * kSecondUs)), "voucher_not_higher");
  EXPECT_EQ(told(world_.provider, keep(5 * kSecondUs)), "voucher_not_higher");
  world_.must(world_.provider, keep(15 * kSecondUs));
  EXPECT_EQ(world_.ledger->escrow(id)->best_us, 15 * kSecondUs);
  // The provider vanishes: it ends as if settled then, with time for the payer.
  world_.time_ms += 2 * kHourMs + kReapGraceMs + 1;
  world_.must(world_.stranger, Reap{id});
  EXPECT_EQ(world_.phase(id), EscrowPhase::closing);
  EXPECT_EQ(told(world_.stranger, Reap{id}), "deadline_not_passed");
  world_.time_ms += kDisputeMs + 1;
  world_.must(world_.stranger, Reap{id});
  expect_end(id, EscrowPhase::closed, 1500);
}

TEST_F(Disputes, WithoutAWindowAReapedLeaseClosesByTheBestVoucher) {
  EscrowOpen body = world_.terms(attribution());
  const Digest id = world_.open_escrow(attribution(), body);
  world_.must(world_.provider, Settle{id, world_.voucher(id, 15 * kSecondUs), "", false});
  world_.time_ms += 2 * kHourMs + kReapGraceMs + 1;
  world_.must(world_.stranger, Reap{id});
  expect_end(id, EscrowPhase::closed, 1500);
}

TEST_F(Disputes, AProviderThatNeverSettledIsNotPaid) {
  const Digest id = leased();
  world_.time_ms += 2 * kHourMs + kReapGraceMs + 1;
  world_.must(world_.payer, Reap{id});
  expect_end(id, EscrowPhase::refunded, 0);
}

// The payer vanishes: the voucher in hand is enough.
TEST_F(Disputes, AVanishedPayerPaysByItsLastVoucher) {
  const Digest id = leased();
  world_.time_ms += kHourMs;
  world_.must(world_.provider, Settle{id, world_.voucher(id, 12 * kSecondUs), world_.note(id, 60 * kSecondUs)});
  world_.time_ms += kDisputeMs + 1;
  world_.must(world_.provider, Reap{id});
  expect_end(id, EscrowPhase::closed, 1200);
}

TEST_F(Disputes, NobodyAccepts) {
  EscrowOpen body = world_.terms(attribution());
  const Digest id = world_.open_escrow(attribution(), body, false);
  world_.time_ms += body.accept_within_ms;
  EXPECT_EQ(told(world_.stranger, Reap{id}), "deadline_not_passed");
  world_.time_ms += 1;
  EXPECT_EQ(told(world_.provider, LeaseAccept{id, attribution().digest()}), "deadline_passed");
  world_.must(world_.stranger, Reap{id});
  expect_end(id, EscrowPhase::refunded, 0);
}

// The terms of an escrow stay what they were when it was opened.
TEST_F(Disputes, ChangedParametersLeaveOpenEscrowsAlone) {
  const Digest id = closing();
  Parameters dear = world_.rules.parameters;
  dear.fee_ppm = kFeePpmMax;
  world_.must(world_.stranger, world_.approved(kParametersType, ParametersChange{dear, 1, {}}, "GH"));
  world_.time_ms += kDisputeMs + 1;
  world_.must(world_.stranger, Reap{id});
  EXPECT_EQ(world_.ledger->escrow(id)->fee, micro(20));
  const Digest next = closing();
  world_.time_ms += kDisputeMs + 1;
  world_.must(world_.stranger, Reap{next});
  EXPECT_EQ(world_.ledger->escrow(next)->fee, micro(200));
  world_.expect_sound();
}

}  // namespace
}  // namespace ain::ledger
