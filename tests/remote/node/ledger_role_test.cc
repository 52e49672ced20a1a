#include "remote/node/ledger_role.h"

#include <gtest/gtest.h>

#include <thread>

#include "base/encoding.h"
#include "base/files.h"
#include "base/sqlite.h"
#include "base/time.h"
#include "remote/http/sse.h"
#include "remote/ledger_client.h"

namespace ain::remote {
namespace {

std::shared_ptr<const Signer> key(char seed) { return key_from_seed(std::string(32, seed)); }

class LedgerRoleTest : public testing::Test {
 protected:
  static ledger::Genesis genesis() {
    ledger::Genesis genesis;
    genesis.name = "test";
    genesis.sequencer = key('S')->public_key();
    genesis.treasury = key('T')->public_key();
    genesis.supply = Amount::micro(1'000'000);
    genesis.faucet = Amount::micro(1000);
    return genesis;
  }
  std::string transfer(int64_t nonce, char from = 'T') const {
    return ledger::sign_transaction(ledger_->network(), account_of(key(from)->public_key()), nonce, now_ms() + 60'000,
                                    ledger::Transfer{AccountId{}, Amount::micro(1), ""}, *key(from));
  }
  void pay(int64_t nonce) { ASSERT_EQ(ledger_->submit(transfer(nonce), now_ms()).refusal, ledger::Refusal::none); }
  static HttpRequest from_far(HttpRequest request, const std::string& address = "192.0.2.1") {
    request.peer.address = address;
    return request;
  }
  static HttpRequest from_here(HttpRequest request) {
    request.peer.local = true;
    return request;
  }
  static HttpRequest sending(const std::string& envelope, const std::string& query = "") {
    return HttpRequest("POST", "/v1/ledger/transactions" + query, Json{{"envelope", envelope}}.dump());
  }
  static HttpRequest sending_lines(const std::vector<std::string>& envelopes, const std::string& query = {}) {
    HttpRequest request("POST", "/v1/ledger/transactions" + query);
    for (const std::string& envelope : envelopes) request.body += envelope + '\n';
    request.headers.set("content-type", kEnvelopesType);
    return request;
  }
  static HttpResponse ask(LedgerRole& role, const HttpRequest& request) { return role.handle(request).value(); }
  // A response's stream to its end, or until it has brought something.
  static std::string read(HttpResponse& response) {
    std::string all;
    while (response.stream(all) && all.empty()) {
    }
    return all;
  }

