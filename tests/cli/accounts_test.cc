#include "cli/accounts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "base/error.h"
#include "tests/cli/scratch_home.h"

namespace ain::cli {
namespace {

using testing::HasSubstr;

class AccountsTest : public testing::Test {
 protected:
  ScratchHome home;
  Accounts accounts{home.paths()};
};

TEST_F(AccountsTest, AMadeAccountIsFoundAgainAndSigns) {
  const Account made = accounts.create("alice");
  EXPECT_EQ(made.id, account_of(made.key));
  const Account found = accounts.get("alice");
  EXPECT_EQ(found.id, made.id);
  EXPECT_EQ(found.key, made.key);
  const auto signer = load_key_file(found.key_file);
  EXPECT_TRUE(verify(found.key, "text", signer->sign("text")));
  struct stat info;
  ASSERT_EQ(stat(found.key_file.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
}

TEST_F(AccountsTest, TheKeyIsOneThatOpenSshReads) {
  const Account made = accounts.create("alice");
  const Completed read = home.run({"ssh-keygen", "-y", "-f", made.key_file.string()});
  ASSERT_EQ(read.exit_code, 0) << read.err;
  EXPECT_EQ(PublicKey::parse_openssh(read.out.substr(0, read.out.find('\n'))), made.key);
}

TEST_F(AccountsTest, AHomeThatMovesKeepsItsAccounts) {
  const Account made = accounts.create("alice");
  const auto moved = home.folder() / "moved";
  std::filesystem::rename(home.folder() / "home", moved);
  Paths paths = home.paths();
  paths.config = moved;
  const Account found = Accounts(paths).get("alice");
  EXPECT_EQ(load_key_file(found.key_file)->public_key(), made.key);
}

TEST_F(AccountsTest, ANextKeyIsOnTheDiskBeforeItIsOfUseAndTheKeyStaysUntilThen) {
  const Account made = accounts.create("alice");
  const Account begun = accounts.with_next_key("alice", std::nullopt);
  ASSERT_TRUE(begun.next_key_file);
  const PublicKey next = load_key_file(*begun.next_key_file)->public_key();
  EXPECT_EQ(accounts.get("alice").key, made.key);
  EXPECT_EQ(accounts.get("alice").next_key_file, begun.next_key_file);
  EXPECT_EQ(signers_of(accounts.get("alice")).size(), 2u);
  // Begun again it goes on with the same key; another one cannot come in between.
  EXPECT_EQ(accounts.with_next_key("alice", std::nullopt).next_key_file, begun.next_key_file);
  EXPECT_THROW(accounts.with_next_key("alice", home.folder() / "other.key"), Error);

  const Account rotated = accounts.promote_next_key("alice");
  EXPECT_EQ(rotated.id, made.id);
  EXPECT_EQ(rotated.key, next);
  EXPECT_EQ(accounts.get("alice").earlier_key_files, std::vector{made.key_file});
  EXPECT_FALSE(accounts.get("alice").next_key_file);
  EXPECT_EQ(accounts.promote_next_key("alice").key, next);  // by two commands at once
  const auto signers = signers_of(accounts.get("alice"));
  ASSERT_EQ(signers.size(), 2u);
  EXPECT_EQ(signers[0]->public_key(), next);
  EXPECT_EQ(signers[1]->public_key(), made.key);
}

TEST_F(AccountsTest, AKeyOfAnotherAccountSpeaksForThatOne) {
  const Account alice = accounts.create("alice");
  create_key_file(home.folder() / "ci.key", "ci");
  const Account ci = accounts.adopt("ci", home.folder() / "ci.key", alice.id);
  EXPECT_EQ(accounts.get("ci").id, alice.id);
  EXPECT_NE(ci.key, alice.key);
}

TEST_F(AccountsTest, AKeyWithAPassphraseIsAdoptedByItsPublicHalf) {
  const auto key = home.folder() / "id_ed25519";
  ASSERT_EQ(home.run({"ssh-keygen", "-q", "-t", "ed25519", "-N", "secret words", "-f", key.string()}).exit_code, 0);
  const Account adopted = accounts.adopt("bob", key);
  EXPECT_EQ(adopted.key, PublicKey::parse_openssh(read_file(key.string() + ".pub")));
  EXPECT_EQ(accounts.get("bob").key_file, key);
  std::filesystem::remove(home.paths().config / "accounts" / "bob.toml");
  EXPECT_EQ(accounts.adopt("bob2", key.string() + ".pub").key_file, key);
}

TEST_F(AccountsTest, OneKeyIsOneAccount) {
  const Account alice = accounts.create("alice");
  const Error again = error_of([&] { accounts.adopt("alicia", alice.key_file); });
  EXPECT_EQ(again.kind(), ErrorKind::usage);
  EXPECT_EQ(again.hint(), "use it: --account alice");
}

TEST_F(AccountsTest, AnotherKeyInTheFileIsFoundBeforeItSigns) {
  const Account alice = accounts.create("alice");
  EXPECT_EQ(signer_of(alice)->public_key(), alice.key);
  std::filesystem::remove(alice.key_file);
  create_key_file(alice.key_file, "another");
  const Error other = error_of([&] { signer_of(alice); });
  EXPECT_EQ(other.kind(), ErrorKind::bad_signature);
  EXPECT_THAT(other.hint(), HasSubstr("ain account show alice"));
}

TEST_F(AccountsTest, AForeignKeyIsRefused) {
  const auto key = home.folder() / "id_rsa";
  ASSERT_EQ(home.run({"ssh-keygen", "-q", "-t", "rsa", "-b", "2048", "-N", "", "-f", key.string()}).exit_code, 0);
  EXPECT_THROW(accounts.adopt("bob", key), Error);
  EXPECT_FALSE(accounts.find("bob").has_value());
}

TEST_F(AccountsTest, NamesAreHeldToTheirForm) {
  for (const char* name : {"a", "alice", "a.b_c-d", "0", "abcdefghijklmnopqrstuvwxyz012345"}) EXPECT_TRUE(is_account_name(name)) << name;
  for (const char* name : {"", "-a", ".a", "Alice", "a b", "a/b", "..", "abcdefghijklmnopqrstuvwxyz0123456", "ä"}) {
    EXPECT_FALSE(is_account_name(name)) << name;
    EXPECT_EQ(error_of([&] { accounts.create(name); }).kind(), ErrorKind::usage) << name;
  }
}

TEST_F(AccountsTest, ATakenNameIsRefused) {
  const Account made = accounts.create("alice");
  EXPECT_EQ(error_of([&] { accounts.create("alice"); }).kind(), ErrorKind::usage);
  EXPECT_EQ(accounts.get("alice").id, made.id);
}

TEST_F(AccountsTest, AnAttemptThatBrokeOffIsTakenUp) {
  const Account made = accounts.create("alice");
  std::filesystem::remove(home.paths().config / "accounts" / "alice.toml");
  EXPECT_EQ(accounts.create("alice").id, made.id);
}

TEST_F(AccountsTest, TheCurrentOneIsTheChosenOrTheOnlyOne) {
  EXPECT_FALSE(accounts.current(std::nullopt).has_value());
  accounts.create("alice");
  EXPECT_EQ(accounts.current(std::nullopt)->name, "alice");
  accounts.create("bob");
  const Error several = error_of([&] { accounts.current(std::nullopt); });
  EXPECT_EQ(several.kind(), ErrorKind::usage);
  EXPECT_THAT(several.message(), HasSubstr("alice, bob"));
  EXPECT_EQ(accounts.current("bob")->name, "bob");
  EXPECT_EQ(error_of([&] { accounts.current("bpb"); }).hint(), "did you mean 'bob'?");
}

TEST_F(AccountsTest, TheFirstIsMadeOnce) {
  const Account first = accounts.first("ada");
  EXPECT_EQ(accounts.first("other").id, first.id);
  EXPECT_EQ(accounts.list().size(), 1u);
}

TEST_F(AccountsTest, ADamagedFileIsNamed) {
  accounts.create("alice");
  const auto file = home.paths().config / "accounts" / "alice.toml";
  std::ofstream(file, std::ios::app) << "colour = \"red\"\n";
  EXPECT_THAT(error_of([&] { accounts.get("alice"); }).message(), HasSubstr("alice.toml"));
}

TEST_F(AccountsTest, LoginNamesBecomeAccountNames) {
  EXPECT_EQ(account_name_of_user("ada"), "ada");
  EXPECT_EQ(account_name_of_user("Jo Doe"), "jo-doe");
  EXPECT_EQ(account_name_of_user("_www"), "www");
  EXPECT_EQ(account_name_of_user(""), "me");
  EXPECT_EQ(account_name_of_user("---"), "me");
  EXPECT_TRUE(is_account_name(account_name_of_user(std::string(100, 'x'))));
}

}  // namespace
}  // namespace ain::cli
