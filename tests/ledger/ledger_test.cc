#include "ledger/ledger.h"

#include <atomic>
#include <thread>

#include "base/encoding.h"
#include "base/error.h"
#include "base/sqlite.h"
#include "ledger/log.h"
#include "ledger/query.h"
#include "ledger/refusal.h"
#include "ledger/store.h"
#include "tests/ledger/world.h"

namespace ain::ledger {
namespace {

Offer offer_at(int64_t price, char node, int64_t valid_for_ms = kHourMs) {
  return {node_number(node), "https://gpu.example:7433", price, 8, 1 << 30, {"H100-80GB"}, kHourMs,
          valid_for_ms};
}

TEST(Ledger, StartsWithTheTreasury) {
  World world;
  EXPECT_EQ(world.available(world.treasury), 1'000'000'000);
  EXPECT_EQ(world.ledger->height(), 0);
  EXPECT_EQ(to_hex(world.ledger->root()), "451335c3a7d2d83172388e75145b1271d07291509962951881f023bdce4a9ad0");
  EXPECT_TRUE(world.ledger->history({}).empty());
  world.expect_conserved();
  EXPECT_TRUE(world.ledger->verify().problems.empty());
}

TEST(Ledger, AppliesAndRemembers) {
  World world;
  Applied first = world.must(world.treasury, Transfer{world.other.account, Amount::micro(10), "hi"});
  EXPECT_EQ(first.height, 1);
  EXPECT_EQ(first.time_ms, kStartMs);
  EXPECT_EQ(first.index, 0);
  const Digest root = world.ledger->root();
  Applied second = world.must(world.other, Faucet{});
  EXPECT_EQ(second.height, 2);
  EXPECT_NE(world.ledger->root(), root);
  const Digest last = world.ledger->root();
  world.open();
  EXPECT_EQ(world.ledger->height(), 2);
  EXPECT_EQ(world.ledger->size(), 2);
  EXPECT_EQ(world.ledger->root(), last);
  EXPECT_EQ(world.available(world.other), 5'000'010);
  EXPECT_TRUE(world.ledger->account(world.other.account).faucet_taken);
  EXPECT_EQ(world.ledger->account(world.other.account).nonce, 1);
  Applied third = world.must(world.other, Transfer{world.treasury.account, Amount::micro(1), ""});
  EXPECT_EQ(third.height, 3);
  EXPECT_EQ(world.ledger->applied(first.txid)->index, 0);
  EXPECT_FALSE(world.ledger->applied(sha256("nothing")));
  HistoryEntry entry = *world.ledger->transaction(first.txid);
  EXPECT_EQ(entry.height, 1);
  EXPECT_EQ(txid_of(entry.envelope), first.txid);
  EXPECT_EQ(std::get<Transfer>(entry.transaction.bodies.at(0)).memo, "hi");
}

TEST(Ledger, TheSameEnvelopeAgainChangesNothing) {
  World world;
  std::string envelope = world.sign(world.treasury, Transfer{world.other.account, Amount::micro(10), ""});
  Applied first = world.ledger->submit(envelope, world.time_ms);
  world.must(world.other, Faucet{});
  Digest root = world.ledger->root();
  // Long after it has expired it still gets its first answer.
  Applied again = world.ledger->submit(envelope, world.time_ms + 100 * kHourMs);
  EXPECT_TRUE(again.replayed);
  EXPECT_FALSE(first.replayed);
  EXPECT_EQ(again.refusal, Refusal::none);
  EXPECT_EQ(again.height, first.height);
  EXPECT_EQ(again.index, first.index);
  EXPECT_EQ(again.time_ms, first.time_ms);
  EXPECT_EQ(world.ledger->root(), root);
  EXPECT_EQ(world.available(world.other), 5'000'010);
}

TEST(Ledger, ARefusedEnvelopeMayBeTriedAgain) {
  World world;
  std::string envelope = world.sign(world.other, Transfer{world.payer.account, Amount::micro(10), ""});
  EXPECT_EQ(world.ledger->submit(envelope, world.time_ms).refusal, Refusal::insufficient_funds);
  world.must(world.treasury, Transfer{world.other.account, Amount::micro(10), ""});
  Applied applied = world.ledger->submit(envelope, world.time_ms);
  EXPECT_EQ(applied.refusal, Refusal::none);
  EXPECT_EQ(applied.height, 2);
}

TEST(Ledger, BlockTimeNeverGoesBack) {
  World world;
  world.time_ms += 5000;
  world.must(world.treasury, Transfer{world.other.account, Amount::micro(1), ""});
  world.time_ms -= 5000;
  EXPECT_EQ(world.must(world.treasury, Transfer{world.other.account, Amount::micro(1), ""}).time_ms,
            kStartMs + 5000);
}

TEST(Ledger, AFolderHoldsOneNetwork) {
  World world;
  Genesis other = World::genesis();
  other.name = "other";
  try {
    Ledger ledger(world.folder.path() / "ledger", other);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::verification);
    EXPECT_FALSE(error.hint().empty());
  }
  EXPECT_THROW(Ledger(world.folder.path() / "ledger", World::genesis(), world.other.signer), Error);
  EXPECT_NO_THROW(Ledger(world.folder.path() / "ledger", World::genesis()));
}

TEST(Ledger, Checkpoint) {
  World world;
  std::vector<std::string> roots;
  for (int i = 0; i < 5; ++i) {
    world.must(world.treasury, Transfer{world.other.account, Amount::micro(1), ""});
    auto checkpoint =
        open_checkpoint(world.ledger->checkpoint(), world.ledger->network(), World::genesis().sequencer);
    ASSERT_TRUE(checkpoint);
    EXPECT_EQ(checkpoint->size, i + 1);
    roots.push_back(to_hex(checkpoint->root));
  }
  EXPECT_EQ(std::set<std::string>(roots.begin(), roots.end()).size(), 5u);
  EXPECT_EQ(world.ledger->verify().checkpoint, world.ledger->checkpoint());
  Ledger unsigned_ledger(world.folder.path() / "ledger", World::genesis());
  EXPECT_TRUE(world.ledger->checkpoint().starts_with(unsigned_ledger.checkpoint()));
}

TEST(Ledger, FindsIdsByTheirBeginning) {
  World world;
  std::vector<std::string> all;
  for (int i = 0; i < 40; ++i) {
    all.push_back(to_hex(world.must(world.treasury, Transfer{world.other.account, Amount::micro(1), ""}).txid));
  }
  std::sort(all.begin(), all.end());
  for (const std::string& txid : all) {
    for (size_t digits : {0, 1, 2, 3, 63, 64}) {
      const std::string prefix = txid.substr(0, digits);
      std::vector<std::string> expected, found;
      for (const std::string& other : all) {
        if (other.starts_with(prefix) && expected.size() < 6) expected.push_back(other);
      }
      for (const Digest& id : world.ledger->transactions_from(prefix, 6)) found.push_back(to_hex(id));
      EXPECT_EQ(found, expected) << prefix;
    }
  }
  EXPECT_THROW(world.ledger->transactions_from("xy", 6), Error);
  EXPECT_THROW(world.ledger->transactions_from(std::string(65, 'a'), 6), Error);
  const std::string escrow = to_hex(world.open_escrow(world.attribution({}), false));
  EXPECT_EQ(to_hex(world.ledger->escrows_from(escrow.substr(0, 4), 6).at(0)), escrow);
  EXPECT_TRUE(world.ledger->escrows_from(all[0].substr(0, 32), 6).empty());  // a transfer's
}

TEST(Ledger, AnOfferDropsItsAccountsExpiredOnes) {
  World world;
  world.must(world.provider, offer_at(200, '1', 1000));
  world.must(world.provider, offer_at(300, '2', 2000));
  world.must(world.other, offer_at(100, '1', 1000));
  world.time_ms += 1000;
  world.must(world.provider, offer_at(400, '3'));
  EXPECT_EQ(world.submit(world.provider, OfferWithdraw{node_number('1')}).refusal, Refusal::unknown_offer);
  world.must(world.provider, OfferWithdraw{node_number('2')});
  world.must(world.other, OfferWithdraw{node_number('1')});
  EXPECT_TRUE(world.ledger->verify().problems.empty());
}

TEST(Ledger, Offers) {
  World world;
  world.must(world.provider, offer_at(200, '1'));
  world.must(world.other, offer_at(100, '2', 1000));
  world.must(world.provider, offer_at(300, '3'));
  auto prices = [&](int64_t time_ms) {
    std::vector<int64_t> result;
    for (const OfferState& offer : world.ledger->offers(time_ms))
      result.push_back(offer.offer.price_per_second);
    return result;
  };
  EXPECT_EQ(prices(kStartMs), std::vector<int64_t>({100, 200, 300}));
  EXPECT_EQ(prices(kStartMs + 1000), std::vector<int64_t>({200, 300}));
  world.must(world.provider, offer_at(50, '3'));  // replaces
  EXPECT_EQ(prices(kStartMs), std::vector<int64_t>({50, 100, 200}));
  world.must(world.provider, OfferWithdraw{node_number('1')});
  EXPECT_EQ(prices(kStartMs), std::vector<int64_t>({50, 100}));
  EXPECT_EQ(world.submit(world.provider, OfferWithdraw{node_number('2')}).refusal, Refusal::unknown_offer);
  OfferState offer = world.ledger->offers(kStartMs)[0];
  EXPECT_EQ(offer.account, world.provider.account);
  EXPECT_EQ(offer.expires_ms, kStartMs + kHourMs);
  EXPECT_EQ(body_json(offer.offer), body_json(offer_at(50, '3')));
  EXPECT_TRUE(world.ledger->verify().problems.empty());
}

TEST(Ledger, NoQuestionAboutHistoryScansTheWholeLog) {
  World world;
  Database db = open_store_readonly(world.folder.path() / "ledger");
  const auto plan_of = [&](const std::string& sql) {
    Statement rows = db.prepare("EXPLAIN QUERY PLAN " + sql);
    std::string text;
    while (rows.step()) text += rows.text(3) + "\n";
    return text;
  };
  const auto plan = [&](const HistoryQuery& query) {
    const std::string text = plan_of(history_sql(query));
    EXPECT_EQ(text.find("SCAN"), std::string::npos) << text;
    EXPECT_EQ(text.find("TEMP B-TREE"), std::string::npos) << text;
    return text;
  };
  EXPECT_NE(plan({.type = "transfer"}).find("tx_by_type"), std::string::npos);
  EXPECT_NE(plan({.account = world.other.account}).find("movement_by_account"), std::string::npos);
  EXPECT_NE(plan({.account = world.other.account, .type = "transfer"}).find("movement_by_account"), std::string::npos);
  EXPECT_EQ(plan({.type = "transfer", .subject = std::string(32, 'x')}).find("tx_by_type"), std::string::npos);
  plan({.account = world.other.account, .subject = std::string(32, 'x')});
  plan({.account = world.other.account, .newest = true});
  plan({.newest = true});
  plan({});
  // Of a chapter they look at what begins as the id does.
  EXPECT_NE(plan_of(index_sql()).find("tx_by_txid (<expr>=? AND <expr>=?)"), std::string::npos) << plan_of(index_sql());
  EXPECT_NE(plan_of(transactions_from_sql()).find("tx_by_txid (<expr>=? AND <expr>>? AND <expr><?)"), std::string::npos) << plan_of(transactions_from_sql());
}

TEST(Ledger, History) {
  World world;
  Attribution attribution = world.attribution({{world.author.account.text(), 1}});
  Digest id = world.open_escrow(attribution, true);  // transfer, register, open, accept
  world.time_ms += 1000;
  world.must(world.provider, Settle{id, world.voucher(id, 10'000'000), ""});
  auto types = [&](const HistoryQuery& query) {
    std::string result;
    for (const HistoryEntry& entry : world.ledger->history(query)) {
      result += fmt::format("{}:{} ", entry.height, entry.transaction.type());
    }
    return result;
  };
  EXPECT_EQ(types({}), "1:transfer 2:attribution_register 3:escrow_open 4:lease_accept 5:settle ");
  EXPECT_EQ(types({.account = world.author.account}), "2:attribution_register 5:settle ");
  EXPECT_EQ(types({.account = world.payer.account}), "1:transfer 3:escrow_open 5:settle ");
  EXPECT_EQ(types({.account = world.provider.account}), "4:lease_accept 5:settle ");
  EXPECT_EQ(types({.account = world.stranger.account}), "");
  EXPECT_EQ(types({.type = "transfer"}), "1:transfer ");
  EXPECT_EQ(types({.since_ms = kStartMs + 1}), "5:settle ");
  EXPECT_EQ(types({.from_index = 2, .limit = 2}), "3:escrow_open 4:lease_accept ");
  EXPECT_EQ(types({.newest = true, .limit = 2}), "4:lease_accept 5:settle ");
  EXPECT_EQ(types({.before_index = 4, .newest = true, .limit = 2}), "3:escrow_open 4:lease_accept ");
  EXPECT_EQ(types({.from_index = 1, .before_index = 3}), "2:attribution_register 3:escrow_open ");
  EXPECT_EQ(types({.account = world.payer.account, .newest = true, .limit = 2}), "3:escrow_open 5:settle ");
  EXPECT_EQ(types({.account = world.payer.account, .before_index = 0, .newest = true}), "");
  EXPECT_EQ(types({.account = world.payer.account, .type = "settle"}), "5:settle ");
  EXPECT_EQ(types({.limit = -1}), "");
  const auto about = [](const auto& bytes) { return std::string(as_view(bytes)); };
  EXPECT_EQ(types({.subject = about(id)}), "3:escrow_open 4:lease_accept 5:settle ");
  EXPECT_EQ(types({.subject = about(sha256("job"))}), "3:escrow_open 4:lease_accept 5:settle ");
  EXPECT_EQ(types({.subject = about(RepositoryId::parse(attribution.repository).bytes)}),
            "2:attribution_register 3:escrow_open 4:lease_accept 5:settle ");
  EXPECT_EQ(types({.subject = "nothing"}), "");
}

// The indexes are by chapters of 2^15 transactions: what stands in an early one is found from a later one, and in the log's order.
TEST(Ledger, QuestionsReachBackOverChapters) {
  constexpr int64_t kPayments = (1 << 15) + 100;
  World world;
  const auto repository = [&](char digit) {
    Attribution attribution = world.attribution({{world.author.account.text(), 1}});
    attribution.tree = std::string(40, digit);
    return attribution;
  };
  const Applied early = world.must(world.payer, AttributionRegister{repository('1')});
  int64_t nonce = world.next_nonce(world.treasury.account) - 1;
  for (int64_t sent = 0; sent < kPayments;) {
    std::vector<std::string> envelopes;
    for (; envelopes.size() < kBlockTransactionsMax && sent < kPayments; ++sent) {
      envelopes.push_back(sign_transaction(world.ledger->network(), world.treasury.account, ++nonce, world.time_ms + kHourMs,
                                           Transfer{world.other.account, micro(1), ""}, *world.treasury.signer));
    }
    for (const Applied& each : world.ledger->submit(envelopes, world.time_ms)) ASSERT_EQ(each.refusal, Refusal::none);
  }
  world.time_ms += 1000;
  const Applied late = world.must(world.payer, AttributionRegister{repository('2')});
  ASSERT_NE(early.index >> 15, late.index >> 15);

  const auto indexes = [&](const HistoryQuery& query) {
    std::vector<int64_t> found;
    for (const HistoryEntry& entry : world.ledger->history(query)) found.push_back(entry.index);
    return found;
  };
  const std::vector<int64_t> both{early.index, late.index}, last{late.index};
  EXPECT_EQ(indexes({.account = world.payer.account}), both);
  EXPECT_EQ(indexes({.account = world.payer.account, .type = "attribution_register"}), both);
  EXPECT_EQ(indexes({.account = world.payer.account, .since_ms = world.time_ms}), last);
  EXPECT_EQ(indexes({.account = world.payer.account, .from_index = early.index + 1}), last);
  EXPECT_EQ(indexes({.account = world.payer.account, .limit = 1}), std::vector<int64_t>{early.index});
  EXPECT_EQ(indexes({.account = world.payer.account, .newest = true}), both);
  EXPECT_EQ(indexes({.account = world.payer.account, .newest = true, .limit = 1}), last);
  EXPECT_EQ(indexes({.account = world.payer.account, .before_index = late.index, .newest = true, .limit = 1}), std::vector<int64_t>{early.index});
  EXPECT_EQ(indexes({.subject = std::string(as_view(RepositoryId::parse(repository('1').repository).bytes))}), both);
  EXPECT_EQ(indexes({.account = world.stranger.account}), std::vector<int64_t>());
  // A page of one who moves in every chapter goes on where it ended.
  const auto page = indexes({.account = world.other.account, .from_index = kPayments - 200, .limit = 150});
  ASSERT_EQ(page.size(), 150u);
  EXPECT_EQ(page.front(), kPayments - 200);
  EXPECT_EQ(page.back(), kPayments - 51);
  EXPECT_TRUE(std::is_sorted(page.begin(), page.end()));

  for (const Applied& each : {early, late}) {
    EXPECT_EQ(world.ledger->applied(each.txid)->index, each.index);
    EXPECT_EQ(world.ledger->transaction(each.txid)->index, each.index);
    EXPECT_EQ(world.ledger->transactions_from(to_hex(each.txid).substr(0, 20), 10), std::vector{each.txid});
  }
  EXPECT_FALSE(world.ledger->applied(sha256("nobody's")));
  // What was applied in an early chapter is answered as it was then, whatever would be said of it now.
  const Applied again = world.ledger->submit(world.ledger->transaction(early.txid)->envelope, world.time_ms + 48 * kHourMs);
  EXPECT_TRUE(again.replayed);
  EXPECT_EQ(again.index, early.index);
  EXPECT_EQ(again.refusal, Refusal::none);
  const auto some = world.ledger->transactions_from("a", 5);
  const auto more = world.ledger->transactions_from("a", 50);
  EXPECT_TRUE(std::is_sorted(more.begin(), more.end()));
  EXPECT_EQ(some, std::vector(more.begin(), more.begin() + 5));
  world.expect_sound();
}

TEST(Ledger, AStoreOfTheVersionBeforeIsBroughtUp) {
  World world;
  const Digest id = world.open_escrow(world.attribution({{world.author.account.text(), 1}}), true);
  const auto about = [&] { return world.ledger->history({.subject = std::string(as_view(id))}).size(); };
  ASSERT_EQ(about(), 2u);
  world.ledger.reset();
  {
    Database db = Database::open(world.folder.path() / "ledger" / kStoreFile, Durability::full);
    db.exec("DROP INDEX tx_by_txid; CREATE INDEX tx_by_txid ON tx (substr(txid, 1, 8)); "
            "DROP INDEX movement_by_account; CREATE INDEX movement_by_account ON movement (account, idx); "
            "CREATE TABLE before (subject BLOB NOT NULL, idx INTEGER NOT NULL, PRIMARY KEY (subject, idx)) STRICT, WITHOUT ROWID; "
            "INSERT INTO before SELECT subject, idx FROM mention; DROP TABLE mention; ALTER TABLE before RENAME TO mention; PRAGMA user_version = 2");
  }
  world.open();
  EXPECT_EQ(about(), 2u);
  EXPECT_EQ(world.ledger->history({.account = world.payer.account}).size(), 2u);
  world.must(world.treasury, Transfer{world.other.account, micro(1), ""});
  world.expect_sound();
}

TEST(Ledger, EscrowsOf) {
  World world;
  Attribution attribution = world.attribution({{world.author.account.text(), 1}});
  const Digest first = world.open_escrow(attribution, false);
  ++world.time_ms;
  const Digest second = world.open_escrow(attribution, false);
  for (const Actor* actor : {&world.payer, &world.provider}) {
    auto escrows = world.ledger->escrows_of(actor->account);
    ASSERT_EQ(escrows.size(), 2u);
    EXPECT_EQ(escrows[0].id, second);
    EXPECT_EQ(escrows[1].id, first);
  }
  EXPECT_TRUE(world.ledger->escrows_of(world.author.account).empty());
  EXPECT_FALSE(world.ledger->escrow(sha256("no")));
  EXPECT_EQ(world.ledger->attribution(attribution.digest())->payees, attribution.payees);
  EXPECT_FALSE(world.ledger->attribution(sha256("no")));
}

TEST(Ledger, JsonRoundTrips) {
  World world;
  Attribution attribution =
      world.attribution({{world.author.account.text(), 1}, {unclaimed_payee("a@b"), 2}});
  Digest id = world.open_escrow(attribution, false);
  auto same_escrow = [&] {
    Json json = to_json(*world.ledger->escrow(id));
    EXPECT_EQ(to_json(escrow_state_from_json(json)), json);
  };
  same_escrow();
  world.must(world.provider, LeaseAccept{id, attribution.digest()});
  same_escrow();
  world.must(world.provider, Settle{id, world.voucher(id, 10'000'000), ""});
  same_escrow();
  Json account = to_json(world.ledger->account(world.payer.account));
  EXPECT_EQ(to_json(account_state_from_json(account)), account);
  world.must(world.provider, offer_at(50, '3'));
  Json offer = to_json(world.ledger->offers(kStartMs)[0]);
  EXPECT_EQ(to_json(offer_state_from_json(offer)), offer);
  for (const Applied& applied :
       {world.submit(world.stranger, Faucet{}), world.submit(world.stranger, Faucet{})}) {
    Json json = to_json(applied);
    EXPECT_EQ(to_json(applied_from_json(json)), json);
  }
  Json report = to_json(world.ledger->verify());
  EXPECT_EQ(report["ok"], true);
  Json logged = to_json(world.ledger->log(0)[0]);
  EXPECT_EQ(to_json(log_entry_from_json(logged)), logged);
  Json entry = to_json(world.ledger->history({}).back());
  std::vector<std::string> members;
  for (const auto& item : entry.items()) members.push_back(item.key());
  EXPECT_EQ(members,
            std::vector<std::string>({"account", "body", "code", "height", "index", "movements", "nonce", "time", "txid", "type"}));
}

std::vector<std::string> names_of(const std::vector<Applied>& all) {
  std::vector<std::string> names;
  for (const Applied& each : all) names.push_back(fmt::format("{} {} {}", refusal_name(each.refusal), each.index, each.height));
  return names;
}

// One block of several: each stands for itself, and sees what those before it did.
TEST(Ledger, SeveralTransactionsShareABlock) {
  World world;
  const auto transfer = [&](const Actor& from, int64_t nonce, const Actor& to, int64_t amount) {
    return sign_transaction(world.ledger->network(), from.account, nonce, kStartMs + kHourMs, Transfer{to.account, micro(amount), ""},
                            *from.signer);
  };
  const std::string first = transfer(world.treasury, 1, world.payer, 10), spent = transfer(world.payer, 1, world.other, 10);
  const auto applied = world.ledger->submit({first, "nonsense", spent, transfer(world.payer, 2, world.other, 1), first,
                                             transfer(world.treasury, 3, world.other, 1), transfer(world.treasury, 2, world.other, 5)},
                                            kStartMs);
  EXPECT_EQ(names_of(applied), (std::vector<std::string>{"none 0 1", "malformed -1 0", "none 1 1", "insufficient_funds -1 0", "none 0 1",
                                                         "bad_nonce -1 0", "none 2 1"}));
  EXPECT_TRUE(applied[4].replayed);
  EXPECT_EQ(world.ledger->height(), 1);
  EXPECT_EQ(world.available(world.other), 15);
  EXPECT_TRUE(names_of(world.ledger->submit(std::vector<std::string>{}, kStartMs)).empty());
  EXPECT_EQ(names_of(world.ledger->submit({spent, "x"}, kStartMs)), (std::vector<std::string>{"none 1 1", "malformed -1 0"}));
  EXPECT_EQ(world.ledger->height(), 1);  // nothing new, no block
  const std::vector<LogEntry> log = world.ledger->log(0);
  ASSERT_EQ(log.size(), 3u);
  EXPECT_FALSE(log[0].root || log[1].root);
  EXPECT_EQ(log[2].root, world.ledger->root());
  EXPECT_EQ(world.ledger->log(2).at(0).index, 2);
  world.expect_sound();
}

TEST(Ledger, ABlockIsBounded) {
  World world;
  std::vector<std::string> envelopes;
  for (size_t i = 0; i < kBlockTransactionsMax + 10; ++i) {
    envelopes.push_back(sign_transaction(world.ledger->network(), world.treasury.account, static_cast<int64_t>(i) + 1, kStartMs,
                                         Transfer{world.other.account, micro(1), ""}, *world.treasury.signer));
  }
  for (const Applied& each : world.ledger->submit(envelopes, kStartMs)) ASSERT_EQ(each.refusal, Refusal::none);
  EXPECT_EQ(world.ledger->height(), 2);
  EXPECT_EQ(world.ledger->log(0).size(), static_cast<size_t>(kLogRowsMax));
}

// Two objects on one folder, as two processes would have: each sees what the other wrote.
TEST(Ledger, TwoWritersTakeTurns) {
  World world;
  Ledger other(world.folder.path() / "ledger", World::genesis());
  for (int i = 0; i < 6; ++i) {
    Ledger& ledger = i % 2 == 0 ? *world.ledger : other;
    std::string envelope = world.sign(world.treasury, Transfer{world.other.account, Amount::micro(1), ""});
    Applied applied = ledger.submit(envelope, world.time_ms);
    EXPECT_EQ(applied.height, i + 1);
    EXPECT_EQ(world.ledger->root(), other.root());
    EXPECT_TRUE((i % 2 == 0 ? other : *world.ledger).submit(envelope, world.time_ms).replayed);
  }
  EXPECT_TRUE(world.ledger->verify().problems.empty());
}

TEST(Ledger, ServesManyThreads) {
  World world;
  constexpr int kThreads = 4, kEach = 25;
  for (char seed = '1'; seed < '1' + kThreads; ++seed) {
    world.must(world.treasury, Transfer{Actor(seed).account, Amount::micro(1000), ""});
  }
  std::atomic<bool> done = false;
  std::atomic<int> refused = 0;
  std::thread reader([&] {
    while (!done) {
      Supply supply = world.ledger->supply();
      if (supply.accounts + supply.escrowed + supply.bonded + supply.unclaimed + supply.pooled != supply.minted) ++refused;
      world.ledger->history({});
      world.ledger->checkpoint();
    }
  });
  std::vector<std::thread> writers;
  for (char seed = '1'; seed < '1' + kThreads; ++seed) {
    writers.emplace_back([&world, &refused, seed] {
      Actor actor(seed);
      for (int i = 0; i < kEach; ++i) {
        if (world.submit(actor, Transfer{world.other.account, Amount::micro(1), ""}).refusal != Refusal::none)
          ++refused;
      }
    });
  }
  for (std::thread& writer : writers) writer.join();
  done = true;
  reader.join();
  EXPECT_EQ(refused, 0);
  EXPECT_EQ(world.available(world.other), kThreads * kEach);
  EXPECT_EQ(world.ledger->size(), kThreads + kThreads * kEach);
  EXPECT_LE(world.ledger->height(), world.ledger->size());  // those that waited together share a block
  EXPECT_TRUE(world.ledger->verify().problems.empty());
}

TEST(Ledger, RefusesToBuildOnADamagedState) {
  World world;
  world.must(world.treasury, Transfer{world.other.account, Amount::micro(10), ""});
  world.ledger.reset();
  Database::open(world.folder.path() / "ledger" / kStoreFile, Durability::full)
      .exec("UPDATE account SET available = available + 1 WHERE available = 10");
  world.open();
  try {
    world.submit(world.treasury, Transfer{world.other.account, Amount::micro(10), ""});
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::verification);
    EXPECT_NE(error.hint().find("ain ledger verify"), std::string::npos);
  }
  EXPECT_EQ(world.ledger->height(), 1);
}

}  // namespace
}  // namespace ain::ledger
