#include "ledger/transaction.h"

#include <set>

#include "base/encoding.h"
#include "base/jws.h"
#include "ledger/refusal.h"
#include "tests/ledger/world.h"

namespace ain::ledger {
namespace {

const std::string kNetwork = "test-0123456789abcdef";

std::vector<Body> one_of_each() {
  World world(World::governed());
  const Attribution attribution = world.attribution({{world.author.account.text(), 3}, {unclaimed_payee("a@b.c"), 1}});
  const RepositoryId repository{sha256("r")};
  const Digest e = sha256("e");
  const std::string commit(40, 'c'), tree(40, 'd');
  const KeyScope runs{false, micro(7)};
  EscrowOpen open = world.terms(attribution);
  open.bond = micro(3);
  open.dispute_within_ms = 1000;
  return {Faucet{},
          Transfer{world.other.account, micro(5), "caf\u00e9"},
          Offer{node_number('N'), "https://gpu.example:7433", 100, 8, 1 << 30, {"H100-80GB", "H100-80GB"}, kHourMs, kHourMs},
          OfferWithdraw{node_number('N')},
          AttributionRegister{attribution},
          open,
          LeaseAccept{e, sha256("a")},
          Settle{e, "a.b.c", "d.e.f", false},
          Release{e, "no longer needed"},
          Reap{e},
          KeyRegister{world.other.key(), "proof", runs},
          KeyRotate{world.other.key(), "proof"},
          KeyRevoke{world.other.key()},
          BondDeposit{micro(5)},
          BondUnbond{micro(5)},
          BondWithdraw{},
          PoolDraw{sha256("a"), {world.author.account.text(), 3}, 4, {sha256("1"), sha256("2")}},
          RepositoryRegister{"{}", {"one", "two"}},
          Anchor{repository, 1, commit, tree},
          FingerprintRegister{repository, commit, sha256("s"), sha256("f"), 9},
          FingerprintPublish{repository, commit, std::string("\0\xff\n\x80", 4), 8, {sha256("1")}},
          Claim{repository, unclaimed_payee("a@b.c"), world.other.account, 1, {"x"}},
          Challenge{e, "", sha256("evidence")},
          Resolve{e, 5, micro(2), {"x", "y"}},
          ParametersChange{World::governed().parameters, 1, {"x"}}};
}
size_t index_of(std::string_view type) {
  const auto names = type_names();
  return static_cast<size_t>(std::find(names.begin(), names.end(), type) - names.begin());
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
    ASSERT_EQ(tx.bodies.size(), 1u);
    EXPECT_FALSE(tx.batch);
    EXPECT_EQ(tx.type(), type_name(body));
    EXPECT_EQ(tx.bodies[0].index(), body.index());
    EXPECT_EQ(body_json(tx), body_json(body));
    EXPECT_EQ(transaction_id(tx, 0), tx.txid);
  }
}

TEST(Transaction, EachTypeIsThereOnce) {
  const std::vector<Body> bodies = one_of_each();
  ASSERT_EQ(bodies.size(), std::variant_size_v<Body>);
  for (size_t i = 0; i < bodies.size(); ++i) {
    EXPECT_EQ(bodies[i].index(), i);
    EXPECT_EQ(type_names()[i], type_name(bodies[i]));
  }
  EXPECT_EQ(type_names().back(), "batch");
}

TEST(Transaction, ABatchComesBackWithAnIdForEach) {
  const Actor actor('A');
  Batch batch;
  for (const Body& body : one_of_each()) batch.items.push_back(body);
  const std::string envelope = sign_batch(kNetwork, actor.account, 7, kStartMs, batch, *actor.signer);
  const Transaction tx = decode_transaction(envelope);
  EXPECT_TRUE(tx.batch);
  EXPECT_EQ(tx.type(), "batch");
  ASSERT_EQ(tx.bodies.size(), batch.items.size());
  std::set<Digest> ids{tx.txid};
  for (size_t i = 0; i < batch.items.size(); ++i) {
    EXPECT_EQ(body_json(tx.bodies[i]), body_json(batch.items[i]));
    ids.insert(transaction_id(tx, i));
  }
  EXPECT_EQ(ids.size(), batch.items.size() + 1);
  EXPECT_EQ(transaction_id(tx, 258), sha256(std::string(as_view(tx.txid)) + std::string("\0\0\1\2", 4)));
  EXPECT_EQ(body_json(tx)["items"].size(), batch.items.size());
}

TEST(Transaction, BatchesAreBounded) {
  const auto told = [](const Json& items) {
    Json payload = jws_decode(sign_batch(kNetwork, Actor('A').account, 1, kStartMs, Batch{{Faucet{}}}, *Actor('A').signer), "ain-tx").payload;
    payload["body"]["items"] = items;
    try {
      decode_transaction(jws_sign("ain-tx", payload, *Actor('A').signer));
      return Refusal::none;
    } catch (const RefusedError& error) {
      return error.refusal();
    }
  };
  const Json faucet{{"type", "faucet"}, {"body", Json::object()}};
  EXPECT_EQ(told(Json::array({faucet})), Refusal::none);
  EXPECT_EQ(told(std::vector<Json>(kBatchItemsMax, faucet)), Refusal::none);
  EXPECT_EQ(told(std::vector<Json>(kBatchItemsMax + 1, faucet)), Refusal::malformed);
  EXPECT_EQ(told(Json::array()), Refusal::malformed);
  EXPECT_EQ(told(Json::array({1})), Refusal::malformed);
  EXPECT_EQ(told(Json::array({{{"type", "faucet"}}})), Refusal::malformed);
  EXPECT_EQ(told(Json::array({{{"type", "faucet"}, {"body", Json::object()}, {"nonce", 1}}})), Refusal::malformed);
  EXPECT_EQ(told(Json::array({{{"type", "mint"}, {"body", Json::object()}}})), Refusal::unknown_type);
  EXPECT_EQ(told(Json::array({{{"type", "batch"}, {"body", {{"items", Json::array({faucet})}}}}})), Refusal::unknown_type);
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
  EXPECT_EQ(to_hex(sha256(all)), "d5c98cab1a7d6c7c589da4b872682ce8225280bb70beea15d9cf6adc9a9fcf43") << all;
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
      static const std::set<std::string> kOptional{"memo", "reason", "note", "bond", "dispute_within_ms", "provider", "slash"};
      if (kOptional.contains(item.key())) continue;
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
  const char* type;
  const char* member;
  Json value;
};

TEST(Transaction, BodiesAreBounded) {
  const std::vector<BadMember> bad{
      {"transfer", "amount", -1},
      {"transfer", "amount", kAmountMax + 1},
      {"transfer", "amount", "5"},
      {"transfer", "to", "ain1qqqq"},
      {"transfer", "memo", std::string(kMemoBytesMax + 1, 'x')},
      {"offer", "endpoint", "http://plain"},
      {"offer", "endpoint", "https://"},
      {"offer", "endpoint", "https://a\u001b[0m"},
      {"offer", "endpoint", "https://" + std::string(kEndpointBytesMax, 'x')},
      {"offer", "price_per_second", -1},
      {"offer", "price_per_second", kPricePerSecondMax + 1},
      {"offer", "cpus", 0},
      {"offer", "memory_bytes", 0},
      {"offer", "gpus", Json::array({1})},
      {"offer", "gpus", Json::array({""})},
      {"offer", "gpus", std::vector<std::string>(kGpusMax + 1, "T4")},
      {"offer", "run_within_ms", kRunWithinMaxMs + 1},
      {"offer", "valid_for_ms", 0},
      {"offer", "valid_for_ms", kOfferValidForMaxMs + 1},
      {"escrow_open", "run_us_max", 0},
      {"escrow_open", "price_per_second", kLeasePriceMax + 1},
      {"escrow_open", "accept_within_ms", kAcceptWithinMaxMs + 1},
      {"escrow_open", "run_within_ms", kRunWithinMaxMs + 1},
      {"escrow_open", "job", std::string(64, 'A')},
      {"lease_accept", "escrow", "00"},
      {"settle", "note", std::string(kVoucherBytesMax + 1, 'x')},
      {"release", "reason", std::string(kReasonBytesMax + 1, 'x')},
      {"escrow_open", "units", 0},
      {"escrow_open", "units", kUnitsMax + 1},
      {"escrow_open", "bond", -1},
      {"escrow_open", "dispute_within_ms", kDisputeWithinMaxMs + 1},
      {"escrow_open", "dispute_within_ms", -1},
      {"settle", "voucher", std::string(kVoucherBytesMax + 1, 'x')},
      {"settle", "final", 1},
      {"key_register", "key", "short"},
      {"key_register", "scope", Json::object()},
      {"key_register", "scope", {{"everything", true}, {"spend_max", 1}}},
      {"key_register", "proof", std::string(kVoucherBytesMax + 1, 'x')},
      {"bond_deposit", "amount", -1},
      {"bond_unbond", "amount", kAmountMax + 1},
      {"pool_draw", "index", -1},
      {"pool_draw", "index", kPoolPayeesMax + 1},
      {"pool_draw", "path", std::vector<std::string>(kPoolPathMax + 1, std::string(64, '0'))},
      {"pool_draw", "path", Json::array({"00"})},
      {"pool_draw", "path", Json::array({std::string(64, 'A')})},
      {"pool_draw", "payee", {{"id", "nobody"}, {"weight", 1}}},
      {"pool_draw", "payee", {{"id", unclaimed_payee("a@b")}, {"weight", 0}}},
      {"repository_register", "document", std::string(kIdentityBytesMax + 1, 'x')},
      {"repository_register", "signatures", std::vector<std::string>(kApprovalsMax + 1, "x")},
      {"anchor", "sequence", 0},
      {"anchor", "commit", std::string(40, 'C')},
      {"anchor", "commit", std::string(39, 'c')},
      {"anchor", "tree", ""},
      {"fingerprint_register", "count", -1},
      {"fingerprint_register", "count", kFingerprintsMax + 1},
      {"fingerprint_publish", "leaf", ""},
      {"fingerprint_publish", "leaf", 5},
      {"fingerprint_publish", "leaf", base64url_encode(std::string(kLeafBytesMax + 1, 'x'))},
      {"fingerprint_publish", "leaf", "bGVhZg=="},
      {"fingerprint_publish", "leaf", "bGVhZh"},  // bits that say nothing
      {"fingerprint_publish", "leaf", "bGVhZ"},
      {"fingerprint_publish", "leaf", "bGVhZg\n"},
      {"fingerprint_publish", "leaf", "bGV+Zg"},  // the other alphabet
      {"fingerprint_publish", "commit", std::string(40, 'C')},
      {"fingerprint_publish", "index", -1},
      {"fingerprint_publish", "index", kFingerprintsMax + 1},
      {"fingerprint_publish", "path", std::vector<std::string>(kFingerprintPathMax + 1, std::string(64, '0'))},
      {"fingerprint_publish", "path", Json::array({"00"})},
      {"fingerprint_publish", "path", Json::array({std::string(64, 'A')})},
      {"fingerprint_publish", "path", ""},
      {"claim", "payee", Actor('A').account.text()},
      {"claim", "payee", "unclaimed:00"},
      {"claim", "sequence", 0},
      {"claim", "approvals", std::vector<std::string>(kApprovalsMax + 1, "x")},
      {"challenge", "voucher", "a.b.c"},
      {"challenge", "evidence", "00"},
      {"resolve", "run_us", -1},
      {"resolve", "slash", -1},
      {"resolve", "approvals", Json::array({1})},
      {"parameters_change", "parameters", Json::object()},
      {"parameters_change", "sequence", 0}};
  const std::vector<Body> bodies = one_of_each();
  for (const BadMember& item : bad) {
    Json json = payload_of(bodies[index_of(item.type)]);
    json["body"][item.member] = item.value;
    EXPECT_EQ(refusal_of_payload(json), Refusal::malformed) << item.type << "." << item.member << " " << item.value;
  }
}

// What a leaf may be at most is of use only where the rest of its transaction has room beside it, whatever that is.
TEST(Transaction, TheLargestLeafFitsAnEnvelope) {
  const std::string network(kNetworkBytesMax, 'n');
  const std::vector<Digest> path(kFingerprintPathMax, sha256("sibling"));
  const FingerprintPublish largest{RepositoryId{sha256("r")}, std::string(40, 'c'), std::string(kLeafBytesMax, '\xff'), kFingerprintsMax, path};
  const Actor actor('A');
  for (const std::string& envelope : {sign_transaction(network, actor.account, kTimeMaxMs, kTimeMaxMs, largest, *actor.signer),
                                      sign_batch(network, actor.account, kTimeMaxMs, kTimeMaxMs, Batch{{largest}}, *actor.signer)}) {
    EXPECT_LE(envelope.size(), kEnvelopeBytesMax);
    const auto body = std::get<FingerprintPublish>(decode_transaction(envelope).bodies.at(0));
    EXPECT_EQ(body.leaf, largest.leaf);
    EXPECT_EQ(body.path, path);
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
