#include "cli/accounts.h"

#include <algorithm>
#include <cerrno>

#include "base/error.h"
#include "base/files.h"
#include "base/json.h"
#include "base/text.h"
#include "base/toml.h"

namespace ain::cli {
namespace {

constexpr size_t kAccountFileBytesMax = 64 << 10;
constexpr size_t kEarlierKeysMax = 100;
constexpr const char* kCreateHint = "make one: ain account create NAME";

bool is_alphanumeric(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }
bool is_name_character(char c) { return is_alphanumeric(c) || c == '.' || c == '_' || c == '-'; }

void check_name(const std::string& name) {
  if (is_account_name(name)) return;
  fail_with_hint(ErrorKind::usage, "lower-case letters, digits, '.', '_' and '-', at most 32, a letter or digit first",
                 "'{}' is no name for an account", sanitize(name));
}

}  // namespace

bool is_account_name(std::string_view name) {
  return !name.empty() && name.size() <= kAccountNameMax && is_alphanumeric(name[0]) &&
         std::all_of(name.begin(), name.end(), is_name_character);
}

std::string account_name_of_user(std::string_view user) {
  std::string name;
  for (char c : user) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
    if (name.empty() && !is_alphanumeric(c)) continue;
    name += is_name_character(c) ? c : '-';
  }
  name.resize(std::min(name.size(), kAccountNameMax));
  while (!name.empty() && !is_alphanumeric(name.back())) name.pop_back();
  return name.empty() ? "me" : name;
}

