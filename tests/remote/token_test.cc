#include "remote/token.h"

#include <gtest/gtest.h>

#include "base/encoding.h"
#include "base/error.h"
#include "base/json.h"
#include "base/jws.h"

namespace ain::remote {
namespace {

constexpr int64_t kNow = 1'800'000'000'000;

class TokenTest : public testing::Test {
 protected:
  ErrorKind refusal(std::string_view token, int64_t now = kNow) const {
    try {
      check_token(token, node, now);
    } catch (const Error& error) {
      return error.kind();
    }
    return ErrorKind::bug;
  }
  Json payload() const {
    return {{"account", account.text()},
            {"expires", kNow + 1000},
            {"key", base64url_encode(as_view(signer->public_key().bytes))},
            {"node", node.text()}};
  }

  std::unique_ptr<Signer> signer = key_from_seed(std::string(32, 'a'));
  AccountId account = account_of(signer->public_key());
  NodeId node = node_of(key_from_seed(std::string(32, 'n'))->public_key());
};

TEST_F(TokenTest, SaysWhoMadeIt) {
  EXPECT_EQ(check_token(make_token(account, *signer, node, kNow), node, kNow), account);
  EXPECT_EQ(check_token(make_token(account, *signer, node, kNow), node, kNow + kTokenValidMs), account);
}

TEST_F(TokenTest, ExpiresAndIsNeverValidForLong) {
  const std::string token = make_token(account, *signer, node, kNow);
  EXPECT_EQ(refusal(token, kNow + kTokenValidMs + 1), ErrorKind::bad_signature);
  // Made by a clock that is far ahead, it would be valid for too long.
  EXPECT_EQ(refusal(token, kNow - kTokenClockSkewMs - 1), ErrorKind::bad_signature);
  EXPECT_EQ(check_token(token, node, kNow - kTokenClockSkewMs), account);
}

TEST_F(TokenTest, IsForOneNode) {
  const NodeId other = node_of(key_from_seed(std::string(32, 'm'))->public_key());
  EXPECT_EQ(refusal(make_token(account, *signer, other, kNow)), ErrorKind::bad_signature);
}

TEST_F(TokenTest, IsForTheAccountOfItsKey) {
  const auto thief = key_from_seed(std::string(32, 't'));
  EXPECT_EQ(refusal(make_token(account, *thief, node, kNow)), ErrorKind::bad_signature);
  // The owner's key named, but not the owner's signature.
  EXPECT_EQ(refusal(jws_sign("ain-token", payload(), *thief)), ErrorKind::bad_signature);
  EXPECT_EQ(refusal(jws_sign("ain-token", payload(), *signer)), ErrorKind::bug);
}

TEST_F(TokenTest, IsOfItsOwnKind) { EXPECT_EQ(refusal(jws_sign("ain-tx", payload(), *signer)), ErrorKind::bad_signature); }

TEST_F(TokenTest, IsWellFormed) {
  for (const char* member : {"account", "expires", "key", "node"}) {
    Json broken = payload();
    broken.erase(member);
    EXPECT_EQ(refusal(jws_sign("ain-token", broken, *signer)), ErrorKind::bad_signature) << member;
    broken[member] = true;
    EXPECT_EQ(refusal(jws_sign("ain-token", broken, *signer)), ErrorKind::bad_signature) << member;
  }
  Json more = payload();
  more["extra"] = 1;
  EXPECT_EQ(refusal(jws_sign("ain-token", more, *signer)), ErrorKind::bad_signature);
  EXPECT_EQ(refusal(""), ErrorKind::bad_signature);
  EXPECT_EQ(refusal("a.b.c"), ErrorKind::bad_signature);
  EXPECT_EQ(refusal(std::string(kTokenBytesMax + 1, 'a')), ErrorKind::bad_signature);
}

}  // namespace
}  // namespace ain::remote
