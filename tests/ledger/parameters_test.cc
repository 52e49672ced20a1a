// What a network's governors may change, and how.
#include "tests/ledger/world.h"

namespace ain::ledger {
namespace {

class ParametersTest : public testing::Test {
 protected:
  ParametersTest() : world_(World::governed()) {}
  ParametersChange change(const Parameters& parameters, int64_t sequence, std::string_view by) const {
    return world_.approved(kParametersType, ParametersChange{parameters, sequence, {}}, by);
  }
  std::string told(const ParametersChange& body) { return world_.answer(world_.stranger, body); }
  Parameters good() const {
    Parameters parameters = world_.rules.parameters;
    parameters.fee_ppm = 7;
    return parameters;
  }
  World world_;
};

TEST_F(ParametersTest, AQuorumOfTheGovernorsChangesThem) {
  EXPECT_EQ(world_.ledger->parameters().sequence, 0);
  EXPECT_EQ(world_.ledger->parameters().parameters, world_.rules.parameters);
  for (const std::string_view by : {"", "G", "GG", "GJ", "GHX", "JK"}) EXPECT_EQ(told(change(good(), 1, by)), "no_quorum") << by;
  EXPECT_EQ(told(change(good(), 2, "GH")), "bad_sequence");
  EXPECT_EQ(told(change(good(), 1, "GI")), "none");
  EXPECT_EQ(world_.ledger->parameters().parameters, good());
  EXPECT_EQ(told(change(good(), 1, "GH")), "bad_sequence");
  EXPECT_EQ(told(change(good(), 2, "GHI")), "none");
  world_.open();
  EXPECT_EQ(world_.ledger->parameters().sequence, 2);
  world_.expect_sound();
}

// An approval is of one change, of one number, on one network.
TEST_F(ParametersTest, ApprovalsAreForOneChange) {
  ParametersChange body = change(good(), 1, "GH");
  body.parameters.fee_ppm = 8;
  EXPECT_EQ(told(body), "no_quorum");
  body = change(good(), 1, "");
  for (char seed : {'G', 'H'}) {
    const Actor actor(seed);
    body.approvals.push_back(sign_approval(kParametersType, agreed("lab-00", body), actor.account, *actor.signer));
  }
  EXPECT_EQ(told(body), "no_quorum");
  body = change(good(), 1, "G");
  body.approvals.push_back(sign_approval(kParametersType, agreed(world_.ledger->network(), body), Actor('H').account, *Actor('I').signer));
  EXPECT_EQ(told(body), "no_quorum");  // in another's name
  body = change(good(), 1, "G");
  body.approvals.push_back(sign_approval(kVerdictType, agreed(world_.ledger->network(), body), Actor('H').account, *Actor('H').signer));
  EXPECT_EQ(told(body), "no_quorum");  // of another kind
  EXPECT_EQ(told(change(good(), 1, "GH")), "none");
}

TEST_F(ParametersTest, TheGovernorsInForceDecide) {
  Parameters next = good();
  next.governors = World::council("X", 1);
  EXPECT_EQ(told(change(next, 1, "GH")), "none");
  EXPECT_EQ(told(change(good(), 2, "GH")), "no_quorum");
  next.governors = {};
  EXPECT_EQ(told(change(next, 2, "X")), "none");
  EXPECT_EQ(told(change(good(), 3, "X")), "no_quorum");  // nobody decides any more
  EXPECT_EQ(told(change(good(), 3, "")), "no_quorum");
  world_.expect_sound();
}

TEST_F(ParametersTest, AreBounded) {
  const std::vector<std::pair<std::function<void(Parameters&)>, const char*>> cases{
      {[](Parameters& p) { p.fee_ppm = kFeePpmMax + 1; }, "malformed"},
      {[](Parameters& p) { p.fee_ppm = -1; }, "malformed"},
      {[](Parameters& p) { p.bond_min = micro(-1); }, "malformed"},
      {[](Parameters& p) { p.bond_min = micro(kAmountMax + 1); }, "malformed"},
      {[](Parameters& p) { p.resolve_within_ms = 0; }, "malformed"},
      {[](Parameters& p) { p.resolve_within_ms = kResolveWithinMaxMs + 1; }, "malformed"},
      {[](Parameters& p) { p.unbond_within_ms = kUnbondWithinMaxMs + 1; }, "malformed"},
      {[](Parameters& p) { p.governors.members.assign(kGovernorsMax + 1, AccountId{}); }, "malformed"},
      {[](Parameters& p) { p.unbond_within_ms = kDisputeWithinMaxMs - 1; }, "bad_parameters"},
      {[](Parameters& p) { p.governors.quorum = 0; }, "bad_parameters"},
      {[](Parameters& p) { p.governors.quorum = 4; }, "bad_parameters"},
      {[](Parameters& p) { p.arbiters = {{}, 1}; }, "bad_parameters"},
      {[](Parameters& p) { std::swap(p.arbiters.members[0], p.arbiters.members[1]); }, "bad_parameters"},
      {[](Parameters& p) { p.arbiters.members[0] = p.arbiters.members[1]; }, "bad_parameters"},
      {[](Parameters& p) { p.fee_ppm = kFeePpmMax; }, "none"}};
  for (size_t i = 0; i < cases.size(); ++i) {
    Parameters parameters = good();
    cases[i].first(parameters);
    EXPECT_EQ(told(change(parameters, 1, "GH")), cases[i].second) << i;
  }
  EXPECT_THROW(parameters_from_json(Json::object()), Error);
}

TEST_F(ParametersTest, TakeEffectAtOnce) {
  Parameters next = good();
  next.bond_min = Amount();
  next.unbond_within_ms = kDisputeWithinMaxMs;
  const Offer offer{node_number('N'), "unix:/x", 1, 1, 1, {}, 1, 1};
  EXPECT_EQ(world_.answer(world_.provider, offer), "bond_needed");
  // In one block: the change, and what it allows.
  const auto applied = world_.ledger->submit({world_.sign(world_.stranger, change(next, 1, "GH")), world_.sign(world_.provider, offer)}, world_.time_ms);
  EXPECT_EQ(refusal_name(applied.at(1).refusal), "none");
  world_.fund(world_.provider, 100);
  world_.must(world_.provider, BondDeposit{micro(100)});
  world_.must(world_.provider, BondUnbond{micro(100)});
  EXPECT_EQ(world_.ledger->bond(world_.provider.account)->unbonding.at(0).due_ms, world_.time_ms + kDisputeWithinMaxMs);
  world_.expect_sound();
}

TEST(ParametersWithout, GovernorsNobodyChangesThem) {
  World world;
  EXPECT_EQ(world.answer(world.treasury, world.approved(kParametersType, ParametersChange{world.rules.parameters, 1, {}}, "T")), "no_quorum");
}

}  // namespace
}  // namespace ain::ledger
