// Which orders a provider takes: by what stands on the ledger, not by what the payer says.
#include "remote/node/provider_role.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/time.h"
#include "remote/protocol.h"
#include "tests/ledger/world.h"

namespace ain::remote {
namespace {

using testing::HasSubstr;

// A machine with a sandbox, on which no job of these tests ever comes so far as to start.
class IdleBackend : public exec::Backend {
 public:
  exec::Capabilities probe() const override { return {.sandbox = true, .why_not = "", .fix = "", .limits = "rlimit"}; }
  void start(const exec::Launch&) override { ADD_FAILURE() << "a job was started"; }
  exec::Observation observe(const std::filesystem::path&) const override { return {}; }
  void stop(const std::filesystem::path&, int64_t) override {}
  void cleanup(const std::filesystem::path&) override {}
};

class ProviderRoleTest : public testing::Test {
 protected:
  ProviderRoleTest() {
    world_.time_ms = now_ms();
    spec_.repository = attribution_.repository;
    spec_.identity = std::string(40, 'd');
    spec_.commit = attribution_.commit;
    spec_.tree = attribution_.tree;
    spec_.command = {"true"};
    spec_.environment = "system";
    spec_.resources.cpus = 1;
    spec_.resources.memory_bytes = 64 << 20;
    spec_.run_us_max = 3'600'000'000;
    auto services = std::unique_ptr<JobServices>(new JobServices{
        .ledger = *ledger_, .sender = sender_, .backend = backend_, .code = code_, .table = table_, .capacity = capacity_,
        .network = world_.ledger->network(), .environments = root(), .log = [](const std::string&) {}});
    role_ = std::make_unique<ProviderRole>(
        std::move(services), root() / "jobs",
        ProviderRole::Terms{.node = ledger::node_number('N'), .price_per_second = 100, .run_us_max = spec_.run_us_max});
  }
  std::filesystem::path root() const { return world_.folder.path(); }
  ledger::EscrowOpen terms() const {
    ledger::EscrowOpen terms = world_.terms(attribution_);
    terms.job = exec::job_digest(spec_);
    return terms;
  }
  // Why the order for such an escrow is refused; empty when it is taken.
  std::string why_not(const ledger::EscrowOpen& terms) {
    const Quote quote{.network = world_.ledger->network(), .account = world_.provider.account, .key = world_.provider.key(),
                      .node = ledger::node_number('N'), .job = terms.job, .price_per_second = 100, .valid_until_ms = now_ms() + kQuoteValidMs};
    const JobOrder order{.run = "abcdef012345", .escrow = world_.open_escrow(attribution_, terms, false), .spec = spec_,
                         .quote = sign_quote(quote, *world_.provider.signer)};
    try {
      const auto answer = role_->handle(HttpRequest("POST", "/v1/jobs", to_json(order).dump()), world_.payer.key());
      EXPECT_EQ(answer->status, 200);
      return "";
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::refused);
      return error.message();
    }
  }

  ledger::World world_;
  const Attribution attribution_ = world_.attribution({{world_.author.account.text(), 1}});
  exec::JobSpec spec_;
  std::unique_ptr<LedgerClient> ledger_ = own_ledger(*world_.ledger);
  AccountSender sender_{*ledger_, world_.ledger->network(), world_.provider.account, *world_.provider.signer};
  IdleBackend backend_;
  CodeCache code_{root() / "code", root() / "repositories"};
  JobTable table_{root()};
  Capacity capacity_{exec::Hardware{.cpu_model = "", .architecture = "", .cpus = 8, .memory_bytes = int64_t{1} << 40, .gpus = {}, .driver = ""}};
  std::unique_ptr<ProviderRole> role_;
};

TEST_F(ProviderRoleTest, TakesWhatItsQuoteSays) {
  EXPECT_EQ(why_not(terms()), "");
  ledger::EscrowOpen other = terms();
  other.job = sha256("another");
  EXPECT_THAT(why_not(other), HasSubstr("is for another job"));
  other = terms();
  other.run_within_ms = 1;
  EXPECT_THAT(why_not(other), HasSubstr("ends too soon"));
}

// Whoever may lock a bond could lock all of it, and keep the others' jobs away.
TEST_F(ProviderRoleTest, LocksNoMoreBondThanThePayerDeposits) {
  ledger::EscrowOpen body = terms();
  body.bond = body.deposit;
  world_.fund(world_.provider, 1'000'000);
  world_.must(world_.provider, ledger::BondDeposit{body.bond - Amount::micro(1)});
  EXPECT_THAT(why_not(body), HasSubstr("locks more of the bond than is free"));
  world_.must(world_.provider, ledger::BondDeposit{Amount::micro(2)});
  EXPECT_EQ(why_not(body), "");
  body.bond += Amount::micro(1);
  EXPECT_THAT(why_not(body), HasSubstr("locks more of the bond than it deposits"));
}

}  // namespace
}  // namespace ain::remote
