// A provider's bond: in, locked by leases, out after a delay; what an offer needs of it.
#include "ledger/store.h"
#include "tests/ledger/world.h"

namespace ain::ledger {
namespace {

class Bond : public testing::Test {
 protected:
  Bond() : world_(World::governed()) { world_.fund(world_.provider, 10'000); }
  int64_t bonded() const { return world_.ledger->account(world_.provider.account).bonded.micro(); }
  BondState state() const { return world_.ledger->bond(world_.provider.account).value_or(BondState{}); }
  Offer offer(char node = 'N', int64_t valid_for_ms = kHourMs) const { return {node_number(node), "unix:/x", 1, 1, 1, {}, 1, valid_for_ms}; }
  std::string told(const Body& body) { return world_.answer(world_.provider, body); }
  EscrowOpen terms(int64_t bond) const {
    EscrowOpen body = world_.terms(attribution());
    body.bond = micro(bond);
    return body;
  }
  Attribution attribution() const { return world_.attribution({{world_.author.account.text(), 1}}); }

  World world_;
  const int64_t delay_ms_ = World::governed().parameters.unbond_within_ms;
};

TEST_F(Bond, GoesInAndComesOutAfterItsDelay) {
  world_.must(world_.provider, BondDeposit{micro(3000)});
  EXPECT_EQ(bonded(), 3000);
  EXPECT_EQ(world_.available(world_.provider), 7000);
  EXPECT_EQ(world_.ledger->supply().bonded, micro(3000));
  world_.must(world_.provider, BondUnbond{micro(1000)});
  world_.time_ms += 10;
  world_.must(world_.provider, BondUnbond{micro(500)});
  EXPECT_EQ(bonded(), 3000);  // still there, and still worth something to nobody
  EXPECT_EQ(told(BondWithdraw{}), "nothing_due");
  world_.time_ms += delay_ms_ - 11;
  EXPECT_EQ(told(BondWithdraw{}), "nothing_due");
  world_.time_ms += 1;
  world_.must(world_.provider, BondWithdraw{});
  EXPECT_EQ(bonded(), 2000);
  EXPECT_EQ(world_.available(world_.provider), 8000);
  world_.time_ms += 10;
  world_.must(world_.provider, BondWithdraw{});
  EXPECT_EQ(bonded(), 1500);
  EXPECT_EQ(told(BondWithdraw{}), "nothing_due");
  EXPECT_FALSE(world_.ledger->bond(world_.provider.account));
  world_.expect_sound();
}

TEST_F(Bond, AmountsAreBounded) {
  EXPECT_EQ(told(BondDeposit{Amount()}), "bad_amount");
  EXPECT_EQ(told(BondDeposit{micro(10'001)}), "insufficient_funds");
  EXPECT_EQ(told(BondDeposit{micro(kAmountMax)}), "insufficient_funds");
  world_.must(world_.provider, BondDeposit{micro(1000)});
  EXPECT_EQ(told(BondUnbond{Amount()}), "bad_amount");
  EXPECT_EQ(told(BondUnbond{micro(1001)}), "bond_needed");
  EXPECT_EQ(told(BondUnbond{micro(kAmountMax)}), "bond_needed");
  world_.must(world_.provider, BondUnbond{micro(600)});
  EXPECT_EQ(told(BondUnbond{micro(401)}), "bond_needed");
}

TEST_F(Bond, PartsOnTheirWayOutAreBounded) {
  world_.must(world_.provider, BondDeposit{micro(5000)});
  world_.must(world_.provider, std::vector<Body>(kUnbondingMax, BondUnbond{micro(1)}));
  EXPECT_EQ(told(BondUnbond{micro(1)}), "too_many");
  world_.time_ms += delay_ms_;
  world_.must(world_.provider, std::vector<Body>{BondWithdraw{}, BondUnbond{micro(1)}});
  EXPECT_EQ(bonded(), 5000 - static_cast<int64_t>(kUnbondingMax));
  world_.expect_sound();
}

TEST_F(Bond, AnOfferNeedsIt) {
  EXPECT_EQ(told(offer()), "bond_needed");
  world_.must(world_.provider, BondDeposit{micro(999)});
  EXPECT_EQ(told(offer()), "bond_needed");
  world_.must(world_.provider, BondDeposit{micro(501)});
  EXPECT_EQ(told(offer()), "none");
  // As long as an offer stands, so must the bond.
  EXPECT_EQ(told(BondUnbond{micro(501)}), "bond_needed");
  EXPECT_EQ(told(BondUnbond{micro(500)}), "none");
  EXPECT_EQ(told(offer('M')), "none");
  world_.must(world_.provider, OfferWithdraw{node_number('M')});
  EXPECT_EQ(told(BondUnbond{micro(1)}), "bond_needed");
  world_.time_ms += kHourMs;  // it has expired
  EXPECT_EQ(told(BondUnbond{micro(1)}), "none");
  EXPECT_EQ(told(offer()), "bond_needed");
  world_.expect_sound();
}

TEST_F(Bond, ALeaseLocksIt) {
  world_.must(world_.provider, BondDeposit{micro(1500)});
  const Digest id = world_.open_escrow(attribution(), terms(1000), false);
  EXPECT_EQ(state().locked, Amount());
  world_.must(world_.provider, LeaseAccept{id, attribution().digest()});
  EXPECT_EQ(state().locked, micro(1000));
  EXPECT_EQ(told(BondUnbond{micro(501)}), "bond_needed");
  EXPECT_EQ(told(offer()), "none");  // locked, but standing
  const Digest second = world_.open_escrow(attribution(), terms(501), false);
  EXPECT_EQ(told(LeaseAccept{second, attribution().digest()}), "bond_needed");
  world_.must(world_.provider, Settle{id, world_.voucher(id, 1'000'000), ""});
  EXPECT_EQ(state().locked, Amount());
  world_.must(world_.provider, LeaseAccept{second, attribution().digest()});
  world_.must(world_.provider, Release{second, ""});
  EXPECT_EQ(state().locked, Amount());
  EXPECT_EQ(bonded(), 1500);
  world_.expect_sound();
}

// What is unbonding cannot be locked, and what is locked comes back to the bond after each way a lease can end.
TEST_F(Bond, UnlocksHoweverALeaseEnds) {
  world_.must(world_.provider, BondDeposit{micro(1000)});
  const Digest blocked = world_.open_escrow(attribution(), terms(1000), false);
  world_.must(world_.provider, BondUnbond{micro(1)});
  EXPECT_EQ(told(LeaseAccept{blocked, attribution().digest()}), "bond_needed");
  world_.must(world_.payer, Release{blocked, ""});
  const std::vector<std::function<void(const Digest&)>> ends{
      [&](const Digest& id) { world_.must(world_.provider, Settle{id, world_.voucher(id, 0), ""}); },
      [&](const Digest& id) { world_.must(world_.provider, Release{id, ""}); },
      [&](const Digest& id) {
        world_.time_ms += 2 * kHourMs + kReapGraceMs + 1;
        world_.must(world_.stranger, Reap{id});
      },
      [&](const Digest& id) {
        world_.must(world_.provider, Settle{id, world_.voucher(id, 5'000'000), "", false});
        world_.time_ms += 2 * kHourMs + kReapGraceMs + 1;
        world_.must(world_.stranger, Reap{id});
      }};
  for (const auto& end : ends) {
    const Digest id = world_.open_escrow(attribution(), terms(999));
    EXPECT_EQ(state().locked, micro(999));
    end(id);
    EXPECT_EQ(state().locked, Amount());
    EXPECT_EQ(bonded(), 1000);
  }
  world_.expect_sound();
}

TEST_F(Bond, AnAccountOffersABoundedNumberOfNodes) {
  world_.must(world_.provider, BondDeposit{micro(1000)});
  Offer each = offer();
  std::vector<Body> offers;
  for (size_t i = 0; i < kOffersPerAccountMax; ++i) {
    each.node.bytes[0] = static_cast<unsigned char>(i);
    offers.push_back(each);
  }
  for (size_t at = 0; at < offers.size(); at += kBatchItemsMax) {
    world_.must(world_.provider, std::vector<Body>(offers.begin() + static_cast<std::ptrdiff_t>(at),
                                                   offers.begin() + static_cast<std::ptrdiff_t>(std::min(at + kBatchItemsMax, offers.size()))));
  }
  EXPECT_EQ(told(each), "none");  // replaces
  each.node.bytes[1] = 1;
  EXPECT_EQ(told(each), "too_many");
  world_.time_ms += kHourMs;
  EXPECT_EQ(told(each), "none");  // the others have expired
  EXPECT_EQ(world_.ledger->offers(0).size(), 1u);
}

}  // namespace
}  // namespace ain::ledger
