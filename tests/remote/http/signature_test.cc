#include "remote/http/signature.h"

#include <gtest/gtest.h>

#include <fstream>
#include <random>

#include "base/encoding.h"
#include "base/files.h"
#include "base/hash.h"
#include "base/text.h"

namespace ain::remote {
namespace {

constexpr int64_t kNow = 1'700'000'000'000;

class SignatureTest : public ::testing::Test {
 protected:
  HttpRequest request(std::string body = R"({"hello": "world"})") {
    HttpRequest result("POST", "/v1/jobs?a=%20b", std::move(body));
    result.headers.set("Host", "node.example:7433");
    return result;
  }
  HttpRequest signed_request(std::string body = R"({"hello": "world"})") {
    HttpRequest result = request(std::move(body));
    sign_request(result, *signer_, node_, kNow, fmt::format("nonce-{:010}", ++nonce_));
    return result;
  }
  std::optional<PublicKey> verified(const HttpRequest& message, int64_t now = kNow) {
    NonceCache nonces(0);
    return verify_request(message, node_, now, nonces);
  }
  // The message of the refusal, or "" when it was accepted.
  std::string refusal(const HttpRequest& message, int64_t now = kNow) {
    try {
      verified(message, now);
      return "";
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::bad_signature) << error.message();
      return error.message();
    }
  }

  std::unique_ptr<Signer> signer_ = key_from_seed(std::string(32, '\x22'));
  NodeId node_{to_array<32>(std::string(32, '\x33')).value()};
  int64_t nonce_ = 0;
};

// Made with Python and the openssl program from the text of RFC 9421.
TEST_F(SignatureTest, IsWhatAnotherImplementationMakes) {
  HttpRequest message = request();
  sign_request(message, *signer_, node_, kNow, "nonce-0123456789");
  EXPECT_EQ(message.headers.get("ain-node"),
            "node1xvenxvenxvenxvenxvenxvenxvenxvenxvenxvenxvenxvenxves98a3kt");
  EXPECT_EQ(message.headers.get("content-digest"), "sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:");
  EXPECT_EQ(message.headers.get("signature-input"),
            "ain=(\"@method\" \"@authority\" \"@path\" \"@query\" \"ain-node\" "
            "\"content-digest\");created=1700000000;"
            "nonce=\"nonce-0123456789\";keyid=\"oJql9HpnWYAv-VX43C0qFKXJnSO-l_hkEn_5ODRVpPA\";alg="
            "\"ed25519\";tag=\"ain\"");
  EXPECT_EQ(message.headers.get("signature"),
            "ain=:lFR7ACOM6+iI+VRhVAQlU6q/4MCEBa5Z3WBQvwF9s3eQssDZNOT1yfGLNPI4kPbtF6/2epIoVZ9EO7spziF3Bw==:");
  EXPECT_EQ(verified(message), signer_->public_key());
}

TEST_F(SignatureTest, GivesTheKeyAndAcceptsWhatIsUnsigned) {
  EXPECT_EQ(verified(signed_request()), signer_->public_key());
  EXPECT_EQ(verified(signed_request("")), signer_->public_key());
  EXPECT_EQ(verified(request()), std::nullopt);
  HttpRequest other = request();
  other.headers.set("Signature-Input", "proxy=(\"@method\");created=1;tag=\"something-else\"");
  other.headers.set("Signature", "proxy=:AAAA:");
  EXPECT_EQ(verified(other), std::nullopt);
}

TEST_F(SignatureTest, EverythingCoveredIsBound) {
  const std::vector<std::function<void(HttpRequest&)>> changes = {
      [](HttpRequest& m) { m.method = "PUT"; },
      [](HttpRequest& m) { m.target = "/v1/jobs?a=%20c"; },
      [](HttpRequest& m) { m.target = "/v1/jobz?a=%20b"; },
      [](HttpRequest& m) { m.target = "/v1/job%73?a=%20b"; },
      [](HttpRequest& m) { m.headers.set("host", "other.example:7433"); },
      [](HttpRequest& m) { m.headers.add("host", "other.example:7433"); },
      [](HttpRequest& m) { m.headers.remove("host"); },
      [](HttpRequest& m) { m.body += " "; },
      [](HttpRequest& m) { m.headers.set("content-digest", content_digest(HttpRequest("POST", "/", "x"))); },
      [](HttpRequest& m) { m.headers.remove("content-digest"); },
      [](HttpRequest& m) { m.headers.remove("signature"); },
      [](HttpRequest& m) { m.headers.remove("ain-node"); },
      [](HttpRequest& m) { m.headers.add("ain-node", m.headers.get("ain-node")); },
      [](HttpRequest& m) { m.headers.set("signature", "other" + m.headers.get("signature")); },
  };
  for (size_t i = 0; i < changes.size(); ++i) {
    HttpRequest message = signed_request();
    changes[i](message);
    EXPECT_NE(refusal(message), "") << i;
  }
}

TEST_F(SignatureTest, EveryByteOfTheHeadersCounts) {
  const HttpRequest good = signed_request();
  for (const char* name : {"signature-input", "signature", "content-digest", "ain-node"}) {
    const std::string value = good.headers.get(name);
    for (size_t at = 0; at < value.size(); ++at) {
      for (const char flip : {1, 2, 64}) {
        HttpRequest message = good;
        std::string changed = value;
        changed[at] = static_cast<char>(changed[at] ^ flip);
        message.headers.set(name, changed);
        try {
          // A change of the tag or of a label may leave it unsigned; it never counts as signed.
          EXPECT_EQ(verified(message), std::nullopt) << name << " " << changed;
        } catch (const Error& error) {
          EXPECT_EQ(error.kind(), ErrorKind::bad_signature);
        }
      }
    }
  }
}

TEST_F(SignatureTest, ForAnotherNodeIsRefused) {
  const HttpRequest message = signed_request();
  NodeId other = node_;
  other.bytes[0] ^= 1;
  NonceCache nonces(0);
  try {
    verify_request(message, other, kNow, nonces);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::bad_signature);
    EXPECT_NE(error.message().find("another node"), std::string::npos);
  }
  EXPECT_EQ(nonces.size(), 0u);
}