  TemporaryFolder folder_{"ledger-role"};
  std::unique_ptr<ledger::Ledger> ledger_ = std::make_unique<ledger::Ledger>(folder_.path() / "kept", genesis(), key('S'));
};

TEST_F(LedgerRoleTest, OnlyARowOrTwoIsQuick) {
  const auto is_quick = [](const char* method, const std::string& path) { return LedgerRole::is_quick(HttpRequest(method, path)); };
  for (const char* path : {"/v1/ledger/accounts/ain1x", "/v1/ledger/escrows/00", "/v1/ledger/parameters", "/checkpoint", "/tile/0/000", "/tile/0/x001/000.p/3"}) {
    EXPECT_TRUE(is_quick("GET", path)) << path;
    EXPECT_FALSE(is_quick("POST", path)) << path;
  }
  for (const char* path : {"/v1/ledger/accounts/ain1x/escrows", "/v1/ledger/accounts/ain1x/keys", "/v1/ledger/escrows", "/v1/ledger/history",
                           "/v1/ledger/log", "/tile/entries/000", "/v1/jobs/1", "/", "/git/x", "/v1/ledger/published", "/v1/ledger/supply"}) {
    EXPECT_FALSE(is_quick("GET", path)) << path;
  }
}

TEST_F(LedgerRoleTest, WhoDoesNotWaitAsksLater) {
  std::string late;
  {
    LedgerRole role(*ledger_, {});
    const std::string envelope = transfer(1);
    const HttpResponse queued = ask(role, sending(envelope, "?wait=0"));
    EXPECT_EQ(queued.status, 202);
    const std::string txid = parse_json(queued.body, "answer").at("txid");
    EXPECT_EQ(txid, to_hex(ledger::txid_of(envelope)));
    while (ledger_->size() == 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    EXPECT_EQ(ask(role, HttpRequest("GET", "/v1/ledger/transactions/" + txid)).status, 200);
    // Once more it answers as whoever waits, and so does what is wrong with it.
    EXPECT_TRUE(parse_json(ask(role, sending(envelope, "?wait=0")).body, "answer").at("replayed").get<bool>());
    std::string broken = envelope;
    broken[broken.size() - 5] = broken[broken.size() - 5] == 'A' ? 'B' : 'A';
    const Json refused = parse_json(ask(role, sending(broken, "?wait=0")).body, "answer");
    EXPECT_EQ(refused.at("refusal"), "bad_signature");
    EXPECT_EQ(refused.at("reason"), parse_json(ask(role, sending(broken)).body, "answer").at("reason"));
    EXPECT_THROW(ask(role, sending_lines({envelope}, "?wait=0")), Error);
    EXPECT_EQ(ask(role, sending(transfer(2), "?wait=0")).status, 202);
  }
  EXPECT_EQ(ledger_->size(), 2);  // what was queued is written before the role goes
}

TEST_F(LedgerRoleTest, ManyComeAsLinesAndEachStandsForItself) {
  LedgerRole role(*ledger_, {});
  const std::vector<std::string> envelopes{transfer(1), transfer(3), "no envelope", transfer(2)};
  const Json answers = parse_json(ask(role, sending_lines(envelopes)).body, "answers");
  ASSERT_EQ(answers.size(), 4u);
  const std::vector<std::string> wanted{"none", "bad_nonce", "malformed", "none"};
  for (size_t i = 0; i < wanted.size(); ++i) {
    EXPECT_EQ(answers[i].at("refusal"), wanted[i]) << i;
    EXPECT_EQ(answers[i].at("txid"), to_hex(ledger::txid_of(envelopes[i])));
  }
  EXPECT_EQ(ledger_->size(), 2);
  EXPECT_EQ(ask(role, sending_lines({})).body, "[]");
  HttpRequest other_lines = sending_lines({transfer(3) + "\r"});
  other_lines.headers.set("content-type", "Application/JOSE; charset=utf-8");
  EXPECT_EQ(parse_json(ask(role, other_lines).body, "answers").at(0).at("refusal"), "none");
  const auto refused = [&](const std::vector<std::string>& lines) { EXPECT_THROW(ask(role, sending_lines(lines)), Error); };
  refused(std::vector<std::string>(ledger::kBlockTransactionsMax + 1, "x"));
  refused({std::string(ledger::kEnvelopeBytesMax + 1, 'x')});
}

TEST_F(LedgerRoleTest, AStoreThatFailsIsTheNodesBusiness) {
  std::vector<std::string> logged;
  LedgerRole role(*ledger_, {.log = [&](const std::string& line) { logged.push_back(line); }});
  Database::open(folder_.path() / "kept" / "ledger.db", Durability::full).exec("DROP TABLE movement");
  const auto told = [&](HttpRequest request) {
    try {
      ask(role, std::move(request));
    } catch (const Error& error) {
      return error.message();
    }
    return std::string();
  };
  EXPECT_EQ(told(from_far(sending(transfer(1)))), "the node that keeps the ledger cannot write it now: its store fails");
  const std::string whole = told(from_here(sending(transfer(1))));
  EXPECT_NE(whole.find("movement"), std::string::npos) << whole;
  EXPECT_EQ(logged, std::vector(2, "a transaction cannot be written: " + whole));
}

TEST_F(LedgerRoleTest, ALongPollEndsWithWhatComes) {
  LedgerRole role(*ledger_, {});
  const std::string treasury = account_of(key('T')->public_key()).text();
  HttpResponse nothing = ask(role, HttpRequest("GET", "/v1/ledger/history?wait_ms=30&account=" + treasury));
  EXPECT_EQ(read(nothing), "[]");
  HttpResponse waiting = ask(role, HttpRequest("GET", "/v1/ledger/history?wait_ms=30000&account=" + treasury));
  const int64_t started = monotonic_us();
  std::thread writer([this] {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    pay(1);
  });
  const Json entries = parse_json(read(waiting), "entries");
  writer.join();
  ASSERT_EQ(entries.size(), 1u);
  EXPECT_EQ(entries[0].at("index"), 0);
  EXPECT_LT(monotonic_us() - started, 20'000'000);
  // There already; somebody else's.
  HttpResponse there = ask(role, HttpRequest("GET", "/v1/ledger/history?wait_ms=30000&account=" + treasury));
  EXPECT_EQ(parse_json(read(there), "entries"), entries);
  HttpResponse others = ask(role, HttpRequest("GET", "/v1/ledger/history?wait_ms=30&account=" + account_of(key('X')->public_key()).text()));
  EXPECT_EQ(read(others), "[]");
  EXPECT_THROW(ask(role, HttpRequest("GET", "/v1/ledger/history?wait_ms=30001")), Error);
}

TEST_F(LedgerRoleTest, SoManyWaitAndNoMore) {
  LedgerRole role(*ledger_, {});
  std::vector<HttpResponse> waiting;
  const HttpRequest events("GET", "/v1/ledger/events"), poll("GET", "/v1/ledger/history?wait_ms=9");
  const auto place = [](int i) { return "192.0.2." + std::to_string(i); };
  for (int i = 0; i < kWaitersPerAddressMax; ++i) waiting.push_back(ask(role, from_far(i % 2 ? events : poll, place(0))));
  EXPECT_EQ(ask(role, from_far(events, place(0))).status, 503);  // of this address alone
  for (int i = kWaitersPerAddressMax; i < kWaitersMax; ++i) {
    waiting.push_back(ask(role, from_far(i % 2 ? events : poll, place(i / kWaitersPerAddressMax))));
    ASSERT_EQ(waiting.back().status, 200);
  }
  const HttpResponse refused = ask(role, from_far(events, place(100)));
  EXPECT_EQ(refused.status, 503);
  EXPECT_TRUE(refused.headers.find("retry-after"));
  EXPECT_EQ(ask(role, from_far(HttpRequest("GET", "/v1/ledger/history"), place(100))).status, 200);
  // Strangers never take the seats of this home.
  std::vector<HttpResponse> here;
  for (int i = 0; i < kWaitersMax; ++i) {
    here.push_back(ask(role, from_here(events)));
    EXPECT_EQ(here.back().status, 200);
  }
  EXPECT_EQ(ask(role, from_here(events)).status, 503);
  waiting.pop_back();
  EXPECT_EQ(ask(role, from_far(events, place(100))).status, 200);
}

TEST_F(LedgerRoleTest, WhatWasLookedAtIsNotLookedAtAgain) {
  LedgerRole role(*ledger_, {});
  pay(1);
  HttpResponse waiting = ask(role, HttpRequest("GET", "/v1/ledger/events?from=0&type=faucet"));
  std::string chunk;
  EXPECT_TRUE(waiting.stream(chunk));
  EXPECT_EQ(chunk, "");
  // Nobody changes a log; who looks again would see it.
  Database::open(folder_.path() / "kept" / "ledger.db", Durability::normal).exec("UPDATE tx SET type = 'faucet'");
  pay(2);
  EXPECT_TRUE(waiting.stream(chunk));
  EXPECT_EQ(chunk, "");
}

TEST_F(LedgerRoleTest, EventsGoOnWhereTheirReaderWas) {
  LedgerRole role(*ledger_, {});
  for (int64_t nonce = 1; nonce <= 3; ++nonce) pay(nonce);
  const auto ids = [](const std::string& text) {
    std::string all;
    SseParser().feed(text, [&](const SseEvent& event) {
      EXPECT_EQ(event.event, "transaction");
      EXPECT_EQ(std::to_string(parse_json(event.data, "entry").at("index").get<int64_t>()), event.id);
      all += event.id + " ";
      return true;
    });
    return all;
  };
  HttpRequest again("GET", "/v1/ledger/events");
  again.headers.set("Last-Event-ID", "0");
  HttpResponse resumed = ask(role, again);
  EXPECT_EQ(ids(read(resumed)), "1 2 ");
  HttpResponse fresh = ask(role, HttpRequest("GET", "/v1/ledger/events"));
  HttpResponse whole = ask(role, HttpRequest("GET", "/v1/ledger/events?from=0"));
  EXPECT_EQ(ids(read(whole)), "0 1 2 ");
  pay(4);
  EXPECT_EQ(ids(read(fresh)), "3 ");
  EXPECT_EQ(ids(read(whole)), "3 ");
  again.headers.set("Last-Event-ID", "x");
  EXPECT_THROW(ask(role, again), Error);
}

TEST_F(LedgerRoleTest, TooManyReadsOfAnAddressAreAskedToWait) {
  LedgerRole role(*ledger_, {.rates = {.reads = 5}});
  const HttpRequest read("GET", "/checkpoint");
  for (int64_t i = 0; i < 5 * kBurstSeconds; ++i) EXPECT_EQ(ask(role, from_far(read)).status, 200);
  const HttpResponse refused = ask(role, from_far(read));
  EXPECT_EQ(refused.status, 429);
  EXPECT_EQ(refused.headers.get("retry-after"), "1");
  EXPECT_EQ(ask(role, from_far(read, "192.0.2.2")).status, 200);
  for (int i = 0; i < 50; ++i) EXPECT_EQ(ask(role, from_here(read)).status, 200);
  for (int64_t i = 0; i < 5 * kBurstSeconds; ++i) ask(role, from_far(read, "2001:db8::" + std::to_string(i)));
  EXPECT_EQ(ask(role, from_far(read, "2001:db8::ffff")).status, 429);  // of the same network
  EXPECT_EQ(ask(role, from_far(read, "2001:db8:1::1")).status, 200);
  EXPECT_FALSE(role.handle(from_far(HttpRequest("GET", "/v1/jobs"))));
}

TEST_F(LedgerRoleTest, AnAccountPaysOnlyForWhatIsApplied) {
  LedgerRole role(*ledger_, {.rates = {.sends = 2, .address_factor = 20}});
  const std::string first = transfer(1);
  std::string forged = transfer(9);
  forged[forged.size() - 5] ^= 1;
  // A stranger repeats what was sent, and forges.
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(ask(role, from_far(sending(first), "192.0.2.9")).status, 200);
    EXPECT_EQ(ask(role, from_far(sending(forged), "192.0.2.9")).status, 200);
  }
  int64_t nonce = 2;
  for (; nonce <= 2 * kBurstSeconds; ++nonce) EXPECT_EQ(ask(role, from_far(sending(transfer(nonce)))).status, 200);
  EXPECT_EQ(ask(role, from_far(sending(transfer(nonce)))).status, 429);
  EXPECT_EQ(ask(role, from_far(sending(transfer(nonce)), "192.0.2.3")).status, 429);  // wherever it comes from
  EXPECT_EQ(ask(role, from_far(sending(transfer(1, 'U')))).status, 200);               // another account
  EXPECT_EQ(ask(role, from_here(sending(transfer(nonce)))).status, 200);
  int refused = 0;
  for (int i = 0; i < 100; ++i) refused += ask(role, from_far(sending(first), "192.0.2.9")).status == 429;
  EXPECT_GT(refused, 0);  // the address pays for everything
}

TEST_F(LedgerRoleTest, AStrangerSendsAtNobodyElsesCost) {
  LedgerRole role(*ledger_, {.rates = {.sends = 2, .address_factor = 20}});
  const auto unwaited = [&](int64_t nonce, char signer, const std::string& address) {
    const std::string envelope = ledger::sign_transaction(ledger_->network(), account_of(key('T')->public_key()), nonce, now_ms() + 60'000,
                                                          ledger::Transfer{AccountId{}, Amount::micro(1), ""}, *key(signer));
    return ask(role, from_far(sending(envelope, "?wait=0"), address)).status;
  };
  for (int64_t nonce = 1; nonce <= 20; ++nonce) EXPECT_EQ(unwaited(nonce, 'X', "192.0.2.9"), 202);
  int64_t nonce = 1;
  for (; nonce <= 2 * kBurstSeconds; ++nonce) EXPECT_EQ(unwaited(nonce, 'T', "192.0.2.1"), 202);
  EXPECT_EQ(unwaited(nonce, 'T', "192.0.2.1"), 429);  // its own it pays
}

TEST_F(LedgerRoleTest, AddressesOfIpv4AreToldApartWhereverTheyArrive) {
  LedgerRole role(*ledger_, {.rates = {.reads = 1}});
  const HttpRequest read("GET", "/checkpoint");
  for (int64_t i = 0; i < kBurstSeconds; ++i) EXPECT_EQ(ask(role, from_far(read, "::ffff:192.0.2.1")).status, 200);
  EXPECT_EQ(ask(role, from_far(read, "::ffff:192.0.2.1")).status, 429);
  EXPECT_EQ(ask(role, from_far(read, "::ffff:192.0.2.2")).status, 200);
}

class WitnessTest : public LedgerRoleTest {
 protected:
  void follow() {
    const auto entries = ledger_->log(copy_->size());
    copy_->follow(entries, [](const auto&, const auto&) {});
  }
  std::string request(int64_t from) const {
    std::string body = fmt::format("old {}\n", from);
    const auto held = ledger::open_checkpoint(ledger_->checkpoint(), ledger_->network(), genesis().sequencer);
    for (const Digest& hash : ledger_->consistency(from, held->size)) body += base64_encode(as_view(hash)) + "\n";
    return body + "\n" + ledger_->checkpoint();
  }
  // The true log, and a state that it does not lead to.
  std::string false_state() const {
    return ledger::make_checkpoint(ledger_->network(), ledger_->log_tree(), {ledger_->height(), sha256("false")}, key('S').get());
  }
  int status(const std::string& body) {
    try {
      return witness_.add_checkpoint(body).status;
    } catch (const HttpFailure& failure) {
      return failure.status();
    }
  }

