// The accounts of this home: <config>/accounts/NAME.toml says which account and where its keys are; keys that ain made lie beside it as
// NAME.key and NAME.key.pub, later ones as NAME.2.key and so on.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "base/keys.h"
#include "base/paths.h"

namespace ain::cli {

inline constexpr size_t kAccountNameMax = 32;

struct Account {
  std::string name;                // [a-z0-9][a-z0-9._-]{0,31}
  AccountId id;
  PublicKey key;
  std::filesystem::path key_file;  // OpenSSH format; may be protected by a passphrase
  // A rotation changes the key on one network; on others an earlier one may still be the one in force. `next`: made for a rotation of which
  // it is not known yet whether it reached the ledger.
  std::optional<std::filesystem::path> next_key_file;
  std::vector<std::filesystem::path> earlier_key_files;  // the newest first

  bool has_one_key() const { return !next_key_file && earlier_key_files.empty(); }
};

class Accounts {
 public:
  explicit Accounts(const Paths& paths) : folder_(paths.config / "accounts") {}

  // Makes a key, or adopts the one at `key_file` (its public half suffices). Throws `usage` for a bad or taken name.
  Account create(const std::string& name);
  // The key's own account, or `of`, which has registered that key.
  Account adopt(const std::string& name, const std::filesystem::path& key_file, const std::optional<AccountId>& of = std::nullopt);
  // The only account of a home where there was none: made now, unless another process was faster.
  Account first(const std::string& name);

  // The account with a next key on the disk and written down: `key_file`, else one made now. A next one that is there already stays; throws
  // `usage` when that is not `key_file`.
  Account with_next_key(const std::string& name, const std::optional<std::filesystem::path>& key_file);
  void drop_next_key(const std::string& name);  // of a rotation that the ledger has refused
  // The next key becomes the key, the key an earlier one.
  Account promote_next_key(const std::string& name);

  std::vector<Account> list() const;                          // by name
  std::optional<Account> find(std::string_view name) const;
  Account get(std::string_view name) const;                   // throws `usage` with the nearest names
  // The one in `chosen`, else the only one; nothing when there is none. Throws `usage` when several are there and none is chosen.
  std::optional<Account> current(const std::optional<std::string>& chosen) const;

 private:
  std::vector<std::string> names() const;
  Account create_locked(const std::string& name);
  std::filesystem::path path_in(const std::string& stored) const;  // a relative one lies in the folder
  std::string stored(const std::filesystem::path& path) const;
  void write(const Account& account) const;

  std::filesystem::path folder_;
};

// An account by its text, or by its name in this home; throws `usage` with the nearest names.
AccountId account_named(const Accounts& accounts, const std::string& text);
// The account's key, ready to sign; throws `bad_signature` when its file holds another one.
std::shared_ptr<const Signer> signer_of(const Account& account);
// All keys of the account that can be used here, the newest first: the next one, its key, the earlier ones.
std::vector<std::shared_ptr<const Signer>> signers_of(const Account& account);

bool is_account_name(std::string_view name);
// A user's login name as an account name: "Jo Doe" -> "jo-doe", "me" when nothing is left.
std::string account_name_of_user(std::string_view user);

}  // namespace ain::cli