TEST_F(SignatureTest, HoldsForFiveMinutesEitherSide) {
  const HttpRequest message = signed_request();
  EXPECT_EQ(refusal(message, kNow + kSignatureWindowMs), "");
  EXPECT_EQ(refusal(message, kNow - kSignatureWindowMs), "");
  EXPECT_NE(refusal(message, kNow + kSignatureWindowMs + 1), "");
  EXPECT_NE(refusal(message, kNow - kSignatureWindowMs - 1), "");
}

TEST_F(SignatureTest, OnASocketTheAuthorityIsNotNeededOverTcpItIs) {
  HttpRequest message("GET", "/v1/node");
  sign_request(message, *signer_, node_, kNow, "nonce-socket");
  EXPECT_EQ(message.headers.get("signature-input").find("@authority"), std::string::npos);
  EXPECT_NE(refusal(message), "");
  message.peer.local = true;
  EXPECT_EQ(refusal(message), "");
}

TEST_F(SignatureTest, ThePartsThatMatterMustBeCovered) {
  const auto sign_by_hand = [&](const std::string& components, const std::string& base,
                                const std::string& rest) {
    HttpRequest message = request("");
    message.headers.set("ain-node", node_.text());
    message.headers.set("x-more", "1");
    message.headers.add("X-More", " 2 ");
    const std::string parameters = "(" + components + ");created=1700000000" + rest;
    const std::string text = base + "\"@signature-params\": " + parameters;
    message.headers.set("signature-input", "sig1=" + parameters);
    message.headers.set("signature", "sig1=:" + base64_encode(as_view(signer_->sign(text))) + ":");
    return message;
  };
  const std::string keyid = ";keyid=\"" + base64url_encode(as_view(signer_->public_key().bytes)) + "\"";
  const std::string all = ";nonce=\"0123456789\"" + keyid + ";alg=\"ed25519\";tag=\"ain\"";
  const std::string base = "\"ain-node\": " + node_.text() +
                           "\n\"@query\": ?a=%20b\n\"@path\": /v1/jobs\n\"@authority\": node.example:7433\n"
                           "\"x-more\": 1, 2\n\"@method\": POST\n";
  const std::string list = R"("ain-node" "@query" "@path" "@authority" "x-more" "@method")";
  EXPECT_EQ(refusal(sign_by_hand(list, base, all)), "");  // any order, more fields
  EXPECT_NE(refusal(sign_by_hand(list, base, ";nonce=\"0\"" + keyid + ";alg=\"ed25519\";tag=\"ain\"")), "");
  EXPECT_NE(refusal(sign_by_hand(list, base, keyid + ";alg=\"ed25519\";tag=\"ain\"")), "");
  EXPECT_NE(refusal(sign_by_hand(list, base, ";nonce=\"0123456789\"" + keyid + ";tag=\"ain\"")), "");
  EXPECT_NE(refusal(sign_by_hand(list, base, ";nonce=\"0123456789\";alg=\"ed25519\";tag=\"ain\"")), "");
  EXPECT_NE(refusal(sign_by_hand(list, base, ";expires=1699999999" + all)), "");
  EXPECT_EQ(refusal(sign_by_hand(list, base, ";expires=1700000001" + all)), "");
  const auto without = [](std::string text, const std::string& part) {
    return text.erase(text.find(part), part.size());
  };
  EXPECT_NE(refusal(sign_by_hand(without(list, "\"@path\" "), without(base, "\"@path\": /v1/jobs\n"), all)),
            "");
  EXPECT_NE(refusal(sign_by_hand(without(list, "\"@query\" "), without(base, "\"@query\": ?a=%20b\n"), all)),
            "");
  EXPECT_NE(refusal(sign_by_hand(without(list, " \"@method\""), without(base, "\"@method\": POST\n"), all)),
            "");
  EXPECT_NE(refusal(sign_by_hand(list + " \"@method\"", base + "\"@method\": POST\n", all)), "");
  EXPECT_NE(refusal(sign_by_hand(list + " \"x-none\"", base + "\"x-none\": \n", all)), "");
  EXPECT_NE(refusal(sign_by_hand(list + " \"@status\"", base + "\"@status\": 200\n", all)), "");
  EXPECT_NE(refusal(sign_by_hand(list + " \"x-more\";sf", base + "\"x-more\";sf: 1, 2\n", all)), "");
}