  std::unique_ptr<ledger::Ledger> copy_ = std::make_unique<ledger::Ledger>(folder_.path() / "copy", genesis());
  Witness witness_{*copy_, key('W')};
};

TEST_F(WitnessTest, CosignsWhatItHasReplayed) {
  for (int64_t nonce = 1; nonce <= 3; ++nonce) pay(nonce);
  EXPECT_EQ(status(request(0)), 503);  // not yet
  follow();
  const HttpResponse response = witness_.add_checkpoint(request(0));
  EXPECT_EQ(response.status, 200);
  const auto words = ledger::open_cosignatures(ledger_->checkpoint() + response.body);
  ASSERT_EQ(words.size(), 1u);
  EXPECT_EQ(words[0].witness, node_of(key('W')->public_key()));
  EXPECT_EQ(copy_->checkpoint(), ledger_->checkpoint() + response.body);
  // From another size than its last one it says which that is.
  pay(4);
  pay(5);
  follow();
  const HttpResponse conflict = witness_.add_checkpoint(request(0));
  EXPECT_EQ(conflict.status, 409);
  EXPECT_EQ(conflict.body, "3\n");
  EXPECT_EQ(conflict.headers.get("content-type"), "text/x.tlog.size");
  std::string without_proof = fmt::format("old 3\n\n{}", ledger_->checkpoint());
  EXPECT_EQ(status(without_proof), 422);
  EXPECT_EQ(status(request(3)), 200);
  EXPECT_EQ(status(request(5)), 200);  // once more
}

TEST_F(WitnessTest, RefusesWhatTheStandardSaysItMust) {
  pay(1);
  follow();
  const std::string good = request(0);
  EXPECT_EQ(status("old 0\n" + ledger_->checkpoint()), 400);
  EXPECT_EQ(status("old 00\n\n" + ledger_->checkpoint()), 400);
  EXPECT_EQ(status("old 2\n\n" + ledger_->checkpoint()), 400);
  EXPECT_EQ(status("old 0\nxx\n\n" + ledger_->checkpoint()), 400);
  EXPECT_EQ(status("old 0\n\nother\n" + ledger_->checkpoint()), 404);
  std::string forged = good;
  forged[forged.size() - 5] ^= 1;
  EXPECT_EQ(status(forged), 403);
  EXPECT_FALSE(copy_->kept_checkpoint());
  // The keeper has signed two logs of one size: the second is never cosigned.
  EXPECT_EQ(status(good), 200);
  ledger_ = std::make_unique<ledger::Ledger>(folder_.path() / "fork", genesis(), key('S'));
  const std::string other = ledger::sign_transaction(ledger_->network(), account_of(key('U')->public_key()), 1, now_ms() + 60'000,
                                                     ledger::Faucet{}, *key('U'));
  ASSERT_EQ(ledger_->submit(other, now_ms()).refusal, ledger::Refusal::none);
  EXPECT_EQ(status(request(1)), 409);
}

TEST_F(WitnessTest, AFalseStateIsNotCosigned) {
  EXPECT_EQ(status("old 0\n\n" + false_state()), 422);  // of the genesis
  for (int64_t nonce = 1; nonce <= 2; ++nonce) pay(nonce);
  follow();
  EXPECT_EQ(status("old 0\n\n" + false_state()), 422);
  EXPECT_FALSE(witness_.take(false_state()));
  EXPECT_FALSE(copy_->kept_checkpoint());
  EXPECT_EQ(status(request(0)), 200);
  EXPECT_EQ(status("old 2\n\n" + false_state()), 422);  // nor once more
  EXPECT_FALSE(witness_.take(false_state()));
  EXPECT_TRUE(copy_->checkpoint().starts_with(ledger_->checkpoint()));
}

TEST_F(WitnessTest, TheKeeperPublishesTheWordsOfItsWitnesses) {
  LedgerRole role(*ledger_, {.witnesses = {node_of(key('W')->public_key()), node_of(key('V')->public_key())}});
  const auto hand_in = [&](const std::string& text) {
    return parse_json(ask(role, HttpRequest("POST", "/v1/ledger/cosignatures", text)).body, "answer").at("taken");
  };
  const HttpRequest newest("GET", "/v1/ledger/cosigned");
  EXPECT_THROW(ask(role, newest), HttpFailure);
  pay(1);
  follow();
  const std::string cosigned = witness_.take(ledger_->checkpoint()).value();
  EXPECT_FALSE(witness_.take(ledger_->checkpoint()));  // once is enough
  const std::string stranger = ledger_->checkpoint() + ledger::cosign(ledger_->checkpoint(), *key('X'), 5).line;
  EXPECT_THROW(hand_in(stranger), Error);
  EXPECT_THROW(hand_in(ledger_->checkpoint()), Error);
  EXPECT_EQ(hand_in(cosigned), 1);
  EXPECT_EQ(hand_in(cosigned), 0);
  const std::string two = ledger_->checkpoint() + ledger::cosign(ledger_->checkpoint(), *key('V'), 5).line;
  EXPECT_EQ(hand_in(two), 1);
  EXPECT_EQ(ledger::open_cosignatures(ledger_->checkpoint()).size(), 2u);
  EXPECT_EQ(ask(role, newest).body, ledger_->checkpoint());
  // When the log has grown the words stand under the checkpoint that they are about.
  const std::string published = ledger_->checkpoint();
  pay(2);
  EXPECT_TRUE(ledger::open_cosignatures(ledger_->checkpoint()).empty());
  EXPECT_EQ(ask(role, newest).body, published);
  follow();
  EXPECT_EQ(hand_in(witness_.take(ledger_->checkpoint()).value()), 1);
  EXPECT_EQ(hand_in(cosigned), 0);  // older
  EXPECT_EQ(ask(role, newest).body, ledger_->checkpoint());
  std::string forged = ledger_->checkpoint();
  forged[0] ^= 1;
  EXPECT_THROW(hand_in(forged), Error);
}

}  // namespace
}  // namespace ain::remote
