#include "ledger/transaction.h"

#include "base/encoding.h"
#include "base/jws.h"
#include "ledger/refusal.h"
#include "tests/ledger/world.h"

namespace ain::ledger {
namespace {

const std::string kNetwork = "test-0123456789abcdef";

std::vector<Body> one_of_each() {
  World world;
  Attribution attribution =
      world.attribution({{world.author.account.text(), 3}, {unclaimed_payee("a@b.c"), 1}});
  Offer offer{node_number('N'), "https://gpu.example:7433", 100,     8,
              1 << 30,          {"H100-80GB", "H100-80GB"}, kHourMs, kHourMs};
  return {Faucet{},
          Transfer{world.other.account, Amount::micro(5), "caf\u00e9"},
          offer,
          OfferWithdraw{node_number('N')},
          AttributionRegister{attribution},
          world.terms(attribution),
          LeaseAccept{sha256("e"), sha256("a")},
          Settle{sha256("e"), "a.b.c", "d.e.f"},
          Release{sha256("e"), "no longer needed"},
          Reap{sha256("e")}};
}

Refusal refusal_of(std::string_view envelope) {
  try {
    decode_transaction(envelope);
    return Refusal::none;
  } catch (const RefusedError& error) {
    EXPECT_EQ(error.kind(), refusal_kind(error.refusal()));
    EXPECT_FALSE(error.message().empty());
    return error.refusal();
  }
}

Json payload_of(const Body& body) {
  Actor actor('A');
  std::string envelope = sign_transaction(kNetwork, actor.account, 1, kStartMs, body, *actor.signer);
  return jws_decode(envelope, "ain-tx").payload;
}
Refusal refusal_of_payload(const Json& payload) {
  return refusal_of(jws_sign("ain-tx", payload, *Actor('A').signer));
}

TEST(Transaction, EveryTypeComesBackAsItWasSigned) {
  Actor actor('A');
  for (const Body& body : one_of_each()) {
    SCOPED_TRACE(type_name(body));
    std::string envelope = sign_transaction(kNetwork, actor.account, 7, kStartMs, body, *actor.signer);
    Transaction tx = decode_transaction(envelope);
    EXPECT_EQ(tx.txid, sha256(envelope));
    EXPECT_EQ(tx.network, kNetwork);
    EXPECT_EQ(tx.account, actor.account);
    EXPECT_EQ(tx.key, actor.signer->public_key());
    EXPECT_EQ(tx.nonce, 7);
    EXPECT_EQ(tx.valid_until_ms, kStartMs);
    EXPECT_EQ(tx.body.index(), body.index());
    EXPECT_EQ(body_json(tx.body), body_json(body));
  }
}

TEST(Transaction, GoldenEnvelope) {
  Actor actor('A');
  std::string envelope =
      sign_transaction(kNetwork, actor.account, 1, kStartMs,
                       Transfer{Actor('O').account, Amount::micro(1'500'000), "hello"}, *actor.signer);
  EXPECT_EQ(
      canonical(jws_decode(envelope, "ain-tx").payload),
      R"({"account":"ain14an8hnye4cq2ugul2wfg768wfg8w8fxdz2henz","body":{"amount":1500000,"memo":"hello",)"
      R"("to":"ain13lxmgh54cmstp4gkqr4smffrkpk6gsnwr5u0ng"},"key":"25lf4lFp0UHKubu6krqgH58uHs599MsqwFGQ83_MH50",)"
      R"("network":"test-0123456789abcdef","nonce":1,"type":"transfer","valid_until":1700000000000})");
  EXPECT_EQ(to_hex(txid_of(envelope)), "c4f0715d96b1165236a255a8a29e2be642b0f61fe66138c296d120e0dae2428f");
}

TEST(Transaction, GoldenBodies) {
  std::string all;
  for (const Body& body : one_of_each())
    all += fmt::format("{} {}\n", type_name(body), canonical(body_json(body)));
  EXPECT_EQ(to_hex(sha256(all)), "ca8713d44cf63ac799730da93cccdf55ba2a7e5a6e2ffb3af1ff6248fe79cc39") << all;
}

TEST(Transaction, EveryMemberIsNeededAndNoOtherIsTaken) {
  for (const Body& body : one_of_each()) {
    SCOPED_TRACE(type_name(body));
    const Json good = payload_of(body);
    ASSERT_EQ(refusal_of_payload(good), Refusal::none);
    for (const auto& item : good.items()) {
      Json json = good;
      json.erase(item.key());
      EXPECT_EQ(refusal_of_payload(json), Refusal::malformed) << "without " << item.key();
    }
    for (const auto& item : good["body"].items()) {
      if (item.key() == "memo" || item.key() == "reason") continue;  // optional
      Json json = good;
      json["body"].erase(item.key());
      EXPECT_EQ(refusal_of_payload(json), Refusal::malformed) << "without body." << item.key();
    }
    Json json = good;
    json["extra"] = 1;
    EXPECT_EQ(refusal_of_payload(json), Refusal::malformed);
    json = good;
    json["body"]["extra"] = 1;
    EXPECT_EQ(refusal_of_payload(json), Refusal::malformed);
  }
}

struct BadMember {
  size_t body;  // index into one_of_each()
  const char* member;
  Json value;
};

TEST(Transaction, BodiesAreBounded) {
  const std::vector<BadMember> bad{{1, "amount", -1},
                                   {1, "amount", kAmountMax + 1},
                                   {1, "amount", "5"},
                                   {1, "to", "ain1qqqq"},
                                   {1, "memo", std::string(kMemoBytesMax + 1, 'x')},
                                   {2, "endpoint", "http://plain"},
                                   {2, "endpoint", "https://"},
                                   {2, "endpoint", "https://a\u001b[0m"},
                                   {2, "endpoint", "https://" + std::string(kEndpointBytesMax, 'x')},
                                   {2, "price_per_second", -1},
                                   {2, "price_per_second", kPricePerSecondMax + 1},
                                   {2, "cpus", 0},
                                   {2, "memory_bytes", 0},
                                   {2, "gpus", Json::array({1})},
                                   {2, "gpus", Json::array({""})},
                                   {2, "gpus", std::vector<std::string>(kGpusMax + 1, "T4")},
                                   {2, "run_within_ms", kRunWithinMaxMs + 1},
                                   {2, "valid_for_ms", 0},
                                   {2, "valid_for_ms", kOfferValidForMaxMs + 1},
                                   {4, "attribution", Json::object()},
                                   {5, "provider", AccountId{}.text()},
                                   {5, "run_us_max", 0},
                                   {5, "price_per_second", kLeasePriceMax + 1},
                                   {5, "accept_within_ms", kAcceptWithinMaxMs + 1},
                                   {5, "run_within_ms", kRunWithinMaxMs + 1},
                                   {5, "job", std::string(64, 'A')},
                                   {6, "escrow", "00"},
                                   {7, "note", std::string(kVoucherBytesMax + 1, 'x')},
                                   {8, "reason", std::string(kMemoBytesMax + 1, 'x')}};
  const std::vector<Body> bodies = one_of_each();
  for (const BadMember& item : bad) {
    Json json = payload_of(bodies[item.body]);
    json["body"][item.member] = item.value;
    EXPECT_EQ(refusal_of_payload(json), Refusal::malformed) << item.member << " " << item.value;
  }
}

TEST(Transaction, RefusesEnvelopes) {
  Actor actor('A');
  std::string good = sign_transaction(kNetwork, actor.account, 1, kStartMs, Faucet{}, *actor.signer);
  EXPECT_EQ(refusal_of(good), Refusal::none);
  EXPECT_EQ(refusal_of(""), Refusal::malformed);
  EXPECT_EQ(refusal_of("a.b"), Refusal::malformed);
  EXPECT_EQ(refusal_of(good + "A"), Refusal::malformed);
  EXPECT_EQ(refusal_of(std::string(kEnvelopeBytesMax + 1, 'a')), Refusal::malformed);
  EXPECT_EQ(refusal_of(jws_sign("ain-voucher", payload_of(Faucet{}), *actor.signer)), Refusal::malformed);
  EXPECT_EQ(refusal_of(jws_sign("ain-tx", payload_of(Faucet{}), *Actor('O').signer)), Refusal::bad_signature);
  Json unknown = payload_of(Faucet{});
  unknown["type"] = "mint";
  EXPECT_EQ(refusal_of_payload(unknown), Refusal::unknown_type);
  Json small = payload_of(Faucet{});
  small["key"] = "AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
  EXPECT_EQ(refusal_of_payload(small), Refusal::unsafe_key);
}

TEST(Transaction, NoFlippedBitGetsThrough) {
  Actor actor('A');
  const std::string good =
      sign_transaction(kNetwork, actor.account, 1, kStartMs,
                       Transfer{Actor('O').account, Amount::micro(5), "memo"}, *actor.signer);
  for (size_t i = 0; i < good.size(); ++i) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string flipped = good;
      flipped[i] = static_cast<char>(flipped[i] ^ (1 << bit));
      ASSERT_NE(refusal_of(flipped), Refusal::none) << "byte " << i << " bit " << bit;
    }
  }
}

}  // namespace
}  // namespace ain::ledger
