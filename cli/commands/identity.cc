#include <algorithm>

#include "base/encoding.h"
#include "base/error.h"
#include "base/files.h"
#include "base/text.h"
#include "base/toml.h"
#include "cli/context.h"
#include "cli/repository_setup.h"
#include "repo/commits.h"
#include "repo/owners.h"

namespace ain::cli {
namespace {

constexpr size_t kKeyFileBytesMax = 64 << 10;
constexpr int64_t kKeySearchRows = 1000;

repo::Identity get_identity(Context& context) {
  auto identity = find_identity(context);
  if (!identity) fail_with_hint(ErrorKind::failed, "give it one: ain init", "this repository has no identity yet");
  return *identity;
}

Json to_json(const repo::Identity& identity) {
  Json delegates = Json::array();
  for (const repo::Delegate& delegate : identity.delegates) {
    delegates.push_back({{"name", delegate.name}, {"account", account_of(delegate.key).text()}, {"key", delegate.key.openssh()}});
  }
  return {{"repository", identity.id.text()}, {"url", repo::repository_url(identity.id)},
          {"name", identity.name},            {"revision", identity.revision},
          {"threshold", identity.threshold},  {"delegates", std::move(delegates)}};
}

int print(Context& context, const repo::Identity& identity) {
  Output& out = context.out;
  if (out.json()) {
    out.document(to_json(identity));
    return 0;
  }
  out.line("{}  {}", out.styled(Style::bold, out.shown(identity.name)), repo::repository_url(identity.id));
  out.line("revision {}, {} of {} must sign the next", identity.revision, identity.threshold, identity.delegates.size());
  std::vector<std::vector<std::string>> rows;
  for (const repo::Delegate& delegate : identity.delegates) {
    rows.push_back({"  " + out.shown(delegate.name), account_of(delegate.key).text(), delegate.key.fingerprint()});
  }
  out.write_table({"", "", ""}, rows);
  return 0;
}

// The first key that an account signed with on this network's ledger.
PublicKey key_on_ledger(Context& context, const AccountId& account) {
  const Json history = context.ledger().history({.account = account, .limit = kKeySearchRows});
  for (const Json& entry : history) {
    if (entry.at("account") != account.text()) continue;
    const auto txid = to_array<32>(from_hex(entry.at("txid").get<std::string>()).value_or(""));
    const auto found = txid ? context.ledger().transaction(*txid) : std::nullopt;
    if (!found) continue;
    const ledger::Transaction transaction = ledger::decode_transaction(found->at("envelope").get<std::string>());
    if (account_of(transaction.key) == account) return transaction.key;
  }
  fail_with_hint(ErrorKind::failed, "ask for the public key: ain identity add NAME 'ssh-ed25519 AAAA…'",
                 "'{}' has signed nothing on network '{}' yet, so its key is not known", account.text(), context.network_name());
}

PublicKey read_key(Context& context, const std::string& text) {
  if (text.starts_with("ssh-")) return PublicKey::parse_openssh(text);
  if (const auto account = AccountId::from_text(text)) return key_on_ledger(context, *account);
  if (std::filesystem::exists(text)) {
    return text.ends_with(".pub") ? PublicKey::parse_openssh(trim(read_file(text, kKeyFileBytesMax))) : load_public_key(text);
  }
  if (const auto own = context.accounts().find(text)) return own->key;
  fail_with_hint(ErrorKind::usage, "give the line 'ssh-ed25519 AAAA…', its file, or an account", "'{}' is no key",
                 sanitize(text));
}

int revise(Context& context, const repo::Identity& next) {
  repo::Repository& repository = context.repository();
  const repo::Identity made = repo::revise_identity(repository, next, {context.signer().get()});
  allow_delegates(repository, made);
  context.out.say("revision {} is yours alone until you `ain push`", made.revision);
  return print(context, made);
}

int show(Context& context) { return print(context, get_identity(context)); }

int add(Context& context) {
  repo::Identity identity = get_identity(context);
  const std::string name = *context.options.text("NAME");
  const PublicKey key = read_key(context, join(context.options.texts("KEY"), " "));
  for (const repo::Delegate& delegate : identity.delegates) {
    if (delegate.key == key) fail(ErrorKind::usage, "that key is the delegate '{}' already", sanitize(delegate.name));
    if (delegate.name == name) fail(ErrorKind::usage, "there is a delegate '{}' already", sanitize(name));
  }
  identity.delegates.push_back({name, key});
  const int code = revise(context, identity);
  context.out.say("'{}' may now push, and change who the delegates are, as {} of {} must sign that; to ask for more: ain identity threshold N",
                  context.out.shown(name), identity.threshold, identity.delegates.size());
  return code;
}

// Nobody but the caller signs this: the founder, too, can be locked out so.
void confirm_removal(Context& context, const repo::Delegate& delegate) {
  if (context.options.flag("yes")) return;
  const std::string what = fmt::format("take '{}' the right to push and to change the delegates, by your signature alone", sanitize(delegate.name));
  if (!context.out.can_ask()) {
    fail_with_hint(ErrorKind::usage, "say --yes; to have several agree to such a change: ain identity threshold N",
                   "removing somebody else's key is not done without being asked for: it would {}", what);
  }
  const std::string answer = context.out.ask(what + "? [y/N]");
  if (answer != "y" && answer != "yes" && answer != "Y") fail(ErrorKind::stopped, "nothing was changed");
}

int remove(Context& context) {
  repo::Identity identity = get_identity(context);
  const std::string name = *context.options.text("NAME");
  const auto found = std::find_if(identity.delegates.begin(), identity.delegates.end(), [&](const repo::Delegate& delegate) {
    return delegate.name == name || account_of(delegate.key).text() == name;
  });
  if (found == identity.delegates.end()) {
    std::vector<std::string> names;
    for (const repo::Delegate& delegate : identity.delegates) names.push_back(delegate.name);
    const std::string near = did_you_mean(name, names);
    fail_with_hint(ErrorKind::usage, near.empty() ? "the delegates: " + join(names, ", ") : near, "there is no delegate '{}'",
                   sanitize(name));
  }
  if (identity.threshold == 1 && found->key != context.account().key) confirm_removal(context, *found);
  identity.delegates.erase(found);
  if (static_cast<int64_t>(identity.delegates.size()) < identity.threshold) {
    fail_with_hint(ErrorKind::usage, fmt::format("ain identity threshold {}", identity.delegates.size()),
                   "without '{}' there are fewer delegates than the {} that must sign", sanitize(name), identity.threshold);
  }
  return revise(context, identity);
}

int threshold(Context& context) {
  repo::Identity identity = get_identity(context);
  const std::string text = *context.options.text("N");
  const auto count = parse_integer(text, 1, static_cast<int64_t>(identity.delegates.size()));
  if (!count) {
    fail(ErrorKind::usage, "the threshold is a number from 1 to {}, the number of delegates", identity.delegates.size());
  }
  identity.threshold = *count;
  return revise(context, identity);
}

// Which of the account's earlier keys is a delegate's, ready to sign; null: none.
std::shared_ptr<const Signer> earlier_delegate(const Account& account, const repo::Identity& identity) {
  for (const auto& file : account.earlier_key_files) {
    if (std::filesystem::exists(file) && identity.is_delegate(account_of(load_public_key(file)))) return load_key_file(file);
  }
  return nullptr;
}

// The authors' table says whose commits a key signs that is not an account's first one. True when it did not yet.
bool name_key_in_table(const repo::Repository& repository, const Account& account) {
  if (account_of(account.key) == account.id) return false;
  const auto file = repository.work_folder() / repo::kAuthorsFile;
  const std::string text = read_file_if_exists(file, kTomlBytesMax).value_or("");
  const std::string key(trim(account.key.openssh()));
  if (text.find(key) != text.npos) return false;
  const bool ended = text.empty() || text.ends_with('\n');
  write_file_atomic(file, fmt::format("{}{}{}[[key]]\naccount = {}\nkey = {}\n", text, ended ? "" : "\n", text.empty() ? "" : "\n",
                                      toml_quote(account.id.text()), toml_quote(key)));
  return true;
}

int rotate(Context& context) {
  repo::Repository& repository = context.repository();
  repo::Identity identity = get_identity(context);
  const Account& account = context.account();
  if (account.earlier_key_files.empty()) {
    fail_with_hint(ErrorKind::failed, "rotate it first: ain account rotate", "'{}' has had one key only", account.name);
  }
  const auto old = earlier_delegate(account, identity);
  if (old) {
    for (repo::Delegate& delegate : identity.delegates) {
      if (delegate.key == old->public_key()) delegate.key = account.key;
    }
    identity = repo::revise_identity(repository, identity, {old.get()});
    allow_delegates(repository, identity);
    context.out.say("revision {} is yours alone until you `ain push`", identity.revision);
  }
  set_up_signing(repository, account);
  const bool table_changed = name_key_in_table(repository, account);
  const bool delegate = identity.is_delegate(account_of(account.key));
  if (!delegate) context.out.say("'{}' is no delegate here: one must merge 'authors.toml' before it counts", account.name);
  if (table_changed) {
    context.out.say("'authors.toml' says whose commits the new key signs; record it: ain add authors.toml && ain commit -m 'My new key'");
  }
  return print(context, identity);
}

void declare_add(Declaration& options) {
  options.positional("NAME", "what to call the new delegate")
      .positionals("KEY", "'ssh-ed25519 AAAA…', its file, or an account that has signed on the ledger", true);
}
void declare_remove(Declaration& options) {
  options.positional("NAME", "the delegate's name or account").flag("yes", 'y', "do not ask before another's key is removed");
}
void declare_threshold(Declaration& options) { options.positional("N", "how many delegates must sign the next revision"); }

}  // namespace

extern const Command identity_command, identity_add_command, identity_remove_command, identity_threshold_command, identity_rotate_command;
const Command identity_command = {.name = "identity",
                                  .group = Group::repository,
                                  .summary = "Show who may push to the repository",
                                  .needs = {.repository = true},
                                  .declare = nullptr,
                                  .run = show};
const Command identity_add_command = {.name = "identity add",
                                      .group = Group::repository,
                                      .summary = "Let somebody else push, too, and change the delegates",
                                      .needs = {.repository = true, .account = true},
                                      .declare = declare_add,
                                      .run = add};
const Command identity_remove_command = {.name = "identity remove",
                                         .group = Group::repository,
                                         .summary = "Let somebody no longer push",
                                         .needs = {.repository = true, .account = true},
                                         .declare = declare_remove,
                                         .run = remove};
const Command identity_threshold_command = {.name = "identity threshold",
                                            .group = Group::repository,
                                            .summary = "Set how many must agree to a change of the identity",
                                            .needs = {.repository = true, .account = true},
                                            .declare = declare_threshold,
                                            .run = threshold};
const Command identity_rotate_command = {.name = "identity rotate",
                                         .group = Group::repository,
                                         .summary = "Put your account's new key in the place of its old one here",
                                         .needs = {.repository = true, .account = true},
                                         .declare = nullptr,
                                         .run = rotate};

}  // namespace ain::cli
