// Several transactions under one signature: all of them, or none.
#include "tests/ledger/world.h"

namespace ain::ledger {
namespace {

using Bodies = std::vector<Body>;

TEST(BatchTest, AllOrNothing) {
  World world;
  const Body good = Transfer{world.other.account, micro(10), ""}, bad = Transfer{world.treasury.account, micro(10), ""};
  for (const Bodies& items : {Bodies{bad, good}, Bodies{good, bad}, Bodies{good, good, bad, good}}) {
    const Applied applied = world.submit(world.treasury, items);
    EXPECT_EQ(refusal_name(applied.refusal), "self_payment");
    EXPECT_EQ(world.answer(world.treasury, items), "self_payment");
  }
  EXPECT_EQ(world.available(world.other), 0);
  const Applied refused = world.submit(world.treasury, Bodies{good, good, bad});
  EXPECT_TRUE(refused.reason.starts_with("item 3 (transfer): ")) << refused.reason;
  const Applied applied = world.must(world.treasury, Bodies{good, good, good});
  EXPECT_EQ(world.available(world.other), 30);
  EXPECT_EQ(world.next_nonce(world.treasury.account), 2);  // one nonce for all
  EXPECT_EQ(applied.index, 0);
  EXPECT_EQ(world.ledger->history({.type = "batch"}).size(), 1u);
  world.expect_sound();
}

TEST(BatchTest, EachSeesWhatThoseBeforeItDid) {
  World world;
  const Actor key('k');
  EXPECT_EQ(world.answer(world.payer, Bodies{Faucet{}, Transfer{world.other.account, micro(5'000'000), ""}}), "none");
  EXPECT_EQ(world.answer(world.other, Bodies{Faucet{}, Faucet{}}), "faucet_taken");
  EXPECT_EQ(world.answer(world.other, Bodies{Transfer{world.payer.account, micro(3'000'000), ""}, Transfer{world.author.account, micro(3'000'000), ""}}),
            "insufficient_funds");
  const Offer offer{node_number('N'), "unix:/x", 1, 1, 1, {}, 1, 1};
  EXPECT_EQ(world.answer(world.provider, Bodies{offer, OfferWithdraw{offer.node}, OfferWithdraw{offer.node}}), "unknown_offer");
  EXPECT_EQ(world.answer(world.provider, Bodies{offer, OfferWithdraw{offer.node}}), "none");
  EXPECT_EQ(world.answer(world.other, Bodies{world.registration(world.other, key), KeyRevoke{key.key()}}), "none");
  EXPECT_TRUE(world.ledger->offers(0).empty());
  world.expect_sound();
}

TEST(BatchTest, WhatItOpensHasIdsOfItsOwn) {
  World world;
  const Attribution attribution = world.attribution({{world.author.account.text(), 1}});
  const EscrowOpen terms = world.terms(attribution);
  const std::string envelope = world.sign(world.treasury, Bodies{AttributionRegister{attribution}, terms, terms});
  ASSERT_EQ(world.answer(envelope), "none");
  const Transaction tx = decode_transaction(envelope);
  for (size_t i : {size_t{1}, size_t{2}}) {
    const Digest id = transaction_id(tx, i);
    EXPECT_EQ(world.ledger->escrow(id)->payer, world.treasury.account);
    world.must(world.provider, LeaseAccept{id, attribution.digest()});
    EXPECT_EQ(world.ledger->history({.subject = std::string(as_view(id))}).size(), 2u);
  }
  EXPECT_FALSE(world.ledger->escrow(tx.txid));
  EXPECT_FALSE(world.ledger->escrow(transaction_id(tx, 0)));
  EXPECT_EQ(world.ledger->account(world.treasury.account).escrowed, micro(2 * 396'000));
  EXPECT_TRUE(world.ledger->submit(envelope, world.time_ms).replayed);
  // The history's movements are the sum of its parts.
  const auto history = world.ledger->history({.limit = 1});
  std::vector<int64_t> deltas;
  for (const Movement& movement : history.at(0).movements) deltas.push_back(movement.delta);
  std::sort(deltas.begin(), deltas.end());
  EXPECT_EQ(deltas, (std::vector<int64_t>{-792'000, 396'000, 396'000}));
  world.expect_sound();
}

}  // namespace
}  // namespace ain::ledger