TEST_F(SignatureTest, ABodyInAFileIsDigestedAsOneInMemory) {
  const TemporaryFolder folder("ain-signature-test");
  const std::string content = std::string(1'500'000, 'a') + "b";
  write_new_file(folder.path() / "body", content);
  HttpRequest message = request("");
  message.body_file = BodyFile::existing(folder.path() / "body");
  sign_request(message, *signer_, node_, kNow, "nonce-file-1");
  EXPECT_EQ(message.headers.get("content-digest"), content_digest(HttpRequest("POST", "/", content)));
  EXPECT_EQ(refusal(message), "");
  std::ofstream(folder.path() / "body", std::ios::app) << "c";
  EXPECT_NE(refusal(message), "");
}

TEST_F(SignatureTest, TheHeadersCanBeJudgedBeforeTheBodyIsThere) {
  HttpRequest message = signed_request();
  const std::string body = std::exchange(message.body, "");
  NonceCache nonces(0);
  EXPECT_EQ(verify_headers(message, true, node_, kNow, nonces), signer_->public_key());
  EXPECT_THROW(verify_headers(message, true, node_, kNow, nonces), Error);  // its nonce is used up
  message.body = body;
  EXPECT_NO_THROW(check_body(message));
  message.body += " ";
  EXPECT_THROW(check_body(message), Error);
  const HttpRequest uncovered = signed_request("");
  EXPECT_NO_THROW(verify_headers(uncovered, false, node_, kNow, nonces));
  EXPECT_EQ(refusal(uncovered), "");
  try {
    NonceCache others(0);
    verify_headers(uncovered, true, node_, kNow, others);
    FAIL() << "a body that nothing speaks for was let in";
  } catch (const Error& error) {
    EXPECT_NE(error.message().find("content-digest"), std::string::npos);
  }
}

TEST(NonceCache, RefusesReplaysForAsLongAsTheyCouldCome) {
  const PublicKey key = generate_key()->public_key(), other = generate_key()->public_key();
  NonceCache nonces(kNow);
  nonces.use(key, "one", kNow, kNow);
  EXPECT_THROW(nonces.use(key, "one", kNow, kNow), Error);
  EXPECT_THROW(nonces.use(key, "one", kNow, kNow + kSignatureWindowMs), Error);
  nonces.use(other, "one", kNow, kNow);
  nonces.use(key, "two", kNow + 1000, kNow + kSignatureWindowMs + 1);
  EXPECT_EQ(nonces.size(), 1u);  // the first two are out of the window, and forgotten
}

TEST(NonceCache, RefusesWhatIsOlderThanTheNode) {
  const PublicKey key = generate_key()->public_key();
  NonceCache nonces(kNow + 500);
  nonces.use(key, "the same second", kNow, kNow + 600);
  EXPECT_THROW(nonces.use(key, "before", kNow - 1000, kNow + 600), Error);
}

