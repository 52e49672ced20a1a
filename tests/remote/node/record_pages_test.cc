#include "remote/node/record_pages.h"

#include <gtest/gtest.h>

#include "base/files.h"
#include "base/text.h"
#include "ledger/approval.h"
#include "ledger/wire.h"
#include "remote/ledger_client.h"

namespace ain::remote {
namespace {

class RecordPagesTest : public testing::Test {
 protected:
  RecordPagesTest() {
    genesis_.name = "test";
    genesis_.sequencer = genesis_.treasury = owner_->public_key();
    genesis_.supply = Amount::micro(1'000'000);
    ledger_.emplace(folder_.path(), genesis_);
  }
  std::optional<HttpResponse> page(const std::string& target) {
    const HttpRequest request("GET", target);
    return record_page(*ledger_, request, split(request.path.substr(1), '/'));
  }
  Json json(const std::string& target) { return parse_json(page(target).value().body, target); }

  TemporaryFolder folder_{"records"};
  std::unique_ptr<Signer> owner_ = generate_key(), other_ = generate_key();
  const AccountId account_ = account_of(owner_->public_key());
  ledger::Genesis genesis_;
  std::optional<ledger::Ledger> ledger_;
};

TEST_F(RecordPagesTest, KeysAreListedAndAskedFor) {
  EXPECT_EQ(json("/v1/ledger/accounts/" + account_.text() + "/keys"), Json::array());
  EXPECT_THROW(page("/v1/ledger/keys/" + ledger::key_text(other_->public_key())), HttpFailure);
  const auto client = own_ledger(*ledger_);
  EXPECT_TRUE(speaks_for(*client, owner_->public_key(), account_));
  EXPECT_FALSE(speaks_for(*client, other_->public_key(), account_));

  AccountSender sender(*client, ledger_->network(), account_, *owner_);
  sender.send(ledger::KeyRotate{other_->public_key(), ledger::sign_key_proof(ledger_->network(), account_, *other_)});
  EXPECT_EQ(json("/v1/ledger/accounts/" + account_.text() + "/keys").size(), 2u);
  EXPECT_EQ(json("/v1/ledger/keys/" + ledger::key_text(owner_->public_key())).at("until_ms").get<int64_t>() > 0, true);
  EXPECT_FALSE(speaks_for(*client, owner_->public_key(), account_));
  EXPECT_TRUE(speaks_for(*client, other_->public_key(), account_));
  EXPECT_TRUE(speaks_for(*client, other_->public_key(), account_of(other_->public_key())));
}

TEST_F(RecordPagesTest, ASenderGoesOnWithTheKeyThatHasComeIntoForce) {
  const auto client = own_ledger(*ledger_);
  const Signer* in_force = owner_.get();
  int asked = 0;
  AccountSender node(*client, ledger_->network(), account_, [&]() -> const Signer& { ++asked; return *in_force; });
  node.send(ledger::BondDeposit{Amount::micro(1)});
  EXPECT_EQ(asked, 1);
  AccountSender person(*client, ledger_->network(), account_, *owner_);
  person.send(ledger::KeyRotate{other_->public_key(), ledger::sign_key_proof(ledger_->network(), account_, *other_)});
  // Nobody knows the new key yet: the refusal comes through, and is not tried for ever.
  EXPECT_EQ(node.try_send(ledger::BondDeposit{Amount::micro(1)}).refusal, ledger::Refusal::wrong_key);
  in_force = other_.get();
  node.send(ledger::BondDeposit{Amount::micro(1)});
  EXPECT_EQ(node.signer().public_key(), other_->public_key());
  EXPECT_EQ(json("/v1/ledger/accounts/" + account_.text() + "/bond"), Json({{"locked", 0}, {"unbonding", Json::array()}}));
  EXPECT_EQ(ledger_->account(account_).bonded, Amount::micro(2));
}

TEST_F(RecordPagesTest, WhatIsNoIdIsSaidToBeNone) {
  const std::string repository = RepositoryId{}.text();
  for (const std::string& target :
       {std::string("/v1/ledger/keys/AAAA"), std::string("/v1/ledger/accounts/ain1x/keys"), std::string("/v1/ledger/repositories/repo1x"),
        std::string("/v1/ledger/unclaimed?repository=x"), std::string("/v1/ledger/unclaimed?after=unclaimed:00"),
        "/v1/ledger/repositories/" + repository}) {
    EXPECT_THROW(page(target), Error) << target;
  }
  EXPECT_FALSE(page("/v1/ledger/repositories/" + repository + "/claims/unclaimed:00"));
  EXPECT_FALSE(page("/v1/ledger/repositories/" + repository + "/fingerprints/HEAD"));
  EXPECT_EQ(json("/v1/ledger/unclaimed?repository=" + repository), Json::array());
}

}  // namespace
}  // namespace ain::remote
