#include "ledger/state.h"

#include <set>

#include "ledger/machine.h"
#include "ledger/state_root.h"
#include "ledger/store.h"
#include "tests/ledger/world.h"

namespace ain::ledger {
namespace {

class StateTest : public testing::Test {
 protected:
  using Rows = std::map<std::string, std::string>;
  Rows flush() {
    Rows written;
    state_.flush([&](const std::string& key, const std::optional<std::string>& value) {
      written[key] = value.value_or("(gone)");
    });
    return written;
  }
  Rows stored() {
    Rows rows;
    each_state_row(
        db_, [&](const std::string& key, const std::optional<std::string>& value) { rows[key] = *value; });
    return rows;
  }
  static AccountId account(char c) {
    AccountId id;
    id.bytes.fill(static_cast<unsigned char>(c));
    return id;
  }
  Database db_ = open_scratch_store();
  State state_{db_};
};

TEST_F(StateTest, WritesOnlyWhenFlushed) {
  const Holder a = Holder::of(account('a'));
  state_.mint(a, micro(5));
  EXPECT_EQ(state_.balance(a), micro(5));
  EXPECT_TRUE(stored().empty());
  state_.discard();
  EXPECT_EQ(state_.balance(a), Amount());
  state_.mint(a, micro(5));
  AccountRow row = state_.account(account('a'));
  row.nonce = 1;
  row.faucet_taken = true;
  state_.put(row);
  EXPECT_TRUE(state_.dirty());
  state_.accept();
  EXPECT_FALSE(state_.dirty());
  EXPECT_TRUE(stored().empty());
  const Rows written = flush();
  EXPECT_EQ(written, Rows({{"account/" + std::string(20, 'a'), R"({"available":5,"faucet_taken":1,"first_key":1,"full_keys":1,"nonce":1})"}}));
  EXPECT_EQ(stored(), written);
  EXPECT_EQ(State(db_).account(account('a')).nonce, 1);
}

// A refusal after another transaction of the same block takes back its own writes only.
TEST_F(StateTest, DiscardKeepsWhatTheBlockHas) {
  state_.mint(Holder::of(account('a')), micro(9));
  state_.accept();
  ASSERT_TRUE(state_.move(Holder::of(account('a')), Holder::bond(account('a')), micro(4)));
  state_.discard();
  EXPECT_EQ(state_.balance(Holder::of(account('a'))), micro(9));
  EXPECT_EQ(state_.balance(Holder::bond(account('a'))), Amount());
  EXPECT_EQ(flush().size(), 1u);
}

TEST_F(StateTest, MoneyOnlyMoves) {
  const Digest id = sha256("x");
  const RepositoryId repository{sha256("repository")};
  const std::vector<Holder> holders{Holder::of(account('a')), Holder::of(account('b')), Holder::escrow(id), Holder::bond(account('a')),
                                    Holder::unclaimed(repository, unclaimed_payee("x@y")), Holder::pool(id)};
  state_.mint(holders[0], micro(100));
  state_.accept();
  for (const Holder& from : holders) {
    for (const Holder& to : holders) {
      const Amount before = state_.balance(from);
      EXPECT_FALSE(state_.move(from, to, before + micro(1)));
      ASSERT_TRUE(state_.move(holders[0], from, std::min(state_.balance(holders[0]), micro(7))));
      const Amount has = state_.balance(from), had = state_.balance(to);
      ASSERT_TRUE(state_.move(from, to, has));
      EXPECT_EQ(state_.balance(to), from == to ? has : has + had);
      int64_t sum = 0;
      for (const Movement& movement : state_.movements(account('a'))) sum += movement.delta;
      EXPECT_EQ(sum, 0);
      state_.accept();
      flush();
      EXPECT_EQ(total_money(db_), micro(100)) << from.text() << " to " << to.text();
    }
  }
}

TEST_F(StateTest, NamesWhoeverMovedAndTheSender) {
  state_.mint(Holder::of(account('b')), micro(10));
  state_.accept();
  EXPECT_TRUE(state_.move(Holder::of(account('b')), Holder::escrow(sha256("e")), micro(3)));
  EXPECT_TRUE(state_.move(Holder::of(account('b')), Holder::of(account('c')), micro(2)));
  EXPECT_TRUE(state_.move(Holder::of(account('c')), Holder::of(account('b')), micro(2)));
  std::vector<std::pair<std::string, int64_t>> moved;
  for (const Movement& movement : state_.movements(account('a'))) moved.emplace_back(movement.holder.text(), movement.delta);
  EXPECT_EQ(moved, (std::vector<std::pair<std::string, int64_t>>{
                       {account('a').text(), 0}, {account('b').text(), -3}, {Holder::escrow(sha256("e")).text(), 3}}));
}

TEST_F(StateTest, EmptyBalancesLeaveNoRow) {
  state_.mint(Holder::of(account('a')), micro(5));
  state_.accept();
  ASSERT_TRUE(state_.move(Holder::of(account('a')), Holder::bond(account('a')), micro(5)));
  state_.accept();
  EXPECT_TRUE(flush().contains("balance/b" + std::string(20, 'a')));
  ASSERT_TRUE(state_.move(Holder::bond(account('a')), Holder::of(account('a')), micro(5)));
  state_.accept();
  EXPECT_EQ(flush()["balance/b" + std::string(20, 'a')], "(gone)");
  EXPECT_EQ(stored().size(), 1u);
}

TEST_F(StateTest, OffersComeAndGo) {
  const auto put = [&](char node, int64_t price) {
    state_.put(offer_key(account('a'), node_number(node)), OfferState{account('a'), {node_number(node), "unix:/x", price, 1, 1, {}, 1, 1}, 9});
  };
  put('1', 1);
  put('2', 2);
  state_.put(offer_key(account('b'), node_number('1')), OfferState{account('b'), {node_number('1'), "unix:/x", 3, 1, 1, {}, 1, 1}, 9});
  state_.accept();
  EXPECT_EQ(flush().size(), 3u);
  put('2', 5);
  put('3', 3);
  state_.erase(offer_key(account('a'), node_number('1')));
  std::multiset<int64_t> prices;
  for (const OfferState& offer : state_.offers_of(account('a'))) prices.insert(offer.offer.price_per_second);
  EXPECT_EQ(prices, (std::multiset<int64_t>{3, 5}));
  EXPECT_FALSE(state_.get<OfferState>(offer_key(account('a'), node_number('1'))));
  state_.accept();
  flush();
  EXPECT_EQ(stored().size(), 3u);
}

TEST_F(StateTest, WritesBindKeysAndValues) {
  std::set<Digest> seen;
  for (const auto& [who, amount] : std::vector<std::pair<char, int64_t>>{{'a', 1}, {'a', 2}, {'b', 1}}) {
    state_.mint(Holder::of(account(who)), micro(amount));
    seen.insert(state_.writes());
    state_.discard();
  }
  seen.insert(state_.writes());
  EXPECT_EQ(seen.size(), 4u);
}

// What flush() reports is what a rebuild reads: the tree may be kept or rebuilt with the same result.
TEST(StateRows, RebuildGivesTheSameRoot) {
  World world;
  const Attribution attribution = world.attribution({{world.author.account.text(), 1}, {unclaimed_payee("a@b"), 2}});
  const Digest id = world.open_escrow(attribution, true);
  world.must(world.provider, Settle{id, world.voucher(id, 10'000'000), ""});
  world.must(world.provider, Offer{node_number('N'), "unix:/x", 1, 1, 1, {}, 1, 1});
  Database db = open_store_readonly(world.folder.path() / "ledger");
  StateRoot tree;
  each_state_row(db, [&](const std::string& key, const std::optional<std::string>& value) { tree.set(key, value); });
  EXPECT_EQ(tree.root(), world.ledger->root());
}

TEST(Records, HoldersComeBackFromTheirBytes) {
  const std::vector<Holder> holders{Holder::of(AccountId{}), Holder::escrow({}), Holder::bond(AccountId{}), Holder::pool({}),
                                    Holder::unclaimed(RepositoryId{}, unclaimed_payee("a@b"))};
  std::set<std::string> texts;
  for (const Holder& holder : holders) {
    EXPECT_EQ(Holder::from_bytes(holder.bytes()), holder);
    texts.insert(holder.text());
  }
  EXPECT_EQ(texts.size(), holders.size());
  for (const std::string& bad : {std::string(), std::string("x") + std::string(20, 'a'), std::string("a") + std::string(19, 'a'),
                                 std::string("e") + std::string(31, 'a'), std::string("u") + std::string(31, 'a')}) {
    EXPECT_FALSE(Holder::from_bytes(bad));
  }
}

TEST(Records, DamagedOnesAreSaidToBe) {
  for (const auto& [key, value] : std::vector<std::pair<std::string, Json>>{
           {"nothing/x", Json::object()}, {"balance/x", Json::object()}, {"balance/x", {{"amount", -1}}}, {"pool/x", {{"received", "1"}}},
           {"claim/x", {{"to", "ain1"}, {"sequence", 1}}}, {"escrow/x", {{"phase", "gone"}}},
           {"published/x", {{"leaf", "00"}, {"publisher", account_of(Actor('A').key()).text()}, {"published_ms", 1}}},
           {"parameters/", {{"parameters", Json::object()}, {"sequence", 1}}}}) {
    try {
      row_from_json(key, value);
      ADD_FAILURE() << key << " " << value;
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::verification);
    }
  }
}

}  // namespace
}  // namespace ain::ledger
