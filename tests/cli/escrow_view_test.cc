#include "cli/escrow_view.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/time.h"

namespace ain::cli {
namespace {

using ledger::EscrowPhase;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr int64_t kDeadlineMs = 1'800'000'000'000, kSecondUs = 1'000'000;

AccountId account(char seed) { return account_of(key_from_seed(std::string(32, seed))->public_key()); }

ledger::EscrowState escrow(EscrowPhase phase) {
  ledger::EscrowState escrow;
  escrow.id.fill(0xab);
  escrow.payer = account('P');
  escrow.provider = account('V');
  escrow.terms.price_per_second = 100;
  escrow.terms.run_us_max = 60 * kSecondUs;
  escrow.terms.bond = Amount::micro(5'000'000);
  escrow.best_us = 20 * kSecondUs;
  escrow.phase = phase;
  escrow.deadline_ms = kDeadlineMs;
  return escrow;
}
const ledger::Council kArbiters{{account('J'), account('K')}, 2};

TEST(EscrowView, SaysWhoMayDoWhatAndUntilWhen) {
  const auto steps = next_steps(escrow(EscrowPhase::closing), kArbiters, kDeadlineMs);  // the last millisecond is still in time
  ASSERT_THAT(steps, SizeIs(2));
  EXPECT_EQ(to_json(steps[0]), (Json{{"by", "payer"},
                                     {"accounts", {account('P').text()}},
                                     {"until", kDeadlineMs},
                                     {"what", "dispute it, for the arbiters to decide"},
                                     {"command", "ain ledger challenge abababababab --evidence FILE"}}));
  EXPECT_EQ(steps[1].by, "provider");
  EXPECT_THAT(steps[1].accounts, ElementsAre(account('V')));
  const auto verdict = next_steps(escrow(EscrowPhase::disputed), kArbiters, kDeadlineMs);
  ASSERT_THAT(verdict, SizeIs(1));
  EXPECT_EQ(verdict[0].accounts, kArbiters.members);
  EXPECT_EQ(verdict[0].what, "pay up to 20 s (0.002 AIN), and take up to 5 AIN of the bond");
  EXPECT_EQ(verdict[0].command, "ain ledger resolve abababababab --run DURATION [--slash AMOUNT]");
}

TEST(EscrowView, OffersNothingThatIsTooLateOrCannotBe) {
  for (const EscrowPhase phase : {EscrowPhase::closing, EscrowPhase::disputed}) {
    EXPECT_THAT(next_steps(escrow(phase), kArbiters, kDeadlineMs + 1), IsEmpty());
    EXPECT_THAT(dispute_lines(escrow(phase), kArbiters, kDeadlineMs + 1).back(), HasSubstr("after " + rfc3339(kDeadlineMs)));
  }
  for (const EscrowPhase phase : {EscrowPhase::open, EscrowPhase::leased, EscrowPhase::closed, EscrowPhase::refunded}) {
    EXPECT_THAT(next_steps(escrow(phase), kArbiters, 0), IsEmpty());
    EXPECT_THAT(dispute_lines(escrow(phase), kArbiters, 0), IsEmpty());
  }
  const auto lawless = next_steps(escrow(EscrowPhase::closing), {}, 0);  // nobody could decide
  ASSERT_THAT(lawless, SizeIs(1));
  EXPECT_EQ(lawless[0].by, "provider");
  ledger::EscrowState bare = escrow(EscrowPhase::disputed);
  bare.terms.bond = {};
  EXPECT_EQ(next_steps(bare, kArbiters, 0)[0].command, "ain ledger resolve abababababab --run DURATION");
}

TEST(EscrowView, APhaseThatIsNotTheOneIsNamed) {
  EXPECT_NO_THROW(need_phase(escrow(EscrowPhase::closing), EscrowPhase::closing));
  try {
    need_phase(escrow(EscrowPhase::refunded), EscrowPhase::disputed);
    FAIL() << "was taken";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::refused);
    EXPECT_THAT(error.message(), AllOf(HasSubstr("abababababab is refunded"), HasSubstr("its money has gone out")));
  }
}

}  // namespace
}  // namespace ain::cli
