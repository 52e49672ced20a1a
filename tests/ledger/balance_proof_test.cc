#include "ledger/balance_proof.h"

#include "tests/ledger/world.h"

namespace ain::ledger {
namespace {

class BalanceProofs : public testing::Test {
 protected:
  BalanceProofs() {
    // Some share a bucket, most do not.
    for (int i = 0; i < 600; ++i) {
      AccountId account;
      account.bytes[0] = static_cast<unsigned char>(i);
      account.bytes[1] = static_cast<unsigned char>(i >> 8);
      accounts_.push_back(account);
      world_.must(world_.treasury, Transfer{account, micro(i + 1), ""});
    }
  }
  std::string told(const std::string& text, const Genesis& genesis = World::genesis()) const {
    try {
      open_balance_proof(text, genesis);
      return "";
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::bad_signature);
      return error.message();
    }
  }

  World world_;
  std::vector<AccountId> accounts_;
};

TEST_F(BalanceProofs, SayWhatAnAccountHas) {
  size_t shared = 0;
  for (size_t i = 0; i < accounts_.size(); ++i) {
    const std::string text = *world_.ledger->balance_proof(accounts_[i]);
    const BalanceProof proof = open_balance_proof(text, World::genesis());
    EXPECT_EQ(proof.account, accounts_[i]);
    EXPECT_EQ(proof.available, micro(static_cast<int64_t>(i) + 1));
    EXPECT_EQ(proof.checkpoint.state, (StateAt{world_.ledger->height(), world_.ledger->root()}));
    EXPECT_EQ(proof.checkpoint.size, world_.ledger->size());
    if (text.find("\nrows 1\n") == text.npos) ++shared;
  }
  EXPECT_GT(shared, 0U);
  const BalanceProof treasury = open_balance_proof(*world_.ledger->balance_proof(world_.treasury.account), World::genesis());
  EXPECT_EQ(treasury.nonce, 600);
  EXPECT_FALSE(world_.ledger->balance_proof(world_.other.account));
}

TEST_F(BalanceProofs, OneOtherByteAndItDoesNotHold) {
  const std::string good = *world_.ledger->balance_proof(accounts_[7]);
  EXPECT_EQ(told(good), "");
  for (size_t i = 0; i < good.size(); ++i) {
    std::string bad = good;
    bad[i] ^= 1;
    EXPECT_NE(told(bad), "") << "byte " << i << " of:\n" << good;
  }
  for (size_t size = 0; size < good.size(); size += 7) EXPECT_NE(told(good.substr(0, size)), "");
}

// Each from a proof that holds.
TEST_F(BalanceProofs, PartsOfOthersDoNotHold) {
  const std::string first = *world_.ledger->balance_proof(accounts_[0]), second = *world_.ledger->balance_proof(accounts_[1]);
  const auto line = [](const std::string& text, const std::string& prefix) {
    const size_t at = text.find("\n" + prefix) + 1;
    return text.substr(at, text.find('\n', at) - at);
  };
  for (const char* prefix : {"key ", "value "}) {
    std::string mixed = first;
    mixed.replace(mixed.find(line(first, prefix)), line(first, prefix).size(), line(second, prefix));
    EXPECT_NE(told(mixed), "") << prefix;
  }
  Genesis other = World::genesis();
  other.name = "other";
  EXPECT_NE(told(first, other), "");
}

TEST_F(BalanceProofs, HoldAfterTheLedgerWasOpenedAgain) {
  const std::string before = *world_.ledger->balance_proof(accounts_[3]);
  world_.open();
  EXPECT_EQ(*world_.ledger->balance_proof(accounts_[3]), before);
}

}  // namespace
}  // namespace ain::ledger
