// Attributions and what they pay: their bounds, the pool beyond 200 payees, draws from it.
#include "base/attribution.h"

#include "base/encoding.h"
#include "base/jws.h"
#include "base/merkle.h"
#include "tests/ledger/world.h"

namespace ain::ledger {
namespace {

std::vector<Payee> many(size_t count) {
  std::vector<Payee> payees;
  for (size_t i = 0; i < count; ++i) payees.push_back({unclaimed_payee(std::to_string(i)), static_cast<int64_t>(1 + i)});
  std::sort(payees.begin(), payees.end(), [](const Payee& a, const Payee& b) { return a.id < b.id; });
  return payees;
}

class Attributions : public testing::Test {
 protected:
  std::string told(const Json& attribution) {
    Json payload = jws_decode(world_.sign(world_.author, AttributionRegister{world_.attribution({})}), "ain-tx").payload;
    payload["body"]["attribution"] = attribution;
    return world_.answer(jws_sign("ain-tx", payload, *world_.author.signer));
  }
  Json with(const char* member, Json value) const {
    Json json = to_json(world_.attribution({{world_.author.account.text(), 1}}));
    json[member] = std::move(value);
    return json;
  }
  World world_;
};

TEST_F(Attributions, AreRegisteredOnce) {
  Attribution attribution = world_.attribution({{world_.author.account.text(), 1}});
  world_.must(world_.payer, AttributionRegister{attribution});
  EXPECT_EQ(world_.answer(world_.author, AttributionRegister{attribution}), "exists");
  attribution.commit = std::string(40, 'c');  // another commit with the same tree has the same digest
  EXPECT_EQ(world_.answer(world_.author, AttributionRegister{attribution}), "exists");
  attribution.royalty = {RoyaltyKind::per_run, 5};
  EXPECT_EQ(world_.answer(world_.author, AttributionRegister{attribution}), "none");
  EXPECT_EQ(world_.ledger->attributions_by(world_.author.account, attribution.repository, attribution.tree).size(), 1u);
  EXPECT_EQ(world_.ledger->attribution_of(attribution.repository, std::string(40, 'c'))->royalty, attribution.royalty);
  world_.expect_sound();
}

TEST_F(Attributions, AreBounded) {
  const std::string a = world_.author.account.text(), b = unclaimed_payee("b");
  const Json pool{{"root", std::string(64, '0')}, {"count", 1}, {"weight", 1}};
  const auto payees = [&](const std::vector<Payee>& list) {
    Json json = Json::array();
    for (const Payee& payee : list) json.push_back({{"id", payee.id}, {"weight", payee.weight}});
    return with("payees", json);
  };
  const auto changed_pool = [&](const char* member, Json value) {
    Json json = pool;
    json[member] = std::move(value);
    return with("pool", json);
  };
  Json two_royalties = with("royalty_per_run", 1), none = with("commit", std::string(40, 'a'));
  none.erase("royalty_ppm");
  const std::vector<Json> bad{payees(many(201)),
                              payees({{a, 1}, {a, 1}}),
                              payees({{b, 1}, {a, 1}}),
                              payees({{a, 0}}),
                              payees({{a, -1}}),
                              payees({{a, kWeightMax + 1}}),
                              payees({{"", 1}}),
                              payees({{"pool", 1}}),
                              payees({{"unclaimed:00", 1}}),
                              payees({{b + "@", 1}}),
                              payees({{b + "@repo1", 1}}),
                              payees({{a + "@" + RepositoryId{}.text(), 1}}),
                              with("payees", Json::array({{{"id", a}, {"weight", 1}, {"name", "Ada"}}})),
                              with("payees", 1),
                              with("commit", std::string(39, 'a')),
                              with("tree", std::string(40, 'G')),
                              with("repository", "repo1"),
                              with("royalty_ppm", kPpm + 1),
                              with("royalty_ppm", -1),
                              two_royalties,
                              none,
                              with("extra", 1),
                              Json::object(),
                              changed_pool("root", std::string(64, 'A')),
                              changed_pool("count", 0),
                              changed_pool("weight", 0),
                              changed_pool("count", 2)};  // lighter than they are many
  for (const Json& json : bad) EXPECT_EQ(told(json), "bad_attribution") << json;
  EXPECT_EQ(told(1), "malformed");
  EXPECT_EQ(told(payees(many(200))), "none");
  EXPECT_EQ(told(payees({})), "none");
  EXPECT_EQ(told(with("pool", pool)), "none");
  EXPECT_EQ(told(payees({{b + "@" + RepositoryId{}.text(), kWeightMax}})), "none");
}

// 200 payees are paid at once; of 201 the lightest one waits in the pool.
TEST_F(Attributions, PaysTwoHundredAtOnce) {
  for (size_t count : {size_t{200}, size_t{201}}) {
    const Attribution attribution = world_.attribution(many(count));
    EXPECT_EQ(attribution.pool.has_value(), count == 201);
    const Digest id = world_.open_escrow(attribution, true);
    world_.must(world_.provider, Settle{id, world_.voucher(id, 3'600'000'000), ""});
    const EscrowState escrow = *world_.ledger->escrow(id);
    ASSERT_EQ(escrow.paid_authors.size(), count);
    int64_t sum = 0;
    for (const Payout& payout : escrow.paid_authors) sum += payout.amount.micro();
    EXPECT_EQ(sum, 36'000);
    if (count == 201) {
      EXPECT_EQ(escrow.paid_authors.back().payee, "pool");
      EXPECT_EQ(world_.ledger->supply().pooled, escrow.paid_authors.back().amount);
    }
  }
  world_.expect_sound();
}

class Pool : public Attributions {
 protected:
  Pool() {
    attribution_ = world_.attribution({});
    attribution_.payees = many(203);  // the pooled ones weigh 1, 2 and 3
    pooled_ = divide_payees(attribution_);
    for (const Payee& payee : pooled_) leaves_.push_back(pool_leaf(payee));
  }
  void run(int64_t run_us = 3'600'000'000) {
    const Digest id = world_.open_escrow(attribution_, true);
    world_.must(world_.provider, Settle{id, world_.voucher(id, run_us), ""});
  }
  PoolDraw draw(size_t index) const { return {attribution_.digest(), pooled_[index], static_cast<int64_t>(index), merkle_path(leaves_, index)}; }
  int64_t pooled() const { return world_.ledger->supply().pooled.micro(); }

  Attribution attribution_;
  std::vector<Payee> pooled_;
  std::vector<Digest> leaves_;
};

TEST_F(Pool, PaysEachItsPartWithAProof) {
  ASSERT_EQ(pooled_.size(), 3u);
  EXPECT_EQ(attribution_.pool->weight, 6);
  run();
  const int64_t held = pooled();
  EXPECT_EQ(held, 36'000 * 6 / (203 * 204 / 2));
  int64_t drawn = 0;
  for (size_t i = 0; i < pooled_.size(); ++i) {
    world_.must(world_.stranger, draw(i));
    const int64_t owed = held * pooled_[i].weight / 6;
    drawn += owed;
    EXPECT_EQ(pooled(), held - drawn);
    EXPECT_EQ(world_.answer(world_.stranger, draw(i)), "nothing_due");
  }
  run();
  run();
  for (size_t i = 0; i < pooled_.size(); ++i) EXPECT_EQ(world_.answer(world_.stranger, draw(i)), "none");
  // Never more than the floor of its part of all that has come in; so at most one µAIN a payee stays.
  EXPECT_LT(pooled(), 3);
  world_.expect_sound();
}

TEST_F(Pool, RefusesWrongProofs) {
  EXPECT_EQ(world_.answer(world_.stranger, draw(0)), "unknown_attribution");
  run();
  const PoolDraw good = draw(1);
  const auto told = [&](auto change) {
    PoolDraw body = good;
    change(body);
    return world_.answer(world_.stranger, body);
  };
  EXPECT_EQ(told([](PoolDraw& body) { body.index = 0; }), "bad_proof");
  EXPECT_EQ(told([](PoolDraw& body) { body.index = 3; }), "bad_proof");
  EXPECT_EQ(told([](PoolDraw& body) { body.index = kPoolPayeesMax; }), "bad_proof");
  EXPECT_EQ(told([](PoolDraw& body) { ++body.payee.weight; }), "bad_proof");
  EXPECT_EQ(told([&](PoolDraw& body) { body.payee.id = world_.stranger.account.text(); }), "bad_proof");
  EXPECT_EQ(told([](PoolDraw& body) { body.path.pop_back(); }), "bad_proof");
  EXPECT_EQ(told([](PoolDraw& body) { body.path.push_back({}); }), "bad_proof");
  EXPECT_EQ(told([](PoolDraw& body) { body.path.clear(); }), "bad_proof");
  EXPECT_EQ(told([](PoolDraw& body) { body.path[0][0] ^= 1; }), "bad_proof");
  EXPECT_EQ(told([](PoolDraw& body) { body.attribution = sha256("x"); }), "unknown_attribution");
  EXPECT_EQ(told([&](PoolDraw&) {}), "none");
  const Attribution poolless = world_.attribution({});
  world_.must(world_.author, AttributionRegister{poolless});
  EXPECT_EQ(told([&](PoolDraw& body) { body.attribution = poolless.digest(); }), "unknown_attribution");
}

// Before anything has come in, and where so little has that a part of it is nothing.
TEST_F(Pool, NothingIsDueOfNothing) {
  world_.must(world_.author, AttributionRegister{attribution_});
  EXPECT_EQ(world_.answer(world_.stranger, draw(0)), "nothing_due");
  run(10'000'000);
  EXPECT_EQ(pooled(), 0);
  EXPECT_EQ(world_.answer(world_.stranger, draw(0)), "nothing_due");
}

// The root is the registrar's word: payees that weigh more than the pool says cannot take more than there is.
TEST_F(Pool, ALyingPoolPaysWhatItHas) {
  const std::vector<Payee> liars{{unclaimed_payee("1"), 5}, {unclaimed_payee("2"), 5}};
  const std::vector<Digest> leaves{pool_leaf(liars[0]), pool_leaf(liars[1])};
  attribution_ = world_.attribution({{world_.author.account.text(), 1}});
  attribution_.pool = PayeePool{merkle_root(leaves), 2, 6};
  run();
  const int64_t held = pooled();
  world_.must(world_.stranger, PoolDraw{attribution_.digest(), liars[0], 0, merkle_path(leaves, 0)});
  EXPECT_EQ(pooled(), held - held * 5 / 6);
  world_.must(world_.stranger, PoolDraw{attribution_.digest(), liars[1], 1, merkle_path(leaves, 1)});
  EXPECT_EQ(pooled(), 0);
  EXPECT_EQ(world_.answer(world_.stranger, PoolDraw{attribution_.digest(), liars[1], 1, merkle_path(leaves, 1)}), "nothing_due");
  // And one payee that weighs more than all is none of it.
  const Payee heavy{unclaimed_payee("3"), 7};
  attribution_.pool = PayeePool{pool_leaf(heavy), 1, 6};
  run();
  EXPECT_EQ(world_.answer(world_.stranger, PoolDraw{attribution_.digest(), heavy, 0, {}}), "bad_proof");
  world_.expect_sound();
}

}  // namespace

// The split itself, beside what the ledger makes of it.
TEST(Split, SumsExactlyWhateverTheOrder) {
  std::vector<Payee> payees = many(17);
  for (int64_t total : {0, 1, 2, 16, 17, 999, 1'000'003}) {
    std::map<std::string, int64_t> expected;
    for (int turn = 0; turn < 3; ++turn) {
      std::rotate(payees.begin(), payees.begin() + 5, payees.end());
      const auto amounts = split_by_weight(total, payees);
      std::map<std::string, int64_t> now;
      int64_t sum = 0;
      for (size_t i = 0; i < payees.size(); ++i) sum += now[payees[i].id] = amounts[i];
      EXPECT_EQ(sum, total);
      if (turn > 0) {
        EXPECT_EQ(now, expected);
      }
      expected = now;
    }
  }
  EXPECT_EQ(split_by_weight(kAmountMax, {{"a", kWeightMax}, {"b", kWeightMax}}), (std::vector<int64_t>{kAmountMax / 2 + 1, kAmountMax / 2}));
  EXPECT_TRUE(split_by_weight(5, {}).empty());
}

}  // namespace ain::ledger
