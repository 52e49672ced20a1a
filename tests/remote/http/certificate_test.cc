#include "remote/http/certificate.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "base/files.h"
#include "base/text.h"

namespace ain::remote {
namespace {

// The openssl program as the oracle.
std::string openssl(const std::string& arguments, const std::filesystem::path& folder) {
  const std::string command =
      fmt::format("cd '{0}' && openssl {1} > out.txt 2> err.txt", folder.string(), arguments);
  EXPECT_EQ(std::system(command.c_str()), 0) << command << "\n" << read_file(folder / "err.txt");
  return read_file(folder / "out.txt");
}

TEST(Certificate, OpensslReadsItAndItSignsItself) {
  const std::string seed(32, '\x44');
  const NodeId node = node_of(key_from_seed(seed)->public_key());
  const Certificate made = make_certificate(seed);
  const TemporaryFolder folder("ain-certificate-test");
  write_new_file(folder.path() / "c.der", made.certificate_der);
  write_new_file(folder.path() / "k.der", made.key_der);
  const std::string text = openssl("x509 -inform DER -in c.der -noout -text", folder.path());
  EXPECT_NE(text.find("Subject: CN = " + node.text()), std::string::npos) << text;
  EXPECT_NE(text.find("Issuer: CN = " + node.text()), std::string::npos);
  EXPECT_NE(text.find("Dec 31 23:59:59 9999 GMT"), std::string::npos);
  EXPECT_NE(text.find("ED25519"), std::string::npos);
  openssl("x509 -inform DER -in c.der -out c.pem", folder.path());
  EXPECT_EQ(trim(openssl("verify -CAfile c.pem -check_ss_sig c.pem", folder.path())), "c.pem: OK");
  EXPECT_EQ(openssl("pkey -inform DER -in k.der -pubout", folder.path()),
            openssl("x509 -inform DER -in c.der -noout -pubkey", folder.path()));
}

TEST(Certificate, ThePinIsWhatOpensslComputes) {
  const std::string seed(32, '\x45');
  const TemporaryFolder folder("ain-certificate-test");
  write_new_file(folder.path() / "k.der", make_certificate(seed).key_der);
  openssl("pkey -inform DER -in k.der -pubout -outform DER -out p.der", folder.path());
  openssl("dgst -sha256 -binary -out d.bin p.der", folder.path());
  const std::string expected(trim(openssl("base64 -in d.bin", folder.path())));
  EXPECT_EQ(spki_pin(node_of(key_from_seed(seed)->public_key())), "sha256//" + expected);
}

}  // namespace
}  // namespace ain::remote
