#include "base/keys.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/encoding.h"
#include "base/error.h"
#include "base/files.h"
#include "base/hash.h"
#include "base/process.h"
#include "base/sshsig.h"
#include "base/text.h"

namespace ain {
namespace {

Completed ssh_keygen(std::vector<std::string> arguments, std::string_view input = {}) {
  arguments.insert(arguments.begin(), "ssh-keygen");
  return run_process({.argv = arguments}, input);
}

TEST(Keys, FilesAreThoseOfSshKeygen) {
  TemporaryFolder folder("ain-keys");
  const auto ours = folder.path() / "ours", theirs = folder.path() / "theirs";
  const auto signer = create_key_file(ours, "ada@example");
  // ssh-keygen reads ours and finds the same public key; we read theirs.
  EXPECT_EQ(trim(ssh_keygen({"-y", "-f", ours}).out), signer->public_key().openssh("ada@example"));
  EXPECT_NE(ssh_keygen({"-l", "-f", ours}).out.find(signer->public_key().fingerprint()), std::string::npos);
  ASSERT_EQ(ssh_keygen({"-q", "-t", "ed25519", "-N", "", "-f", theirs}).exit_code, 0);
  EXPECT_EQ(load_key_file(theirs)->public_key(), load_public_key(theirs));
  EXPECT_THROW(create_key_file(ours, ""), Error);  // never overwrites
}

TEST(Keys, OtherKindsAndDamageAreRefused) {
  TemporaryFolder folder("ain-keys");
  const auto rsa = folder.path() / "rsa", damaged = folder.path() / "damaged";
  ASSERT_EQ(ssh_keygen({"-q", "-t", "ecdsa", "-N", "", "-f", rsa}).exit_code, 0);
  EXPECT_THROW(load_key_file(rsa), Error);
  create_key_file(damaged, "");
  std::string text = read_file(damaged);
  for (size_t i = 40; i < text.size() - 40; i += 7) {
    std::string changed = text;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    write_file_atomic(damaged, changed, 0600);
    try {
      const auto signer = load_key_file(damaged);
      // Only the comment, the padding or the check numbers' spelling may change without being noticed.
      EXPECT_EQ(signer->public_key(), load_public_key(damaged));
    } catch (const Error&) {
    }
  }
}

TEST(Keys, WhatIsWrongWithAFileIsToldWithWhatToDo) {
  TemporaryFolder folder("ain-keys");
  const auto file = folder.path() / "key";
  const auto hint_of = [&] {
    try {
      load_key_file(file);
    } catch (const Error& error) {
      EXPECT_NE(error.message().find(file.string()), std::string::npos);
      return error.hint();
    }
    return std::string();
  };
  EXPECT_NE(hint_of().find("ssh-keygen"), std::string::npos);  // there is none
  write_file_atomic(file, "rubbish", 0600);
  EXPECT_NE(hint_of().find("ssh-keygen"), std::string::npos);
  std::filesystem::remove(file);
  create_key_file(file, "");
  EXPECT_EQ(hint_of(), "");
  std::filesystem::permissions(file, std::filesystem::perms(0644));
  EXPECT_NE(hint_of().find("chmod 600"), std::string::npos);  // as ssh has it
  EXPECT_THROW(load_key_seed(file), Error);
}

TEST(Keys, PassphraseProtectedKeysSignThroughTheAgent) {
  TemporaryFolder folder("ain-keys");
  const auto key = folder.path() / "key";
  ASSERT_EQ(ssh_keygen({"-q", "-t", "ed25519", "-N", "secret", "-f", key}).exit_code, 0);
  unsetenv("SSH_AUTH_SOCK");
  try {
    load_key_file(key);
    FAIL() << "a protected key was opened without an agent";
  } catch (const Error& error) {
    EXPECT_NE(error.hint().find("ssh-add"), std::string::npos);
  }
  const auto socket = folder.path() / "agent";
  Child agent = spawn({.argv = {"ssh-agent", "-D", "-a", socket}});
  for (int i = 0; i < 100 && !std::filesystem::exists(socket); ++i) usleep(20'000);
  setenv("SSH_AUTH_SOCK", socket.c_str(), 1);
  EXPECT_THROW(load_key_file(key), Error);  // the agent runs, but does not hold it
  const auto askpass = folder.path() / "askpass";
  write_file_atomic(askpass, "#!/bin/sh\necho secret\n", 0700);
  setenv("SSH_ASKPASS", askpass.c_str(), 1);
  setenv("SSH_ASKPASS_REQUIRE", "force", 1);
  ASSERT_EQ(run_process({.argv = {"ssh-add", key}}).exit_code, 0);
  const auto signer = load_key_file(key);
  EXPECT_TRUE(verify(load_public_key(key), "message", signer->sign("message")));
  agent.signal(SIGTERM);
  agent.wait();
  unsetenv("SSH_AUTH_SOCK");
}

TEST(Keys, SmallOrderAndMalleableAreRefused) {
  PublicKey identity;
  identity.bytes[0] = 1;
  EXPECT_FALSE(is_safe_key(identity));
  Signature zero{};
  zero[0] = 1;  // R = identity, S = 0: some verifiers take it for any message
  EXPECT_FALSE(verify(identity, "anything", zero));
  const auto signer = key_from_seed(std::string(32, 7));
  EXPECT_TRUE(is_safe_key(signer->public_key()));
  Signature signature = signer->sign("m");
  ASSERT_TRUE(verify(signer->public_key(), "m", signature));
  // S + L is the same scalar: accepting it would give two ids to one transaction.
  static constexpr unsigned char kOrder[32] = {0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7,
                                               0xa2, 0xde, 0xf9, 0xde, 0x14, 0,    0,    0,    0,    0,    0,
                                               0,    0,    0,    0,    0,    0,    0,    0,    0,    0x10};
  int carry = 0;
  for (int i = 0; i < 32; ++i) {
    const int sum = signature[static_cast<size_t>(32 + i)] + kOrder[i] + carry;
    signature[static_cast<size_t>(32 + i)] = static_cast<unsigned char>(sum);
    carry = sum >> 8;
  }
  EXPECT_FALSE(verify(signer->public_key(), "m", signature));
}

TEST(SshSig, AgreesWithSshKeygenBothWays) {
  TemporaryFolder folder("ain-sshsig");
  const auto key = folder.path() / "key", allowed = folder.path() / "allowed", file = folder.path() / "sig";
  const auto signer = create_key_file(key, "ada");
  write_file_atomic(allowed, "ada " + signer->public_key().openssh() + "\n");
  write_file_atomic(file, sshsig_sign("git", "hello\n", *signer));
  EXPECT_EQ(ssh_keygen({"-Y", "verify", "-f", allowed, "-I", "ada", "-n", "git", "-s", file}, "hello\n").exit_code, 0);
  const std::string theirs = ssh_keygen({"-Y", "sign", "-f", key, "-n", "git"}, "hello\n").out;
  EXPECT_EQ(sshsig_verify("git", "hello\n", theirs), signer->public_key());
  EXPECT_FALSE(sshsig_verify("file", "hello\n", theirs));  // another domain
  EXPECT_FALSE(sshsig_verify("git", "hell0\n", theirs));
  for (size_t i = 0; i < theirs.size(); ++i) {
    std::string changed = theirs;
    changed[i] = changed[i] == 'x' ? 'y' : 'x';
    EXPECT_FALSE(sshsig_verify("git", "hello\n", changed)) << i;
  }
}

}  // namespace
}  // namespace ain
