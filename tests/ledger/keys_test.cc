// Keys of an account: registered, for everything or for runs, rotated, revoked; never the last one.
#include "base/encoding.h"
#include "base/jws.h"
#include "tests/ledger/world.h"

namespace ain::ledger {
namespace {

class Keys : public testing::Test {
 protected:
  Keys() { world_.fund(world_.payer, 1'000'000); }
  Transfer pay() const { return {world_.other.account, micro(1), ""}; }
  // What the ledger says to a transfer of the payer's money by that key.
  std::string paid_by(const Actor& key) { return world_.answer_for(world_.payer.account, key, pay()); }
  KeyRotate rotation(const Actor& owner, const Actor& to) const {
    return {to.key(), sign_key_proof(world_.ledger->network(), owner.account, *to.signer)};
  }
  Attribution attribution() const { return world_.attribution({{world_.author.account.text(), 1}}); }

  World world_;
  const Actor second_{'2'}, third_{'3'};
};

TEST_F(Keys, ARegisteredKeySpeaksForItsAccount) {
  EXPECT_EQ(paid_by(second_), "wrong_key");
  world_.must(world_.payer, world_.registration(world_.payer, second_));
  EXPECT_EQ(paid_by(second_), "none");
  EXPECT_EQ(paid_by(world_.payer), "none");
  const auto keys = world_.ledger->keys_of(world_.payer.account);
  ASSERT_EQ(keys.size(), 1u);
  EXPECT_EQ(keys[0].first, second_.key());
  EXPECT_EQ(keys[0].second.since_ms, world_.time_ms);
  EXPECT_EQ(world_.ledger->key(second_.key())->account, world_.payer.account);
  // A registered key may register others.
  world_.must_for(world_.payer.account, second_, world_.registration(world_.payer, third_));
  EXPECT_EQ(paid_by(third_), "none");
  world_.expect_sound();
}

TEST_F(Keys, ARevokedKeyIsOutForEver) {
  world_.must(world_.payer, world_.registration(world_.payer, second_));
  world_.time_ms += 5;
  world_.must(world_.payer, KeyRevoke{second_.key()});
  EXPECT_EQ(world_.ledger->key(second_.key())->until_ms, world_.time_ms);
  EXPECT_EQ(paid_by(second_), "wrong_key");
  EXPECT_EQ(world_.answer(world_.payer, KeyRevoke{second_.key()}), "unknown_key");
  for (const Actor* owner : {&world_.payer, &world_.treasury}) {
    EXPECT_EQ(world_.answer(*owner, world_.registration(*owner, second_)), "key_in_use");
  }
  world_.expect_sound();
}

TEST_F(Keys, TheFirstKeyCanLeaveToo) {
  world_.must(world_.payer, world_.registration(world_.payer, second_));
  world_.must_for(world_.payer.account, second_, KeyRevoke{world_.payer.key()});
  EXPECT_EQ(paid_by(world_.payer), "wrong_key");
  EXPECT_EQ(paid_by(second_), "none");
  EXPECT_GT(world_.ledger->key(world_.payer.key())->until_ms, 0);
  EXPECT_EQ(world_.answer_for(world_.payer.account, second_, KeyRevoke{second_.key()}), "last_key");
  EXPECT_EQ(world_.answer_for(world_.payer.account, second_, world_.registration(world_.payer, world_.payer)), "key_in_use");
  EXPECT_EQ(world_.answer(world_.treasury, world_.registration(world_.treasury, world_.payer)), "key_in_use");
  world_.expect_sound();
}

TEST_F(Keys, TheLastOneStays) {
  EXPECT_EQ(world_.answer(world_.payer, KeyRevoke{world_.payer.key()}), "last_key");
  EXPECT_EQ(world_.answer(world_.payer, KeyRevoke{second_.key()}), "unknown_key");
  // A key for runs does not count.
  world_.must(world_.payer, world_.registration(world_.payer, second_, {false, micro(1)}));
  EXPECT_EQ(world_.answer(world_.payer, KeyRevoke{world_.payer.key()}), "last_key");
  EXPECT_EQ(world_.answer(world_.payer, std::vector<Body>{world_.registration(world_.payer, third_), KeyRevoke{world_.payer.key()},
                                                          KeyRevoke{third_.key()}}), "last_key");
}

TEST_F(Keys, RotationReplacesTheKeyThatSigned) {
  world_.must(world_.payer, rotation(world_.payer, second_));
  EXPECT_EQ(paid_by(world_.payer), "wrong_key");
  world_.must_for(world_.payer.account, second_, rotation(world_.payer, third_));
  EXPECT_EQ(paid_by(second_), "wrong_key");
  EXPECT_EQ(paid_by(third_), "none");
  EXPECT_EQ(world_.answer_for(world_.payer.account, third_, rotation(world_.payer, second_)), "key_in_use");
  EXPECT_EQ(world_.answer_for(world_.payer.account, third_, KeyRotate{Actor('4').key(), "a.b.c"}), "bad_proof");
  world_.expect_sound();
}

// An earlier item of a batch may have taken the key out of force.
TEST_F(Keys, ABatchRotatesOnce) {
  const Actor fourth('4');
  EXPECT_EQ(world_.answer(world_.payer, std::vector<Body>{rotation(world_.payer, second_), rotation(world_.payer, third_)}), "unknown_key");
  EXPECT_EQ(world_.answer(world_.payer, std::vector<Body>{world_.registration(world_.payer, second_), KeyRevoke{world_.payer.key()},
                                                          rotation(world_.payer, third_)}), "unknown_key");
  EXPECT_EQ(world_.answer(world_.payer, std::vector<Body>{rotation(world_.payer, second_), pay(), world_.registration(world_.payer, third_)}), "none");
  EXPECT_EQ(paid_by(second_), "none");
  EXPECT_EQ(paid_by(third_), "none");
  world_.expect_sound();
}

TEST_F(Keys, NeedTheirHoldersProof) {
  const std::string network = world_.ledger->network();
  const auto told = [&](const std::string& proof) { return world_.answer(world_.payer, KeyRegister{second_.key(), proof, {}}); };
  for (const std::string& proof : {std::string("x"), sign_key_proof(network, world_.payer.account, *third_.signer),
                                   sign_key_proof(network, world_.other.account, *second_.signer),
                                   sign_key_proof("lab-00", world_.payer.account, *second_.signer),
                                   sign_approval(kKeyProofType, Json::object(), world_.payer.account, *second_.signer)}) {
    EXPECT_EQ(told(proof), "bad_proof") << proof;
  }
  EXPECT_EQ(told(sign_key_proof(network, world_.payer.account, *second_.signer)), "none");
}

TEST_F(Keys, UnsafeOnesAreRefused) {
  for (const char* hex : {"0100000000000000000000000000000000000000000000000000000000000000",    // the identity
                          "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",    // of order 2
                          "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",    // of order 8
                          "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"}) {  // not canonical
    const PublicKey key{*to_array<32>(*from_hex(hex))};
    EXPECT_EQ(world_.answer(world_.payer, KeyRegister{key, "a.b.c", {}}), "unsafe_key") << hex;
    EXPECT_EQ(world_.answer(world_.payer, KeyRotate{key, "a.b.c"}), "unsafe_key") << hex;
  }
}

TEST_F(Keys, OneKeyHasOneOwner) {
  world_.must(world_.payer, world_.registration(world_.payer, second_));
  EXPECT_EQ(world_.answer(world_.treasury, world_.registration(world_.treasury, second_)), "key_in_use");
  EXPECT_EQ(world_.answer(world_.payer, world_.registration(world_.payer, second_)), "key_in_use");
  EXPECT_EQ(world_.answer(world_.payer, world_.registration(world_.payer, world_.payer)), "key_in_use");
  EXPECT_EQ(world_.answer(world_.payer, world_.registration(world_.payer, world_.treasury)), "key_in_use");  // it has sent something already
}

// Money that was sent to the account of a registered key is not lost: there the key is the first one, and its limit elsewhere does not count.
TEST_F(Keys, ARegisteredKeyStillSpeaksForItsOwnAccount) {
  world_.must(world_.payer, world_.registration(world_.payer, second_, {false, micro(10)}));
  world_.fund(second_, 500'000);
  world_.must(world_.author, AttributionRegister{attribution()});
  const Digest id = world_.must(second_, world_.terms(attribution())).txid;
  EXPECT_EQ(world_.ledger->key(second_.key())->spent, Amount());
  world_.must(second_, Release{id, ""});
  EXPECT_EQ(world_.answer(second_, Transfer{world_.other.account, micro(500'000), ""}), "none");
  // Leaving its own account, it stays the payer's.
  world_.must(second_, world_.registration(second_, third_));
  world_.must(second_, KeyRevoke{second_.key()});
  EXPECT_EQ(world_.answer(second_, Reap{id}), "wrong_key");
  EXPECT_EQ(world_.answer_for(world_.payer.account, second_, Reap{id}), "wrong_state");
  EXPECT_EQ(world_.ledger->key(second_.key())->account, world_.payer.account);
  world_.expect_sound();
}

TEST_F(Keys, AKeyForRunsMayOnlyRun) {
  const KeyScope runs{false, micro(1'000'000)};
  world_.must(world_.payer, world_.registration(world_.payer, second_, runs));
  const std::vector<Body> refused{Faucet{}, pay(), Offer{node_number('N'), "unix:/x", 1, 1, 1, {}, 1, 1}, OfferWithdraw{}, LeaseAccept{},
                                  KeyRevoke{world_.payer.key()}, BondDeposit{micro(1)}, BondUnbond{micro(1)}, BondWithdraw{}, rotation(world_.payer, third_),
                                  world_.registration(world_.payer, third_), PoolDraw{{}, {world_.author.account.text(), 1}, 0, {}},
                                  RepositoryRegister{"{}", {}}, Anchor{{}, 1, std::string(40, 'a'), std::string(40, 'a')},
                                  FingerprintRegister{{}, std::string(40, 'a'), {}, {}, 0},
                                  FingerprintPublish{{}, std::string(40, 'a'), "leaf", 0, {}},
                                  Claim{{}, unclaimed_payee("a"), world_.other.account, 1, {}},
                                  Resolve{}, ParametersChange{{}, 1, {}}};
  for (const Body& body : refused) EXPECT_EQ(world_.answer_for(world_.payer.account, second_, body), "scope") << type_name(body);
  const auto batch = sign_batch(world_.ledger->network(), world_.payer.account, world_.next_nonce(world_.payer.account), world_.time_ms,
                                Batch{{AttributionRegister{attribution()}, pay()}}, *second_.signer);
  EXPECT_EQ(world_.answer(batch), "scope");
  world_.must_for(world_.payer.account, second_, AttributionRegister{attribution()});
  const Digest id = world_.must_for(world_.payer.account, second_, world_.terms(attribution())).txid;
  world_.must_for(world_.payer.account, second_, Release{id, ""});
  for (const Body& body : {Body(Settle{id, "a.b.c", ""}), Body(Reap{id}), Body(Challenge{id, "", sha256("e")})}) {
    EXPECT_EQ(world_.answer_for(world_.payer.account, second_, body), "wrong_state") << type_name(body);
  }
  world_.expect_sound();
}

TEST_F(Keys, ALimitCountsWhatIsSpentOrInEscrow) {
  world_.must(world_.payer, world_.registration(world_.payer, second_, {false, micro(500'000)}));
  world_.must(world_.author, AttributionRegister{attribution()});
  const auto open = [&] { return world_.answer_for(world_.payer.account, second_, world_.terms(attribution())); };
  const auto spent = [&] { return world_.ledger->key(second_.key())->spent.micro(); };
  ASSERT_EQ(open(), "none");
  EXPECT_EQ(spent(), 396'000);
  EXPECT_EQ(open(), "spend_limit");
  const Digest id = world_.ledger->escrows_of(world_.payer.account).at(0).id;
  world_.must(world_.provider, LeaseAccept{id, attribution().digest()});
  // Vouchers are by the key that opened it.
  world_.must(world_.provider, Settle{id, sign_voucher({world_.ledger->network(), id, 1, 1'000'000'000, micro(100'000), true}, *second_.signer), ""});
  EXPECT_EQ(spent(), 110'000);
  EXPECT_EQ(open(), "spend_limit");
  // A refund comes back to a key that has been revoked meanwhile, too.
  world_.must(world_.payer, world_.registration(world_.payer, third_, {false, micro(396'000)}));
  const Digest last = world_.must_for(world_.payer.account, third_, world_.terms(attribution())).txid;
  world_.must(world_.payer, KeyRevoke{third_.key()});
  world_.must(world_.payer, Release{last, ""});
  EXPECT_EQ(world_.ledger->key(third_.key())->spent, Amount());
  world_.expect_sound();
}

// A batch that opens more than the limit opens nothing.
TEST_F(Keys, ALimitHoldsInABatch) {
  world_.must(world_.payer, world_.registration(world_.payer, second_, {false, micro(700'000)}));
  world_.must(world_.author, AttributionRegister{attribution()});
  const EscrowOpen terms = world_.terms(attribution());
  EXPECT_EQ(world_.answer(sign_batch(world_.ledger->network(), world_.payer.account, world_.next_nonce(world_.payer.account), world_.time_ms,
                                     Batch{{terms, terms}}, *second_.signer)), "spend_limit");
  EXPECT_EQ(world_.ledger->key(second_.key())->spent, Amount());
}

TEST_F(Keys, AnAccountHasABoundedNumber) {
  const auto key = [](int64_t i) {
    std::string seed(32, 'k');
    seed[0] = static_cast<char>(i);
    return std::shared_ptr<const Signer>(key_from_seed(seed));
  };
  const auto registration = [&](const Signer& signer, KeyScope scope = {}) {
    return KeyRegister{signer.public_key(), sign_key_proof(world_.ledger->network(), world_.payer.account, signer), scope};
  };
  std::vector<Body> all;
  for (int64_t i = 1; i < kKeysPerAccountMax; ++i) all.push_back(registration(*key(i)));
  world_.must(world_.payer, all);
  EXPECT_EQ(world_.answer(world_.payer, registration(*second_.signer)), "too_many");
  EXPECT_EQ(world_.answer(world_.payer, registration(*second_.signer, {false, micro(1)})), "none");
  EXPECT_EQ(world_.answer(world_.payer, rotation(world_.payer, third_)), "none");
  EXPECT_EQ(world_.ledger->keys_of(world_.payer.account).size(), static_cast<size_t>(kKeysPerAccountMax) + 2);
  world_.expect_sound();
}

}  // namespace
}  // namespace ain::ledger
