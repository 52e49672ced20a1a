#include "ledger/voucher.h"

#include "base/encoding.h"
#include "base/error.h"
#include "base/jws.h"
#include "tests/ledger/world.h"

namespace ain::ledger {
namespace {

DebitNote sample_note() { return {"test-00", sha256("escrow"), 3, 1'500'000, Amount::micro(150), true}; }
Voucher sample_voucher() { return {"test-00", sha256("escrow"), 4, 2'000'000, Amount::micro(200), true}; }

template <typename Call>
ErrorKind kind_of(Call call) {
  try {
    call();
  } catch (const Error& error) {
    return error.kind();
  }
  ADD_FAILURE() << "nothing thrown";
  return ErrorKind::bug;
}

TEST(Voucher, ComesBackAsItWasSigned) {
  Actor actor('A');
  DebitNote note = open_note(sign_note(sample_note(), *actor.signer), actor.signer->public_key());
  EXPECT_EQ(note.network, "test-00");
  EXPECT_EQ(note.escrow, sha256("escrow"));
  EXPECT_EQ(note.sequence, 3);
  EXPECT_EQ(note.run_us, 1'500'000);
  EXPECT_EQ(note.amount, Amount::micro(150));
  EXPECT_TRUE(note.final);
  Voucher voucher = open_voucher(sign_voucher(sample_voucher(), *actor.signer), actor.signer->public_key());
  EXPECT_EQ(voucher.escrow, sha256("escrow"));
  EXPECT_EQ(voucher.sequence, 4);
  EXPECT_EQ(voucher.run_us, 2'000'000);
  EXPECT_EQ(voucher.amount, Amount::micro(200));
  EXPECT_TRUE(voucher.final);
}

TEST(Voucher, Golden) {
  Actor actor('A');
  EXPECT_EQ(to_hex(sha256(sign_note(sample_note(), *actor.signer))),
            "e939f39e93a38a1a9311143d39774f4cfaee104c08bdb90f23c3aa356a9525e6");
  EXPECT_EQ(to_hex(sha256(sign_voucher(sample_voucher(), *actor.signer))),
            "909a6411310500ecbd4587903a51ef7b305528183d7fcba9b1f8ed6d5279904e");
}

TEST(Voucher, OnlyTheRightKeyAndTheRightKind) {
  Actor actor('A'), other('O');
  std::string note = sign_note(sample_note(), *actor.signer),
              voucher = sign_voucher(sample_voucher(), *actor.signer);
  EXPECT_EQ(kind_of([&] { open_note(note, other.signer->public_key()); }), ErrorKind::bad_signature);
  EXPECT_EQ(kind_of([&] { open_voucher(voucher, other.signer->public_key()); }), ErrorKind::bad_signature);
  EXPECT_EQ(kind_of([&] { open_note(voucher, actor.signer->public_key()); }), ErrorKind::bad_signature);
  EXPECT_EQ(kind_of([&] { open_voucher(note, actor.signer->public_key()); }), ErrorKind::bad_signature);
  std::string odd = jws_sign("ain-note", {{"network", "x"}}, *actor.signer);
  EXPECT_EQ(kind_of([&] { open_note(odd, actor.signer->public_key()); }), ErrorKind::bad_signature);
  std::string large(kVoucherBytesMax + 1, 'a');
  EXPECT_EQ(kind_of([&] { open_note(large, actor.signer->public_key()); }), ErrorKind::bad_signature);
}

TEST(Voucher, Money) {
  EXPECT_EQ(metered_amount(100, 0), Amount());
  EXPECT_EQ(metered_amount(100, 9'999), Amount());  // 0.9999 µAIN
  EXPECT_EQ(metered_amount(100, 10'000), Amount::micro(1));
  EXPECT_EQ(metered_amount(3, 1'999'999), Amount::micro(5));  // 5.999997
  EXPECT_THROW(metered_amount(int64_t{1} << 46, int64_t{1} << 53), Error);
}

TEST(Voucher, CostByRoyalty) {
  constexpr int64_t kHourUs = 3'600'000'000;
  struct Case {
    LeaseTerms terms;
    int64_t run_us;
    int64_t compute, royalty, fee;
  };
  const std::vector<Case> cases{
      {{100, 1, {RoyaltyKind::rate, 100'000}, 0}, kHourUs, 360'000, 36'000, 0},
      {{1, 1, {RoyaltyKind::rate, 100'000}, 100'000}, 19'000'000, 19, 1, 1},  // 1.9 each
      {{100, 1, {RoyaltyKind::rate, 0}, 20'000}, kHourUs, 360'000, 0, 7'200},
      {{100, 1, {RoyaltyKind::rate, kPpm}, 0}, kHourUs, 360'000, 360'000, 0},
      {{100, 1, {RoyaltyKind::per_run, 500}, 0}, 1, 0, 500, 0},
      {{100, 1, {RoyaltyKind::per_run, 500}, 0}, 0, 0, 0, 0},                 // nothing ran
      {{0, 1, {RoyaltyKind::per_run, 500}, 20'000}, kHourUs, 0, 500, 0},
      {{100, 8, {RoyaltyKind::per_hour, 1000}, 0}, kHourUs / 2, 180'000, 4000, 0},
      {{100, 1, {RoyaltyKind::per_hour, 1000}, 0}, 3'599'999, 359, 0, 0},     // 0.99999972
      {{0, kUnitsMax, {RoyaltyKind::per_hour, 1}, 0}, kRunWithinMaxMs * 1000, 0, 720 * kUnitsMax, 0},
  };
  for (const Case& each : cases) {
    const Cost cost = cost_of(each.terms, each.run_us);
    EXPECT_EQ(cost.compute, micro(each.compute)) << to_json(Attribution{.royalty = each.terms.royalty});
    EXPECT_EQ(cost.royalty, micro(each.royalty));
    EXPECT_EQ(cost.fee, micro(each.fee));
    EXPECT_EQ(cost.total(), cost.compute + cost.royalty + cost.fee);
  }
  EXPECT_THROW(cost_of({kLeasePriceMax, 1, {}, 0}, int64_t{1} << 41), Error);
  EXPECT_THROW(cost_of({0, kUnitsMax, {RoyaltyKind::per_hour, kRoyaltyAmountMax}, 0}, kRunWithinMaxMs * 1000), Error);
}

// More time never costs less in any part, so the deposit for run_us_max covers every settlement.
TEST(Voucher, CostNeverFallsWithTime) {
  for (RoyaltyKind kind : {RoyaltyKind::rate, RoyaltyKind::per_run, RoyaltyKind::per_hour}) {
    const LeaseTerms terms{7, 3, {kind, 123'457}, 19'999};
    Cost last;
    for (int64_t run_us = 0; run_us < 40'000'000; run_us += 333'331) {
      const Cost cost = cost_of(terms, run_us);
      EXPECT_GE(cost.compute, last.compute);
      EXPECT_GE(cost.royalty, last.royalty);
      EXPECT_GE(cost.fee, last.fee);
      last = cost;
    }
  }
}

}  // namespace
}  // namespace ain::ledger
