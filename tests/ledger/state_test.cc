#include "ledger/state.h"

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
  state_.put(AccountRow{account('a'), Amount::micro(5), 1, true});
  EXPECT_EQ(state_.account(account('a')).available, Amount::micro(5));
  EXPECT_EQ(state_.imbalance(), Amount::micro(5));
  EXPECT_TRUE(stored().empty());
  state_.discard();
  EXPECT_EQ(state_.account(account('a')).available, Amount());
  EXPECT_EQ(state_.imbalance(), Amount());
  state_.put(AccountRow{account('a'), Amount::micro(5), 1, true});
  Rows written = flush();
  EXPECT_EQ(written,
            Rows({{"account/" + std::string(20, 'a'), R"({"available":5,"faucet_taken":1,"nonce":1})"}}));
  EXPECT_EQ(stored(), written);
  EXPECT_FALSE(state_.dirty());
  EXPECT_EQ(State(db_).account(account('a')).nonce, 1);
}

TEST_F(StateTest, CountsMoneyWhereverItIs) {
  state_.put(AccountRow{account('a'), Amount::micro(100), 0, false});
  flush();
  credit(state_, account('b'), Amount::micro(30));
  EXPECT_EQ(state_.imbalance(), Amount::micro(30));
  EXPECT_TRUE(debit(state_, account('a'), Amount::micro(100)));
  EXPECT_FALSE(debit(state_, account('a'), Amount::micro(1)));
  EXPECT_EQ(state_.imbalance(), Amount::micro(-70));
  EscrowState escrow;
  escrow.terms.deposit = Amount::micro(50);
  state_.put(escrow);
  EXPECT_EQ(state_.imbalance(), Amount::micro(-20));
  state_.put_unclaimed("unclaimed:x", Amount::micro(20));
  EXPECT_EQ(state_.imbalance(), Amount());
  escrow.phase = EscrowPhase::leased;
  state_.put(escrow);
  EXPECT_EQ(state_.imbalance(), Amount());
  escrow.phase = EscrowPhase::closed;
  state_.put(escrow);
  EXPECT_EQ(state_.imbalance(), Amount::micro(-50));
  EXPECT_EQ(state_.touched(), std::vector<AccountId>({account('a'), account('b')}));
}

TEST_F(StateTest, OffersComeAndGo) {
  OfferState offer{account('a'), {node_number('N'), "unix:/x", 1, 1, 1, {}, 1, 1}, 9};
  state_.put(offer);
  EXPECT_TRUE(state_.offer(account('a'), node_number('N')));
  flush();
  EXPECT_EQ(stored().size(), 1u);
  state_.erase_offer(account('a'), node_number('N'));
  EXPECT_FALSE(state_.offer(account('a'), node_number('N')));
  EXPECT_EQ(flush().begin()->second, "(gone)");
  EXPECT_TRUE(stored().empty());
}

// What flush() reports is what a rebuild reads: the tree may be kept or rebuilt with the same result.
TEST(StateRows, RebuildGivesTheSameRoot) {
  World world;
  Attribution attribution =
      world.attribution({{world.author.account.text(), 1}, {unclaimed_payee("a@b"), 2}});
  Digest id = world.open_escrow(attribution, true);
  world.must(world.provider, Settle{id, world.note(id, 10'000'000), world.voucher(id, 1000)});
  world.must(world.provider, Offer{node_number('N'), "unix:/x", 1, 1, 1, {}, 1, 1});
  Database db = open_store_readonly(world.folder.path() / "ledger");
  StateRoot tree;
  each_state_row(
      db, [&](const std::string& key, const std::optional<std::string>& value) { tree.set(key, value); });
  EXPECT_EQ(tree.root(), world.ledger->root());
}

}  // namespace
}  // namespace ain::ledger