TEST(NonceCache, IsBoundedInAllAndByKey) {
  const PublicKey key = generate_key()->public_key(), other = generate_key()->public_key();
  const auto kind_of = [](const auto& action) {
    try {
      action();
      return ErrorKind::failed;
    } catch (const Error& error) {
      return error.kind();
    }
  };
  NonceCache nonces(0, 5, 3);
  for (int i = 0; i < 3; ++i) nonces.use(key, std::to_string(i), kNow, kNow);
  EXPECT_EQ(kind_of([&] { nonces.use(key, "4", kNow, kNow); }), ErrorKind::refused);
  for (int i = 0; i < 2; ++i) nonces.use(other, std::to_string(i), kNow, kNow);
  EXPECT_EQ(kind_of([&] { nonces.use(other, "3", kNow, kNow); }), ErrorKind::refused);
  EXPECT_EQ(nonces.size(), 5u);
  const int64_t later = kNow + kSignatureWindowMs + 1;
  for (int i = 0; i < 3; ++i) nonces.use(key, "again " + std::to_string(i), later, later);
  EXPECT_EQ(nonces.size(), 3u);
}

TEST(SignatureInput, ParsesWhatTheRfcShows) {
  const auto inputs = parse_signature_input(
      R"(sig1=("@method" "@authority" "x-empty");created=1618884475;keyid="test-key", )"
      R"(proxy_sig=("signature";key="sig1" "@path");created=1618884480;expires=1618884540;alg="a\"b";x=?1;y=tok/en;z=:AQI=:)");
  ASSERT_EQ(inputs.size(), 2u);
  EXPECT_EQ(inputs[0].label, "sig1");
  EXPECT_EQ(inputs[0].components, (std::vector<std::string>{"@method", "@authority", "x-empty"}));
  EXPECT_EQ(inputs[0].created, 1618884475);
  EXPECT_EQ(inputs[0].parameters,
            R"(("@method" "@authority" "x-empty");created=1618884475;keyid="test-key")");
  EXPECT_EQ(inputs[1].components, (std::vector<std::string>{R"(signature;key="sig1")", "@path"}));
  EXPECT_EQ(inputs[1].expires, 1618884540);
  EXPECT_EQ(inputs[1].alg, "a\"b");
  EXPECT_TRUE(parse_signature_input("").empty());
  EXPECT_TRUE(parse_signature_input("a=()")[0].components.empty());
}

TEST(SignatureInput, RefusesWhatIsMalformed) {
  for (const char* bad : {"a",
                          "a=",
                          "a=(",
                          "a=(\"x\"",
                          "a=(x)",
                          "a=\"x\"",
                          "A=()",
                          "=()",
                          "a=(),",
                          "a=(),,b=()",
                          "a=() b=()",
                          "a=();",
                          "a=();created",
                          "a=();created=x",
                          "a=();created=-1",
                          "a=();created=1.5",
                          "a=();created=12345678901234567",
                          "a=();created=1;created=2",
                          "a=();keyid=1",
                          "a=();keyid=\"x",
                          "a=();tag=\"\\x\"",
                          "a=(\"x\"\"y\")",
                          "a=(\"x\" \"x\")",
                          "a=();x=:!:",
                          "a=();x=:AQ",
                          "a=();x=?2",
                          "a=(),a=()",
                          "a=()\t;x",
                          "a=(\"\n\")"}) {
    EXPECT_THROW(parse_signature_input(bad), Error) << bad;
  }
  EXPECT_THROW(parse_signature_input("a=(" + std::string(10000, ' ') + ")"), Error);
}

TEST(SignatureInput, SurvivesNoise) {
  const std::string seed =
      R"(ain=("@method" "@path";req);created=17;nonce="n";keyid="k";alg="ed25519";tag="ain", b=())";
  std::mt19937 random(5);
  int accepted = 0;
  for (int round = 0; round < 20000; ++round) {
    std::string text = seed;
    for (size_t i = 1 + random() % 3; i > 0; --i) {
      const size_t at = random() % text.size();
      switch (random() % 3) {
        case 0:
          text.erase(at, 1 + random() % 4);
          break;
        case 1:
          text.insert(at, 1, seed[random() % seed.size()]);
          break;
        default:
          text[at] = static_cast<char>(random());
      }
      if (text.empty()) text = "a";
    }
    try {
      for (const SignatureInput& input : parse_signature_input(text)) {
        EXPECT_NE(text.find(input.parameters), std::string::npos);
        ++accepted;
      }
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::bad_signature);
    }
  }
  EXPECT_GT(accepted, 100);
}

}  // namespace
}  // namespace ain::remote
