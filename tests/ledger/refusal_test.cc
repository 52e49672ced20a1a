// Every refusal of the protocol, provoked on a real ledger that must stay as it was. What each subject refuses and takes is tested by subject.
#include "ledger/refusal.h"

#include <set>

#include "base/encoding.h"
#include "base/jws.h"
#include "ledger/wire.h"
#include "tests/ledger/repository_world.h"

namespace ain::ledger {
namespace {

// What the steps to a refusal need.
struct Scene : World {
  Scene() : World(governed()) {}

  Attribution code() const { return attribution({{author.account.text(), 1}}); }
  Digest escrow(bool leased, int64_t dispute_ms = 0) {
    EscrowOpen body = terms(code());
    body.dispute_within_ms = dispute_ms;
    return open_escrow(code(), body, leased);
  }
  std::string envelope(int64_t nonce, int64_t valid_until_ms, const std::string& network) const {
    return sign_transaction(network, treasury.account, nonce, valid_until_ms, Transfer{other.account, micro(1), ""}, *treasury.signer);
  }
  std::string changed(const char* member, Json value) const {
    Json payload = jws_decode(envelope(1, time_ms, ledger->network()), "ain-tx").payload;
    payload[member] = std::move(value);
    return jws_sign("ain-tx", payload, *treasury.signer);
  }
  std::string key_for_runs(const Body& body, int64_t limit) {
    const Actor key('k');
    must(treasury, registration(treasury, key, {false, micro(limit)}));
    return answer_for(treasury.account, key, body);
  }
};

using Provoke = std::function<std::string(Scene&)>;
const std::vector<std::pair<Refusal, Provoke>>& provocations() {
  static const Offer kOffer{node_number('N'), "unix:/x", 1, 1, 1, {}, 1, 1};
  static const std::vector<std::pair<Refusal, Provoke>> all{
      {Refusal::malformed, [](Scene& s) { return s.answer("nonsense"); }},
      {Refusal::bad_signature, [](Scene& s) { return s.answer(s.changed("key", key_text(s.other.key()))); }},
      {Refusal::wrong_network, [](Scene& s) { return s.answer(s.envelope(1, s.time_ms, "lab-00")); }},
      {Refusal::expired, [](Scene& s) { return s.answer(s.envelope(1, s.time_ms - 1, s.ledger->network())); }},
      {Refusal::bad_nonce, [](Scene& s) { return s.answer(s.envelope(2, s.time_ms, s.ledger->network())); }},
      {Refusal::unsafe_key, [](Scene& s) { return s.answer(s.changed("key", "AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")); }},
      {Refusal::wrong_key, [](Scene& s) { return s.answer_for(s.other.account, s.treasury, Faucet{}); }},
      {Refusal::insufficient_funds, [](Scene& s) { return s.answer(s.stranger, Transfer{s.other.account, micro(1), ""}); }},
      {Refusal::no_faucet,
       [](Scene& s) {
         Genesis dry = World::genesis();
         dry.faucet = Amount();
         return World(dry).answer(s.other, Faucet{});
       }},
      {Refusal::faucet_taken,
       [](Scene& s) {
         s.must(s.other, Faucet{});
         return s.answer(s.other, Faucet{});
       }},
      {Refusal::self_payment, [](Scene& s) { return s.answer(s.treasury, Transfer{s.treasury.account, micro(1), ""}); }},
      {Refusal::bad_amount, [](Scene& s) { return s.answer(s.treasury, Transfer{s.other.account, Amount(), ""}); }},
      {Refusal::unknown_offer, [](Scene& s) { return s.answer(s.provider, OfferWithdraw{}); }},
      {Refusal::unknown_attribution, [](Scene& s) { return s.answer(s.treasury, s.terms(s.code())); }},
      {Refusal::exists,
       [](Scene& s) {
         s.must(s.author, AttributionRegister{s.code()});
         return s.answer(s.other, AttributionRegister{s.code()});
       }},
      {Refusal::unknown_escrow, [](Scene& s) { return s.answer(s.payer, Reap{}); }},
      {Refusal::not_yours, [](Scene& s) { return s.answer(s.stranger, Release{s.escrow(false), ""}); }},
      {Refusal::wrong_state, [](Scene& s) { return s.answer(s.payer, Release{s.escrow(true), ""}); }},
      {Refusal::deadline_passed,
       [](Scene& s) {
         const Digest id = s.escrow(false);
         s.time_ms += 60'001;
         return s.answer(s.provider, LeaseAccept{id, s.code().digest()});
       }},
      {Refusal::deadline_not_passed, [](Scene& s) { return s.answer(s.stranger, Reap{s.escrow(true)}); }},
      {Refusal::attribution_differs, [](Scene& s) { return s.answer(s.provider, LeaseAccept{s.escrow(false), sha256("mine")}); }},
      {Refusal::bad_voucher, [](Scene& s) { return s.answer(s.provider, Settle{s.escrow(true), "a.b.c", ""}); }},
      {Refusal::unknown_type, [](Scene& s) { return s.answer(s.changed("type", "mint")); }},
      {Refusal::too_many,
       [](Scene& s) {
         s.must(s.treasury, BondDeposit{micro(100)});
         s.must(s.treasury, std::vector<Body>(kUnbondingMax, BondUnbond{micro(1)}));
         return s.answer(s.treasury, BondUnbond{micro(1)});
       }},
      {Refusal::last_key, [](Scene& s) { return s.answer(s.treasury, KeyRevoke{s.treasury.key()}); }},
      {Refusal::key_in_use, [](Scene& s) { return s.answer(s.treasury, s.registration(s.treasury, s.treasury)); }},
      {Refusal::unknown_key, [](Scene& s) { return s.answer(s.treasury, KeyRevoke{s.other.key()}); }},
      {Refusal::scope, [](Scene& s) { return s.key_for_runs(Faucet{}, 1); }},
      {Refusal::spend_limit,
       [](Scene& s) {
         s.must(s.author, AttributionRegister{s.code()});
         return s.key_for_runs(s.terms(s.code()), 1);
       }},
      {Refusal::bad_proof, [](Scene& s) { return s.answer(s.treasury, KeyRegister{s.other.key(), "x", {}}); }},
      {Refusal::bond_needed, [](Scene& s) { return s.answer(s.provider, kOffer); }},
      {Refusal::nothing_due, [](Scene& s) { return s.answer(s.provider, BondWithdraw{}); }},
      {Refusal::unknown_repository, [](Scene& s) { return s.answer(s.author, Anchor{{}, 1, std::string(40, 'a'), std::string(40, 'a')}); }},
      {Refusal::bad_sequence,
       [](Scene& s) { return s.answer(s.author, s.approved(kParametersType, ParametersChange{s.rules.parameters, 2, {}}, "GH")); }},
      {Refusal::bad_identity, [](Scene& s) { return s.answer(s.author, RepositoryRegister{"{}", {}}); }},
      {Refusal::no_quorum,
       [](Scene& s) { return s.answer(s.author, s.approved(kParametersType, ParametersChange{s.rules.parameters, 1, {}}, "G")); }},
      {Refusal::no_arbiters,
       [](Scene& s) {
         Parameters lawless = s.rules.parameters;
         lawless.arbiters = {};
         s.must(s.author, s.approved(kParametersType, ParametersChange{lawless, 1, {}}, "GH"));
         const Digest id = s.escrow(true, 1000);
         s.must(s.provider, Settle{id, s.voucher(id, 1), ""});
         return s.answer(s.payer, Challenge{id, "", sha256("e")});
       }},
      {Refusal::voucher_not_higher,
       [](Scene& s) {
         const Digest id = s.escrow(true);
         s.must(s.provider, Settle{id, s.voucher(id, 5), "", false});
         return s.answer(s.provider, Settle{id, s.voucher(id, 5), "", false});
       }},
      {Refusal::bad_attribution,
       [](Scene& s) {
         Attribution twice = s.code();
         twice.payees.push_back(twice.payees[0]);
         return s.answer(s.author, AttributionRegister{twice});
       }},
      {Refusal::bad_parameters,
       [](Scene& s) {
         Parameters changed = s.rules.parameters;
         changed.governors.quorum = 0;
         return s.answer(s.author, s.approved(kParametersType, ParametersChange{changed, 1, {}}, "GH"));
       }},
      {Refusal::unknown_fingerprints,
       [](Scene& s) { return s.answer(s.author, FingerprintPublish{{}, std::string(40, 'a'), "leaf", 0, {}}); }},
  };
  return all;
}

TEST(Refusals, EachIsGivenForItsCause) {
  std::set<Refusal> seen{Refusal::none};
  for (const auto& [refusal, provoke] : provocations()) {
    Scene scene;
    EXPECT_EQ(provoke(scene), refusal_name(refusal));
    scene.expect_conserved();
    seen.insert(refusal);
  }
  EXPECT_EQ(seen.size(), kRefusalCount) << "a refusal without a test";
}

TEST(RefusalTable, NumbersAreTheProtocols) {
  const std::vector<std::string> names{
      "none", "malformed", "bad_signature", "wrong_network", "expired", "bad_nonce", "unsafe_key", "wrong_key", "insufficient_funds", "no_faucet",
      "faucet_taken", "self_payment", "bad_amount", "unknown_offer", "unknown_attribution", "exists", "unknown_escrow", "not_yours", "wrong_state",
      "deadline_passed", "deadline_not_passed", "attribution_differs", "bad_voucher", "unknown_type", "too_many", "last_key", "key_in_use",
      "unknown_key", "scope", "spend_limit", "bad_proof", "bond_needed", "nothing_due", "unknown_repository", "bad_sequence", "bad_identity",
      "no_quorum", "no_arbiters", "voucher_not_higher", "bad_attribution", "bad_parameters", "unknown_fingerprints"};
  ASSERT_EQ(names.size(), kRefusalCount);
  for (size_t code = 0; code < names.size(); ++code) {
    const auto refusal = refusal_from_code(static_cast<int64_t>(code));
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

TEST(RefusalTable, IsInTheDocumentation) {
  const std::string text = read_file(std::string(AIN_SOURCE_FOLDER) + "/docs/ledger.md");
  for (size_t code = 0; code < kRefusalCount; ++code) {
    const std::string row = fmt::format("\n| {} | `{}` |", code, refusal_name(*refusal_from_code(static_cast<int64_t>(code))));
    EXPECT_NE(text.find(row), std::string::npos) << row;
  }
  for (std::string_view type : type_names()) EXPECT_NE(text.find(fmt::format("\n| `{}` |", type)), std::string::npos) << type;
}

}  // namespace
}  // namespace ain::ledger
