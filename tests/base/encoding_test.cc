#include "base/encoding.h"

#include <gtest/gtest.h>
#include <sodium.h>

#include <random>

#include "base/error.h"
#include "base/ids.h"
#include "base/text.h"

namespace ain {
namespace {

TEST(Encoding, HexIsLowerCaseAndStrict) {
  EXPECT_EQ(to_hex(std::string_view("\x00\xff", 2)), "00ff");
  EXPECT_EQ(from_hex("00ff"), std::string("\x00\xff", 2));
  for (const char* bad : {"0", "0g", "FF"}) EXPECT_FALSE(from_hex(bad)) << bad;
}

TEST(Encoding, Base64RefusesEverySecondSpelling) {
  EXPECT_EQ(base64_encode("foob"), "Zm9vYg==");
  EXPECT_EQ(base64url_encode("foob"), "Zm9vYg");
  EXPECT_EQ(base64url_decode("Zm9vYg"), "foob");
  // Padding where none belongs, trailing bits, white space, the other alphabet.
  for (const char* bad : {"Zm9vYg==", "Zm9vYh", "Zm9v Yg", "Zm9v\n", "+/+/"}) EXPECT_FALSE(base64url_decode(bad)) << bad;
  EXPECT_FALSE(base64_decode("Zm9vYg"));
  EXPECT_EQ(base64_decode(""), "");
}

// libsodium's, which is slower, says the same of all texts.
TEST(Encoding, Base64IsThatOfAnother) {
  std::mt19937 random(5);
  const auto other = [](std::string_view text, int variant) -> std::optional<std::string> {
    std::string bytes(text.size() + 3, '\0');
    size_t size = 0;
    const char* end = nullptr;
    const int failed = sodium_base642bin(reinterpret_cast<unsigned char*>(bytes.data()), bytes.size(), text.data(), text.size(), nullptr, &size, &end, variant);
    if (failed != 0 || end != text.data() + text.size()) return std::nullopt;
    bytes.resize(size);
    std::string again(sodium_base64_encoded_len(size, variant), '\0');
    sodium_bin2base64(again.data(), again.size(), reinterpret_cast<const unsigned char*>(bytes.data()), size, variant);
    again.pop_back();
    return again == text ? std::optional(bytes) : std::nullopt;
  };
  for (int round = 0; round < 20'000; ++round) {
    std::string bytes(random() % 20, '\0');
    for (char& byte : bytes) byte = static_cast<char>(random());
    for (const bool url : {false, true}) {
      const int variant = url ? sodium_base64_VARIANT_URLSAFE_NO_PADDING : sodium_base64_VARIANT_ORIGINAL;
      std::string text = url ? base64url_encode(bytes) : base64_encode(bytes);
      ASSERT_EQ(other(text, variant), bytes) << text;
      ASSERT_EQ(url ? base64url_decode(text) : base64_decode(text), bytes) << text;
      // Wrong in a place or two, longer or shorter.
      for (int i = 0; i < 2 && !text.empty(); ++i) text[random() % text.size()] = "AQgw+/-_=.9"[random() % 11];
      if (random() % 3 == 0) text += "=A"[random() % 2];
      else if (random() % 3 == 0 && !text.empty()) text.pop_back();
      ASSERT_EQ(url ? base64url_decode(text) : base64_decode(text), other(text, variant)) << text;
    }
  }
}

TEST(Encoding, Bech32mAgreesWithBip350) {
  // From BIP 350's valid strings: the same data part under our decoder's view of bytes is checked by round trip, its checksum here.
  EXPECT_TRUE(bech32m_decode("a", "a1lqfn3a").has_value());
  EXPECT_FALSE(bech32m_decode("a", "a12uel5l").has_value());  // BIP 173's checksum, not BIP 350's
  const std::string bytes = random_bytes(32);
  const std::string text = bech32m_encode("repo", bytes);
  EXPECT_EQ(bech32m_decode("repo", text), bytes);
  for (size_t i = 0; i < text.size(); ++i) {
    std::string changed = text;
    changed[i] = changed[i] == 'q' ? 'p' : 'q';
    EXPECT_FALSE(bech32m_decode("repo", changed)) << i;
  }
}

TEST(Ids, ParseSaysWhatIsWrong) {
  const AccountId account = account_of(key_from_seed(std::string(32, 'a'))->public_key());
  EXPECT_EQ(AccountId::parse(account.text()), account);
  EXPECT_EQ(account.text().substr(0, 4), "ain1");
  try {
    std::string text = account.text();
    text.back() = text.back() == 'q' ? 'p' : 'q';
    AccountId::parse(text);
    FAIL() << "a wrong checksum was taken";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::usage);
    EXPECT_NE(error.message().find("checksum"), std::string::npos);
  }
  EXPECT_THROW(AccountId::parse("bob"), Error);
}

}  // namespace
}  // namespace ain