std::vector<std::string> Accounts::names() const {
  std::vector<std::string> names;
  std::error_code code;
  const std::filesystem::directory_iterator entries(folder_, code);
  // A folder that cannot be read is not one without accounts.
  if (code && code != std::errc::no_such_file_or_directory) {
    errno = code.value();
    fail_errno(fmt::format("cannot read '{}'", folder_.string()));
  }
  for (const auto& entry : entries) {
    const std::string stem = entry.path().stem().string();
    if (entry.path().extension() == ".toml" && is_account_name(stem)) names.push_back(stem);
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::vector<Account> Accounts::list() const {
  std::vector<Account> accounts;
  for (const std::string& name : names()) accounts.push_back(get(name));
  return accounts;
}

std::optional<Account> Accounts::find(std::string_view name) const {
  if (!is_account_name(name)) return std::nullopt;
  const auto file = folder_ / fmt::format("{}.toml", name);
  const auto text = read_file_if_exists(file, kAccountFileBytesMax);
  if (!text) return std::nullopt;
  const TomlDocument document = parse_toml(*text, fmt::format("'{}'", file.string()));
  document.check_keys("", document.value, {"account", "key", "public_key", "next", "earlier"});
  ObjectReader reader(document.value, document.origin);
  Account account;
  account.name = name;
  account.id = AccountId::parse(reader.string("account"));
  account.key = PublicKey::parse_openssh(reader.string("public_key"));
  account.key_file = path_in(reader.string("key"));
  if (reader.has("next")) account.next_key_file = path_in(reader.string("next"));
  if (reader.has("earlier")) {
    for (const Json& item : reader.array("earlier", kEarlierKeysMax)) {
      if (!item.is_string()) reader.fail_member("earlier", "holds something that is no path");
      account.earlier_key_files.push_back(path_in(item.get<std::string>()));
    }
  }
  reader.finish();
  return account;
}

Account Accounts::get(std::string_view name) const {
  if (auto account = find(name)) return *account;
  const auto known = names();
  const std::string near = did_you_mean(name, known);
  fail_with_hint(ErrorKind::usage,
                 known.empty()   ? kCreateHint
                 : near.empty() ? "the accounts here: " + join(known, ", ")
                                : near,
                 "there is no account '{}' here", sanitize(name));
}

std::optional<Account> Accounts::current(const std::optional<std::string>& chosen) const {
  if (chosen) return get(*chosen);
  const auto known = names();
  if (known.empty()) return std::nullopt;
  if (known.size() == 1) return get(known.front());
  fail_with_hint(ErrorKind::usage, "say which: --account NAME, or for always: ain config account NAME",
                 "there are several accounts here: {}", join(known, ", "));
}

std::filesystem::path Accounts::path_in(const std::string& stored) const {
  const std::filesystem::path path = stored;
  return path.is_relative() ? folder_ / path : path;
}

std::string Accounts::stored(const std::filesystem::path& path) const {
  return path.parent_path() == folder_ ? path.filename().string() : path.string();
}

void Accounts::write(const Account& account) const {
  std::string text = fmt::format("account = {}\nkey = {}\npublic_key = {}\n", toml_quote(account.id.text()),
                                 toml_quote(stored(account.key_file)), toml_quote(account.key.openssh()));
  if (account.next_key_file) text += fmt::format("next = {}\n", toml_quote(stored(*account.next_key_file)));
  std::vector<std::string> earlier;
  for (const auto& file : account.earlier_key_files) earlier.push_back(toml_quote(stored(file)));
  if (!earlier.empty()) text += fmt::format("earlier = [{}]\n", join(earlier, ", "));
  write_file_atomic(folder_ / (account.name + ".toml"), text, 0600);
}

Account Accounts::with_next_key(const std::string& name, const std::optional<std::filesystem::path>& key_file) {
  const FileLock lock = FileLock::acquire(folder_ / ".lock");
  Account account = get(name);
  const auto asked = key_file ? std::optional(std::filesystem::absolute(*key_file).lexically_normal()) : std::nullopt;
  if (account.next_key_file) {
    if (!asked || *asked == *account.next_key_file) return account;
    fail_with_hint(ErrorKind::usage, "finish it first: ain account rotate", "a rotation to '{}' has begun", account.next_key_file->string());
  }
  if (account.earlier_key_files.size() >= kEarlierKeysMax) {
    fail(ErrorKind::failed, "'{}' has had {} keys, no more are kept", name, kEarlierKeysMax);
  }
  std::filesystem::path file = asked.value_or("");
  for (int number = 2; !asked && (file.empty() || std::filesystem::exists(file)); ++number) {
    file = folder_ / fmt::format("{}.{}.key", name, number);
  }
  if (!asked) create_key_file(file, name);
  else if (!is_safe_key(load_public_key(file))) fail(ErrorKind::bad_signature, "'{}' is not a safe Ed25519 key", file.string());
  account.next_key_file = file;
  write(account);
  return account;
}

void Accounts::drop_next_key(const std::string& name) {
  const FileLock lock = FileLock::acquire(folder_ / ".lock");
  Account account = get(name);
  account.next_key_file.reset();
  write(account);
}

Account Accounts::promote_next_key(const std::string& name) {
  const FileLock lock = FileLock::acquire(folder_ / ".lock");
  Account account = get(name);
  if (!account.next_key_file) return account;  // another process was faster
  account.earlier_key_files.insert(account.earlier_key_files.begin(), account.key_file);
  account.key_file = *account.next_key_file;
  account.key = load_public_key(account.key_file);
  account.next_key_file.reset();
  write(account);
  return account;
}

Account Accounts::create_locked(const std::string& name) {
  if (find(name)) {
    fail_with_hint(ErrorKind::usage, "see it: ain account show " + name, "there is an account '{}' already", name);
  }
  Account account;
  account.name = name;
  account.key_file = folder_ / (name + ".key");
  // A key without its .toml is left of an attempt that was broken off: nobody has used it, so it may as well be this one.
  account.key = std::filesystem::exists(account.key_file) ? load_key_file(account.key_file)->public_key()
                                                          : create_key_file(account.key_file, name)->public_key();
  account.id = account_of(account.key);
  write(account);
  return account;
}

Account Accounts::create(const std::string& name) {
  check_name(name);
  make_private_folder(folder_);
  const FileLock lock = FileLock::acquire(folder_ / ".lock");
  return create_locked(name);
}

Account Accounts::first(const std::string& name) {
  check_name(name);
  make_private_folder(folder_);
  const FileLock lock = FileLock::acquire(folder_ / ".lock");
  if (auto there = current(std::nullopt)) return *there;
  return create_locked(name);
}

Account Accounts::adopt(const std::string& name, const std::filesystem::path& key_file, const std::optional<AccountId>& of) {
  check_name(name);
  make_private_folder(folder_);
  const FileLock lock = FileLock::acquire(folder_ / ".lock");
  if (find(name)) {
    fail_with_hint(ErrorKind::usage, "see it: ain account show " + name, "there is an account '{}' already", name);
  }
  Account account;
  account.name = name;
  auto path = std::filesystem::absolute(key_file).lexically_normal();
  // Who names the public half means the pair.
  if (path.extension() == ".pub") path.replace_extension();
  account.key_file = path;
  account.key = load_public_key(path);
  if (!is_safe_key(account.key)) fail(ErrorKind::bad_signature, "'{}' is not a safe Ed25519 key", path.string());
  account.id = of.value_or(account_of(account.key));
  for (const Account& other : list()) {
    if (other.key != account.key) continue;
    fail_with_hint(ErrorKind::usage, fmt::format("use it: --account {}", other.name), "the key '{}' is the account '{}' already",
                   path.string(), other.name);
  }
  write(account);
  return account;
}

AccountId account_named(const Accounts& accounts, const std::string& text) {
  if (const auto own = accounts.find(text)) return own->id;
  // What looks like an account is told what is wrong with it; anything else is a name.
  return text.starts_with("ain1") ? AccountId::parse(text) : accounts.get(text).id;
}

std::shared_ptr<const Signer> signer_of(const Account& account) {
  std::shared_ptr<const Signer> signer = load_key_file(account.key_file);
  if (signer->public_key() == account.key) return signer;
  fail_with_hint(ErrorKind::bad_signature,
                 fmt::format("put back the key that it names: ain account show {}", account.name),
                 "'{}' holds another key than that of the account '{}'", account.key_file.string(), account.name);
}

std::vector<std::shared_ptr<const Signer>> signers_of(const Account& account) {
  std::vector<std::shared_ptr<const Signer>> signers;
  const auto add_if_there = [&](const std::filesystem::path& file) {
    if (std::filesystem::exists(file)) signers.push_back(load_key_file(file));
  };
  if (account.next_key_file) add_if_there(*account.next_key_file);
  signers.push_back(signer_of(account));
  for (const auto& file : account.earlier_key_files) add_if_there(file);
  return signers;
}

}  // namespace ain::cli
