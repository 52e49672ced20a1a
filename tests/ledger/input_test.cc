// Envelopes that are not what they should be, and amounts at their bounds: each gets a refusal, none an assertion.
#include <sodium.h>

#include "base/encoding.h"
#include "base/jws.h"
#include "ledger/wire.h"
#include "tests/ledger/world.h"

namespace ain::ledger {
namespace {

class Input : public testing::Test {
 protected:
  std::string envelope(int64_t nonce, int64_t valid_until_ms) const {
    return envelope(world_.ledger->network(), world_.treasury.account, nonce, valid_until_ms);
  }
  std::string envelope(const std::string& network, const AccountId& account, int64_t nonce, int64_t valid_until_ms) const {
    return sign_transaction(network, account, nonce, valid_until_ms, Transfer{world_.other.account, micro(1), ""}, *world_.treasury.signer);
  }
  // The payload of a good transfer with one member changed, signed as it is then.
  std::string with(const char* member, Json value) const {
    Json payload = jws_decode(envelope(1, world_.time_ms), "ain-tx").payload;
    payload[member] = std::move(value);
    return jws_sign("ain-tx", payload, *world_.treasury.signer);
  }
  // Signed over these very bytes.
  std::string raw(const std::string& header, const std::string& payload) const {
    const std::string input = base64url_encode(header) + "." + base64url_encode(payload);
    return input + "." + base64url_encode(as_view(world_.treasury.signer->sign(input)));
  }
  World world_;
};

TEST_F(Input, Envelopes) {
  const std::string good = envelope(1, world_.time_ms), header = R"({"alg":"EdDSA","typ":"ain-tx"})";
  const std::string payload = canonical(jws_decode(good, "ain-tx").payload);
  const std::string_view signature = std::string_view(good).substr(good.rfind('.') + 1);
  const auto inserted = [&](const std::string& text) { return payload.substr(0, payload.size() - 1) + text + "}"; };
  std::string float_nonce = payload, deep = payload;
  float_nonce.replace(float_nonce.find(R"("nonce":1)"), 9, R"("nonce":1.0)");
  deep.replace(deep.find(R"("amount":1)"), 0, R"("deep":)" + std::string(100, '[') + std::string(100, ']') + ",");
  const std::vector<std::pair<std::string, const char*>> cases{
      {"", "malformed"},
      {"a.b.c", "malformed"},
      {good + "=", "malformed"},
      {good + "\n", "malformed"},
      {good.substr(0, good.size() - 1), "malformed"},
      {good.substr(0, good.rfind('.')), "malformed"},
      {good + "." + std::string(signature), "malformed"},
      {std::string(kEnvelopeBytesMax + 1, 'a'), "malformed"},
      {raw(header, inserted(R"(,"extra":1)")), "malformed"},
      {raw(header, inserted(R"(,"nonce":1)")), "malformed"},   // twice
      {raw(header, float_nonce), "malformed"},
      {raw(header, deep), "malformed"},
      {raw(header, payload + " x"), "malformed"},
      {raw(header, "\xff"), "malformed"},
      {raw(R"({"alg":"none","typ":"ain-tx"})", payload), "malformed"},
      {raw(R"({"alg":"EdDSA","typ":"ain-note"})", payload), "malformed"},
      {raw(R"({"alg":"EdDSA","typ":"ain-tx","crit":["x"]})", payload), "malformed"},
      {jws_sign("ain-voucher", jws_decode(good, "ain-tx").payload, *world_.treasury.signer), "malformed"},
      {jws_sign("ain-tx", jws_decode(good, "ain-tx").payload, *world_.other.signer), "bad_signature"},
      {with("network", ""), "wrong_network"},
      {with("network", std::string(kNetworkBytesMax + 1, 'x')), "malformed"},
      {with("account", "ain1"), "malformed"},
      {with("key", "AQ"), "malformed"},
      {with("nonce", 0), "malformed"},
      {with("nonce", -1), "malformed"},
      {with("nonce", "1"), "malformed"},
      {with("nonce", kTimeMaxMs + 1), "malformed"},
      {with("nonce", uint64_t{1} << 63), "malformed"},
      {with("valid_until", -1), "malformed"},
      {with("type", "mint"), "unknown_type"},
      {with("type", ""), "unknown_type"},
      {with("type", "Transfer"), "unknown_type"},
      {with("type", std::string(kTypeBytesMax + 1, 'x')), "malformed"},
      {with("body", Json::array()), "malformed"},
      {with("body", nullptr), "malformed"},
      {with("body", Json::object()), "malformed"},
      {with("key", key_text(world_.other.key())), "bad_signature"},
      {good, "none"}};
  for (size_t i = 0; i < cases.size(); ++i) EXPECT_EQ(world_.answer(cases[i].first), cases[i].second) << i;
}

TEST_F(Input, NoncesAndTimes) {
  const int64_t now = world_.time_ms;
  EXPECT_EQ(world_.answer(envelope(1, now - 1)), "expired");
  EXPECT_EQ(world_.answer(envelope(1, 0)), "expired");
  EXPECT_EQ(world_.answer(envelope(1, now + kValidForMaxMs + 1)), "expired");
  EXPECT_EQ(world_.answer(envelope(1, kTimeMaxMs)), "expired");
  EXPECT_EQ(world_.answer(envelope(2, now)), "bad_nonce");
  EXPECT_EQ(world_.answer(envelope(kTimeMaxMs, now)), "bad_nonce");
  EXPECT_EQ(world_.answer(envelope("lab-00", world_.treasury.account, 1, now)), "wrong_network");
  EXPECT_EQ(world_.answer(envelope(world_.ledger->network(), world_.other.account, 1, now)), "wrong_key");
  EXPECT_EQ(world_.answer(envelope(1, now)), "none");  // valid to the last millisecond
  EXPECT_EQ(world_.answer(envelope(1, now + 1)), "bad_nonce");
  EXPECT_EQ(world_.answer(envelope(2, now + kValidForMaxMs)), "none");
  // A stale nonce of a transaction that is not the one applied.
  EXPECT_EQ(world_.answer(envelope(2, now + 5)), "bad_nonce");
  EXPECT_EQ(world_.next_nonce(world_.treasury.account), 3);
}

// S + L is another signature for the same message, which a verifier must not take.
TEST_F(Input, SignaturesHaveOneForm) {
  const unsigned char order[32] = {0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14,
                                   0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0x10};
  const std::string good = envelope(1, world_.time_ms);
  const size_t dot = good.rfind('.');
  std::string signature = *base64url_decode(good.substr(dot + 1));
  int carry = 0;
  for (size_t i = 0; i < 32; ++i) {
    carry += static_cast<unsigned char>(signature[32 + i]) + order[i];
    signature[32 + i] = static_cast<char>(carry & 0xff);
    carry >>= 8;
  }
  ASSERT_EQ(carry, 0);
  EXPECT_EQ(world_.answer(good.substr(0, dot + 1) + base64url_encode(signature)), "bad_signature");
  EXPECT_EQ(world_.answer(good), "none");
}

TEST_F(Input, SmallOrderKeys) {
  for (const char* hex : {"0100000000000000000000000000000000000000000000000000000000000000",
                          "0000000000000000000000000000000000000000000000000000000000000000",
                          "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                          "0000000000000000000000000000000000000000000000000000000000000080",
                          "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
                          "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"}) {
    const PublicKey key{*to_array<32>(*from_hex(hex))};
    Json payload = jws_decode(envelope(1, world_.time_ms), "ain-tx").payload;
    payload["key"] = key_text(key);
    payload["account"] = account_of(key).text();
    const std::string input = base64url_encode(R"({"alg":"EdDSA","typ":"ain-tx"})") + "." + base64url_encode(canonical(payload));
    // Identity R and S = 0, which holds for any message under a lax verifier.
    std::string forged(64, '\0');
    forged[0] = 1;
    EXPECT_EQ(world_.answer(input + "." + base64url_encode(forged)), "unsafe_key") << hex;
  }
}

// A key A + T, T of order 8: canonical, not of small order, and one signature in eight by A's secret holds for it. Only the check of the
// subgroup keeps it out.
TEST_F(Input, MixedOrderKey) {
  const std::array<unsigned char, 32> torsion =
      *to_array<32>(*from_hex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"));
  std::array<unsigned char, 64> hash;
  crypto_hash_sha512(hash.data(), reinterpret_cast<const unsigned char*>("seed"), 4);
  std::array<unsigned char, 32> secret, point;
  crypto_core_ed25519_scalar_reduce(secret.data(), hash.data());
  crypto_scalarmult_ed25519_base_noclamp(point.data(), secret.data());
  PublicKey key;
  ASSERT_EQ(crypto_core_ed25519_add(key.bytes.data(), point.data(), torsion.data()), 0);
  const AccountId account = account_of(key);

  for (int attempt = 0; attempt < 200; ++attempt) {
    Json payload{{"network", world_.ledger->network()},
                 {"account", account.text()},
                 {"key", key_text(key)},
                 {"nonce", 1},
                 {"valid_until", world_.time_ms + attempt},
                 {"type", "faucet"},
                 {"body", Json::object()}};
    std::string input =
        base64url_encode(R"({"alg":"EdDSA","typ":"ain-tx"})") + "." + base64url_encode(canonical(payload));
    // Textbook Ed25519 with a fixed r: R = rB, S = r + H(R, key, message) a.
    std::array<unsigned char, 32> r, big_r, challenge, product, s;
    crypto_core_ed25519_scalar_random(r.data());
    crypto_scalarmult_ed25519_base_noclamp(big_r.data(), r.data());
    std::string preimage = std::string(as_view(big_r)) + std::string(as_view(key.bytes)) + input;
    crypto_hash_sha512(hash.data(), reinterpret_cast<const unsigned char*>(preimage.data()), preimage.size());
    crypto_core_ed25519_scalar_reduce(challenge.data(), hash.data());
    crypto_core_ed25519_scalar_mul(product.data(), challenge.data(), secret.data());
    crypto_core_ed25519_scalar_add(s.data(), r.data(), product.data());
    Signature signature = *to_array<64>(std::string(as_view(big_r)) + std::string(as_view(s)));
    if (!verify(key, input, signature)) continue;
    EXPECT_EQ(world_.answer(input + "." + base64url_encode(as_view(signature))), "unsafe_key");
    return;
  }
  FAIL() << "no signature held for the mixed-order key";
}

TEST_F(Input, AmountsAtTheirBounds) {
  world_.fund(world_.provider, 1000);
  const auto told = [&](const Body& body) { return world_.answer(world_.treasury, body); };
  const Amount all = micro(kAmountMax);
  EXPECT_EQ(told(Transfer{world_.other.account, all, ""}), "insufficient_funds");
  EXPECT_EQ(told(Transfer{world_.other.account, micro(kAmountMax + 1), ""}), "malformed");
  EXPECT_EQ(told(Transfer{world_.other.account, micro(INT64_MAX), ""}), "malformed");
  EXPECT_EQ(told(Transfer{world_.other.account, micro(INT64_MIN), ""}), "malformed");
  EXPECT_EQ(told(Transfer{world_.treasury.account, micro(1), ""}), "self_payment");
  EXPECT_EQ(told(Faucet{}), "self_payment");
  EXPECT_EQ(told(BondDeposit{all}), "insufficient_funds");
  EXPECT_EQ(told(BondUnbond{all}), "bond_needed");
  // A lease whose bond is more than there is money.
  const Attribution attribution = world_.attribution({{world_.author.account.text(), 1}});
  EscrowOpen body = world_.terms(attribution);
  body.bond = all;
  const Digest id = world_.open_escrow(attribution, body, false);
  EXPECT_EQ(world_.answer(world_.provider, LeaseAccept{id, attribution.digest()}), "bond_needed");
  world_.must(world_.provider, BondDeposit{micro(1000)});
  EXPECT_EQ(world_.answer(world_.provider, LeaseAccept{id, attribution.digest()}), "bond_needed");
  world_.must(world_.payer, Release{id, ""});
  // The whole supply in one account, and back.
  EXPECT_EQ(told(Transfer{world_.other.account, micro(world_.available(world_.treasury)), ""}), "none");
  EXPECT_EQ(told(Transfer{world_.other.account, micro(1), ""}), "insufficient_funds");
  EXPECT_EQ(world_.answer(world_.stranger, Faucet{}), "insufficient_funds");
  world_.expect_sound();
}

// With the largest supply there can be, money that goes round a pool passes what an amount can say: the pool takes no more, and nothing breaks.
TEST(InputSupply, APoolThatHasReceivedAllThereIs) {
  Genesis rich = World::genesis();
  rich.supply = micro(kAmountMax);
  World world(rich);
  const std::vector<Payee> pooled{{world.treasury.account.text(), 1}};
  Attribution attribution = world.attribution({}, {RoyaltyKind::rate, kPpm});
  attribution.pool = PayeePool{pool_root(pooled), 1, 1};
  world.must(world.author, AttributionRegister{attribution});
  const int64_t price = kLeasePriceMax, run_us = 60'000'000;  // 60 x 2^46, less than half of 2^53
  EscrowOpen terms = world.terms(attribution, price, run_us);
  int64_t taken = 0;
  for (int turn = 0; turn < 4; ++turn) {
    const Digest id = world.must(world.treasury, terms).txid;
    world.must(world.provider, LeaseAccept{id, attribution.digest()});
    const std::string voucher = sign_voucher({world.ledger->network(), id, 1, run_us, metered_amount(price, run_us), true}, *world.treasury.signer);
    world.must(world.provider, Settle{id, voucher, ""});
    const EscrowState escrow = *world.ledger->escrow(id);
    if (!escrow.paid_authors.empty()) {
      ++taken;
      world.must(world.stranger, PoolDraw{attribution.digest(), pooled[0], 0, {}});
    } else {
      EXPECT_EQ(escrow.refunded, metered_amount(price, run_us));
    }
    world.must(world.provider, Transfer{world.treasury.account, micro(world.available(world.provider)), ""});
  }
  EXPECT_EQ(taken, 2);  // of what is a bit less than half each
  world.expect_sound();
}

}  // namespace
}  // namespace ain::ledger
