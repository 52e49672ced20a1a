// Every refusal of the protocol is provoked once on a real ledger, which must stay as it was.
#include "ledger/refusal.h"

#include <sodium.h>

#include <set>

#include "base/encoding.h"
#include "base/jws.h"
#include "ledger/wire.h"
#include "tests/ledger/world.h"

namespace ain::ledger {
namespace {

class Refusals : public testing::Test {
 protected:
  // Submits and demands that refusal, and that nothing moved.
  void expect(Refusal refusal, const Applied& applied) {
    EXPECT_EQ(refusal_name(applied.refusal), refusal_name(refusal)) << applied.reason;
    EXPECT_FALSE(applied.reason.empty());
    EXPECT_EQ(applied.height, 0);
    seen_.insert(applied.refusal);
  }
  void expect(Refusal refusal, const Actor& actor, const Body& body) {
    Digest root = world_.ledger->root();
    int64_t height = world_.ledger->height(), nonce = world_.next_nonce(actor);
    expect(refusal, world_.submit(actor, body));
    EXPECT_EQ(world_.ledger->root(), root);
    EXPECT_EQ(world_.ledger->height(), height);
    EXPECT_EQ(world_.next_nonce(actor), nonce);
  }
  Applied submit_as(const std::string& network, int64_t nonce, int64_t valid_until,
                    const AccountId& account) {
    const Actor& actor = world_.treasury;
    return world_.ledger->submit(
        sign_transaction(network, account, nonce, valid_until,
                         Transfer{world_.other.account, Amount::micro(1), ""}, *actor.signer),
        world_.time_ms);
  }

  void envelopes();
  void money();
  void registrations();
  void escrows();
  void deadlines();
  void mixed_order_key();

