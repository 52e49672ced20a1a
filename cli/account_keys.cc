#include "cli/account_keys.h"

#include "base/error.h"

namespace ain::cli {

std::shared_ptr<const Signer> signer_on_ledger(const Account& account, const std::function<remote::LedgerClient&()>& reach) {
  if (account.has_one_key()) return signer_of(account);
  for (auto& signer : signers_of(account)) {
    if (remote::speaks_for(reach(), signer->public_key(), account.id)) return signer;
  }
  fail_with_hint(ErrorKind::bad_signature, fmt::format("see which keys do: ain account keys {}", account.name),
                 "no key of '{}' here speaks for it on this network's ledger", account.name);
}

std::optional<PublicKey> key_in_words(const std::string& text, const std::vector<PublicKey>& known) {
  if (text.starts_with("ssh-")) return PublicKey::parse_openssh(text);
  for (const PublicKey& key : known) {
    if (key.fingerprint() == text) return key;
  }
  if (!text.starts_with("SHA256:") && std::filesystem::exists(text)) {
    std::filesystem::path file = text;
    if (file.extension() == ".pub") file.replace_extension();
    return load_public_key(file);
  }
  return std::nullopt;
}

}  // namespace ain::cli
