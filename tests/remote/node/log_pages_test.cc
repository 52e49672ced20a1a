#include "remote/node/log_pages.h"

#include <gtest/gtest.h>

#include "base/files.h"
#include "base/text.h"

namespace ain::remote {
namespace {

constexpr int64_t kNow = 1'700'000'000'000;

class LogPages : public testing::Test {
 protected:
  LogPages() {
    const auto treasury = key_from_seed(std::string(32, 'T'));
    std::vector<std::string> envelopes;
    for (int i = 1; i <= 300; ++i) {
      envelopes.push_back(ledger::sign_transaction(ledger_->network(), account_of(treasury->public_key()), i, kNow, ledger::Transfer{AccountId{}, Amount::micro(1), ""}, *treasury));
    }
    for (const ledger::Applied& applied : ledger_->submit(envelopes, kNow)) EXPECT_EQ(applied.refusal, ledger::Refusal::none);
  }
  static ledger::Genesis genesis() {
    ledger::Genesis genesis;
    genesis.name = "test";
    genesis.sequencer = key_from_seed(std::string(32, 'S'))->public_key();
    genesis.treasury = key_from_seed(std::string(32, 'T'))->public_key();
    genesis.supply = Amount::micro(1000);
    return genesis;
  }
  std::optional<HttpResponse> get(const std::string& target) {
    const HttpRequest request("GET", target);
    return log_page(*ledger_, request, split(request.path.substr(1), '/'));
  }

  TemporaryFolder folder_{"log-pages"};
  std::unique_ptr<ledger::Ledger> ledger_ =
      std::make_unique<ledger::Ledger>(folder_.path(), genesis(), key_from_seed(std::string(32, 'S')));
};

TEST_F(LogPages, TilesHaveThePathsOfTheStandard) {
  const auto whole = get("/tile/0/000");
  ASSERT_TRUE(whole);
  EXPECT_EQ(whole->body.size(), 256u * 32);
  EXPECT_EQ(get("/tile/0/001.p/44")->body.size(), 44u * 32);
  EXPECT_EQ(get("/tile/1/000.p/1")->body.size(), 32u);
  EXPECT_EQ(get("/tile/0/x000/000")->body, whole->body);
  EXPECT_GT(get("/tile/entries/001.p/44")->body.size(), 44u * 300);
}

TEST_F(LogPages, OtherPathsAreRefused) {
  for (const char* bad : {"/tile/0/0", "/tile/0/0000", "/tile/0/abc", "/tile/0/000.p", "/tile/0/000.p/0", "/tile/0/000.p/256", "/tile/0/000.p/1/2",
                          "/tile/0/001/000", "/tile/0/x00/000", "/tile/7/000", "/tile/-1/000", "/tile/x/000", "/tile/0/x999/x999/x999/x999/x999/999"}) {
    EXPECT_THROW(get(bad), Error) << bad;
  }
  for (const char* absent : {"/tile/0/001", "/tile/0/001.p/45", "/tile/0/x001/000", "/tile/2/000.p/1"}) EXPECT_THROW(get(absent), HttpFailure) << absent;
  EXPECT_FALSE(get("/tile/0"));
  EXPECT_FALSE(get("/v1/ledger/supply"));
}

TEST_F(LogPages, ConsistencyIsBounded) {
  EXPECT_FALSE(parse_json(get("/v1/ledger/consistency?from=5")->body, "path").empty());
  EXPECT_THROW(get("/v1/ledger/consistency?from=5&to=301"), Error);
  EXPECT_THROW(get("/v1/ledger/consistency?from=-1"), Error);
}

}  // namespace
}  // namespace ain::remote