  World world_;
  std::set<Refusal> seen_;
};

void Refusals::envelopes() {
  const AccountId treasury = world_.treasury.account;
  const std::string network = world_.ledger->network();
  const int64_t soon = world_.time_ms + kHourMs;
  expect(Refusal::malformed, world_.ledger->submit("nonsense", world_.time_ms));
  std::string envelope = world_.sign(world_.treasury, Transfer{world_.other.account, Amount::micro(1), ""});
  Json payload = jws_decode(envelope, "ain-tx").payload;
  expect(Refusal::bad_signature,
         world_.ledger->submit(jws_sign("ain-tx", payload, *world_.other.signer), world_.time_ms));
  payload["type"] = "mint";
  expect(Refusal::unknown_type,
         world_.ledger->submit(jws_sign("ain-tx", payload, *world_.treasury.signer), world_.time_ms));
  expect(Refusal::wrong_network, submit_as("lab-00", 1, soon, treasury));
  expect(Refusal::expired, submit_as(network, 1, world_.time_ms - 1, treasury));
  expect(Refusal::expired, submit_as(network, 1, world_.time_ms + kValidForMaxMs + 1, treasury));
  expect(Refusal::bad_nonce, submit_as(network, 2, soon, treasury));
  expect(Refusal::wrong_key, submit_as(network, 1, soon, world_.other.account));
  EXPECT_EQ(submit_as(network, 1, world_.time_ms, treasury).refusal,
            Refusal::none);  // valid to the last millisecond
  expect(Refusal::bad_nonce, submit_as(network, 1, soon, treasury));
  EXPECT_EQ(submit_as(network, 2, world_.time_ms + kValidForMaxMs, treasury).refusal, Refusal::none);
}

void Refusals::money() {
  expect(Refusal::self_payment, world_.treasury, Transfer{world_.treasury.account, Amount::micro(1), ""});
  expect(Refusal::bad_amount, world_.treasury, Transfer{world_.other.account, Amount(), ""});
  expect(Refusal::insufficient_funds, world_.stranger, Transfer{world_.other.account, Amount::micro(1), ""});
  expect(Refusal::insufficient_funds, world_.treasury,
         Transfer{world_.other.account, Amount::micro(kAmountMax), ""});
  expect(Refusal::self_payment, world_.treasury, Faucet{});
  world_.must(world_.other, Faucet{});
  expect(Refusal::faucet_taken, world_.other, Faucet{});
  world_.must(world_.treasury,
              Transfer{world_.other.account, Amount::micro(world_.available(world_.treasury)), ""});
  expect(Refusal::insufficient_funds, world_.stranger, Faucet{});
  world_.must(world_.other, Transfer{world_.treasury.account, Amount::micro(900'000'000), ""});

  Genesis dry = World::genesis();
  dry.faucet = Amount();
  Ledger ledger(world_.folder.path() / "dry", dry);
  const Actor& actor = world_.other;
  expect(Refusal::no_faucet, ledger.submit(sign_transaction(ledger.network(), actor.account, 1,
                                                            world_.time_ms, Faucet{}, *actor.signer),
                                           world_.time_ms));
}

void Refusals::registrations() {
  expect(Refusal::unknown_offer, world_.provider, OfferWithdraw{node_number('N')});
  Offer offer{{}, "unix:/x", 5, 1, 1, {}, 1000, kHourMs};
  for (size_t i = 0; i < kOffersPerAccountMax; ++i) {
    offer.node.bytes[0] = static_cast<unsigned char>(i);
    world_.must(world_.provider, offer);
  }
  world_.must(world_.provider, offer);  // replaces
  offer.node.bytes[1] = 1;
  expect(Refusal::too_many, world_.provider, offer);
  world_.must(world_.other, offer);
  Attribution attribution = world_.attribution({{world_.author.account.text(), 1}});
  world_.must(world_.payer, AttributionRegister{attribution});
  expect(Refusal::exists, world_.author, AttributionRegister{attribution});
  attribution.commit = std::string(40, 'c');  // another commit with the same tree has the same digest
  expect(Refusal::exists, world_.author, AttributionRegister{attribution});
}

void Refusals::escrows() {
  Attribution attribution = world_.attribution({{world_.author.account.text(), 1}});
  EscrowOpen terms = world_.terms(attribution);
  expect(Refusal::insufficient_funds, world_.stranger, terms);
  EscrowOpen changed = terms;
  changed.deposit += Amount::micro(1);
  expect(Refusal::bad_amount, world_.treasury, changed);
  changed.deposit = terms.deposit - Amount::micro(1);
  expect(Refusal::bad_amount, world_.treasury, changed);
  changed = terms;
  changed.price_per_second = kLeasePriceMax;
  changed.run_us_max = kRunWithinMaxMs * 1000;
  expect(Refusal::bad_amount, world_.treasury, changed);
  changed = terms;
  changed.attribution = sha256("nobody's");
  expect(Refusal::unknown_attribution, world_.treasury, changed);

  const Digest nowhere = sha256("nowhere");
  expect(Refusal::unknown_escrow, world_.provider, LeaseAccept{nowhere, attribution.digest()});
  expect(Refusal::unknown_escrow, world_.provider, Settle{nowhere, "a", "b"});
  expect(Refusal::unknown_escrow, world_.payer, Release{nowhere, ""});
  expect(Refusal::unknown_escrow, world_.payer, Reap{nowhere});

  Digest id = world_.open_escrow(attribution, false);
  expect(Refusal::not_yours, world_.stranger, LeaseAccept{id, attribution.digest()});
  expect(Refusal::not_yours, world_.stranger, Release{id, ""});
  expect(Refusal::attribution_differs, world_.provider, LeaseAccept{id, sha256("mine")});
  expect(Refusal::wrong_state, world_.provider, Settle{id, world_.note(id, 1), world_.voucher(id, 1)});
  world_.must(world_.provider, LeaseAccept{id, attribution.digest()});
  expect(Refusal::wrong_state, world_.provider, LeaseAccept{id, attribution.digest()});
  expect(Refusal::wrong_state, world_.payer, Release{id, ""});
  expect(Refusal::bad_voucher, world_.provider, Settle{id, "a", "b"});
}

void Refusals::deadlines() {
  Attribution attribution = world_.attribution({{world_.author.account.text(), 1}});
  Digest id = world_.open_escrow(attribution, false);
  world_.time_ms += 60'000;  // the last millisecond to accept
  expect(Refusal::deadline_not_passed, world_.stranger, Reap{id});
  world_.time_ms += 1;
  expect(Refusal::deadline_passed, world_.provider, LeaseAccept{id, attribution.digest()});
  world_.must(world_.stranger, Reap{id});
  expect(Refusal::wrong_state, world_.stranger, Reap{id});
}

// A key A + T, T of order 8: canonical, not of small order, and one signature in eight by A's secret holds
// for it. Only the check of the subgroup keeps it out.
void Refusals::mixed_order_key() {
  std::array<unsigned char, 32> torsion =
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
    expect(Refusal::unsafe_key,
           world_.ledger->submit(input + "." + base64url_encode(as_view(signature)), world_.time_ms));
    return;
  }
  FAIL() << "no signature held for the mixed-order key";
}

TEST_F(Refusals, EachIsGivenForItsCause) {
  envelopes();
  money();
  registrations();
  escrows();
  deadlines();
  mixed_order_key();
  for (size_t code = 1; code < kRefusalCount; ++code) {
    Refusal refusal = *refusal_from_code(static_cast<int64_t>(code));
    EXPECT_TRUE(seen_.contains(refusal)) << "no test provokes " << refusal_name(refusal);
  }
  world_.expect_conserved();
}

TEST(RefusalTable, NumbersAreTheProtocols) {
  const std::vector<std::string> names{"none",
                                       "malformed",
                                       "bad_signature",
                                       "wrong_network",
                                       "expired",
                                       "bad_nonce",
                                       "unsafe_key",
                                       "wrong_key",
                                       "insufficient_funds",
                                       "no_faucet",
                                       "faucet_taken",
                                       "self_payment",
                                       "bad_amount",
                                       "unknown_offer",
                                       "unknown_attribution",
                                       "exists",
                                       "unknown_escrow",
                                       "not_yours",
                                       "wrong_state",
                                       "deadline_passed",
                                       "deadline_not_passed",
                                       "attribution_differs",
                                       "bad_voucher",
                                       "unknown_type",
                                       "too_many"};
  ASSERT_EQ(names.size(), kRefusalCount);
  for (size_t code = 0; code < names.size(); ++code) {
    auto refusal = refusal_from_code(static_cast<int64_t>(code));
    ASSERT_TRUE(refusal);
    EXPECT_EQ(refusal_name(*refusal), names[code]);
    EXPECT_FALSE(refusal_text(*refusal).empty());
  }
  EXPECT_FALSE(refusal_from_code(-1));
  EXPECT_FALSE(refusal_from_code(static_cast<int64_t>(kRefusalCount)));
  EXPECT_EQ(refusal_kind(Refusal::insufficient_funds), ErrorKind::no_money);
  EXPECT_EQ(refusal_kind(Refusal::attribution_differs), ErrorKind::attribution);
  EXPECT_EQ(refusal_kind(Refusal::bad_signature), ErrorKind::bad_signature);
  EXPECT_EQ(refusal_kind(Refusal::wrong_state), ErrorKind::refused);
}

}  // namespace
}  // namespace ain::ledger
