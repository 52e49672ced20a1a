#include "ledger/genesis.h"

#include "base/error.h"
#include "tests/ledger/world.h"

namespace ain::ledger {
namespace {

TEST(Genesis, JsonRoundTripAndGoldenId) {
  Genesis genesis = World::genesis();
  Json json = to_json(genesis);
  EXPECT_EQ(canonical(json),
            R"({"created_ms":1700000000000,"faucet":5000000,"name":"test","parameters":{"arbiters":{"members":[],"quorum":0},)"
            R"("bond_min":0,"fee_ppm":0,"governors":{"members":[],"quorum":0},"resolve_within_ms":259200000,)"
            R"("unbond_within_ms":1209600000},"royalty_ppm":100000,)"
            R"("sequencer":"-AzM3OSuHAeuIIoq35mjEK5CB-Awb6AjYRCwaCe7uNA","supply":1000000000,)"
            R"("treasury":"n0lDnp2wlbxBEe0l01eV2DG8VaBH9LHX9q7jd3u0EiA"})");
  EXPECT_EQ(genesis_from_json(json), genesis);
  EXPECT_EQ(network_id(genesis), "test-94c0c5465ea980139f35ebe6f11f3ddf");
}

TEST(Genesis, EveryParameterChangesTheNetwork) {
  const std::string id = network_id(World::genesis());
  for (auto change : std::vector<void (*)(Genesis&)>{
           [](Genesis& g) { g.name = "test2"; }, [](Genesis& g) { ++g.created_ms; },
           [](Genesis& g) { std::swap(g.sequencer, g.treasury); },
           [](Genesis& g) { g.supply += Amount::micro(1); }, [](Genesis& g) { g.faucet += Amount::micro(1); },
           [](Genesis& g) { ++g.royalty_ppm; }, [](Genesis& g) { ++g.parameters.fee_ppm; },
           [](Genesis& g) { g.parameters.bond_min += Amount::micro(1); }, [](Genesis& g) { ++g.parameters.unbond_within_ms; },
           [](Genesis& g) { --g.parameters.resolve_within_ms; },
           [](Genesis& g) { g.parameters.governors = World::council("G", 1); },
           [](Genesis& g) { g.parameters.arbiters = World::council("G", 1); }}) {
    Genesis genesis = World::genesis();
    change(genesis);
    EXPECT_NE(network_id(genesis), id);
  }
}

TEST(Genesis, RefusesWhatIsOutOfBounds) {
  const Json good = to_json(World::genesis());
  const std::string small_order = "AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";  // the identity point
  std::vector<std::pair<const char*, Json>> bad{{"name", ""},
                                                {"name", "Upper"},
                                                {"name", std::string(33, 'a')},
                                                {"name", "a b"},
                                                {"supply", 0},
                                                {"supply", -1},
                                                {"supply", kAmountMax + 1},
                                                {"faucet", -1},
                                                {"faucet", 1000000001},
                                                {"royalty_ppm", 1000001},
                                                {"royalty_ppm", -1},
                                                {"created_ms", "x"},
                                                {"treasury", "zz"},
                                                {"treasury", small_order},
                                                {"sequencer", small_order},
                                                {"parameters", Json::object()},
                                                {"extra", 1}};
  for (const auto& [member, value] : bad) {
    Json json = good;
    json[member] = value;
    EXPECT_THROW(genesis_from_json(json), Error) << member << " " << value;
  }
  for (const auto& item : good.items()) {
    Json json = good;
    json.erase(item.key());
    EXPECT_THROW(genesis_from_json(json), Error) << "without " << item.key();
  }
}

}  // namespace
}  // namespace ain::ledger
