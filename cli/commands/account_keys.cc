#include <algorithm>

#include "base/encoding.h"
#include "base/error.h"
#include "base/text.h"
#include "base/time.h"
#include "cli/account_keys.h"
#include "cli/context.h"
#include "ledger/approval.h"

namespace ain::cli {
namespace {

// A key as `account keys` shows it; of the first one the ledger has no record as long as it is in force.
struct KnownKey {
  PublicKey key;
  ledger::KeyState state;
  std::string file;  // here; empty: none
};

std::vector<KnownKey> known_keys(Context& context, const Account& account) {
  std::vector<KnownKey> keys;
  for (const auto& [key, state] : context.ledger().keys_of(account.id)) keys.push_back({key, state, ""});
  std::vector<std::filesystem::path> files = account.earlier_key_files;
  files.push_back(account.key_file);
  if (account.next_key_file) files.push_back(*account.next_key_file);
  for (const auto& file : files) {
    if (!std::filesystem::exists(file)) continue;
    const PublicKey key = file == account.key_file ? account.key : load_public_key(file);
    const auto there = std::find_if(keys.begin(), keys.end(), [&](const KnownKey& each) { return each.key == key; });
    if (there != keys.end()) there->file = file.string();
    else if (account_of(key) == account.id) keys.insert(keys.begin(), {key, {.account = account.id}, file.string()});
  }
  return keys;
}

std::string scope_text(const ledger::KeyState& state) {
  if (state.scope.everything) return "everything";
  return fmt::format("runs, {} of {} spent", state.spent.text(), state.scope.spend_max.text());
}

Json to_json(const KnownKey& known) {
  const ledger::KeyState& state = known.state;
  return {{"key", known.key.openssh()},       {"fingerprint", known.key.fingerprint()},
          {"scope", state.scope.everything ? "everything" : "run"},
          {"spend_max", state.scope.everything ? Json() : Json(state.scope.spend_max.micro())},
          {"spent", state.spent.micro()},     {"since", state.since_ms},
          {"until", state.until_ms == 0 ? Json() : Json(state.until_ms)},
          {"in_force", state.until_ms == 0},  {"key_file", known.file.empty() ? Json() : Json(known.file)}};
}

int keys(Context& context) {
  const auto named = context.options.text("NAME");
  const Account account = named ? context.accounts().get(*named) : context.account();
  std::vector<std::vector<std::string>> rows;
  for (const KnownKey& known : known_keys(context, account)) {
    if (context.out.json()) context.out.document(to_json(known));
    const ledger::KeyState& state = known.state;
    rows.push_back({known.key.fingerprint(), scope_text(state), state.since_ms == 0 ? "the first" : rfc3339(state.since_ms),
                    state.until_ms == 0 ? "in force" : "left force " + rfc3339(state.until_ms), known.file});
  }
  if (!context.out.json()) context.out.write_table({"key", "for", "since", "", "file here"}, rows);
  return 0;
}

// Vouchers and notes must be by the key that opened or took the escrow: a rotation under way would leave them to their deadlines.
void check_nothing_under_way(Context& context) {
  if (context.options.flag("now")) return;
  for (const ledger::EscrowState& escrow : context.ledger().escrows_of(context.account().id)) {
    if (escrow.phase == ledger::EscrowPhase::closed || escrow.phase == ledger::EscrowPhase::refunded) continue;
    fail_with_hint(ErrorKind::refused, "wait for them: ain ps; or say --now, and they end by their deadlines",
                   "runs are under way that only the key in force can settle, such as escrow {}", to_hex(escrow.id).substr(0, 12));
  }
}

void print_rotated(Context& context) {
  const Account& account = context.account();
  if (context.out.json()) {
    context.out.document({{"name", account.name}, {"account", account.id.text()}, {"key", account.key.openssh()},
                          {"fingerprint", account.key.fingerprint()}, {"key_file", account.key_file.string()},
                          {"network", context.network().id()}});
    return;
  }
  context.out.line("{}", account.key.fingerprint());
  context.out.say("'{}' signs with '{}' from now on; keep a copy of that file: who has it has the money", account.name,
                  account.key_file.string());
  context.out.say("in each repository whose commits you sign: ain identity rotate");
}

// A key that speaks already could not be told from one that has come into force.
void check_new(Context& context, const std::filesystem::path& file) {
  const PublicKey key = load_public_key(file);
  if (!context.ledger().key(key) && account_of(key) != context.account().id) return;
  fail_with_hint(ErrorKind::refused, "take a new one: ain account rotate", "the key in '{}' is known to the ledger already", file.string());
}

// The new key lies on the disk and in the account's file before the ledger hears of it: whatever is cut off, the next command finds out by
// asking the ledger which of the two is in force.
int rotate(Context& context) {
  // An earlier attempt may have come through: then that was it.
  if (context.account().next_key_file && context.finish_rotation()) {
    print_rotated(context);
    return 0;
  }
  check_nothing_under_way(context);
  remote::AccountSender& sender = context.sender();
  const auto asked = context.options.text("key");
  if (asked && !context.account().next_key_file) check_new(context, *asked);
  const Account account = context.accounts().with_next_key(context.account().name, asked);
  const auto next = load_key_file(*account.next_key_file);
  const std::string proof = ledger::sign_key_proof(context.network().id(), account.id, *next);
  ledger::Applied applied;
  try {
    applied = sender.try_send(ledger::KeyRotate{next->public_key(), proof});
  } catch (Error& error) {
    error.set_hint("whether it was rotated is asked next time: ain account rotate");
    throw;
  }
  if (applied.refusal != ledger::Refusal::none) {
    context.accounts().drop_next_key(account.name);  // the ledger's own word: it is not in force
    remote::fail_refused(applied);
  }
  context.use_next_key();
  print_rotated(context);
  return 0;
}

int revoke(Context& context) {
  const Account& account = context.account();
  const std::string text = join(context.options.texts("KEY"), " ");
  const auto known = known_keys(context, account);
  std::vector<PublicKey> all;
  for (const KnownKey& each : known) all.push_back(each.key);
  const auto key = key_in_words(text, all);
  const std::string hint = "list them: ain account keys";
  if (!key) fail_with_hint(ErrorKind::usage, hint, "'{}' is no key of '{}'", sanitize(text), account.name);
  const auto found = std::find_if(known.begin(), known.end(), [&](const KnownKey& each) { return each.key == *key; });
  if (found != known.end() && found->state.until_ms != 0) {
    fail_with_hint(ErrorKind::refused, hint, "that key left force at {}", rfc3339(found->state.until_ms));
  }
  if (*key == context.ledger_signer()->public_key()) {
    fail_with_hint(ErrorKind::usage, "put another in its place: ain account rotate", "that is the key that '{}' signs with here", account.name);
  }
  if (found == known.end() && account_of(*key) != account.id) {
    const auto elsewhere = context.ledger().key(*key);
    fail_with_hint(ErrorKind::refused, hint, "that key is {}", elsewhere ? fmt::format("one of the account '{}'", elsewhere->account.text())
                                                                         : fmt::format("none of the account '{}'", account.name));
  }
  const ledger::Applied applied = context.sender().send(ledger::KeyRevoke{*key});
  if (context.out.json()) context.out.document(to_json(applied));
  else context.out.line("{}", key->fingerprint());
  context.out.say("that key signs nothing for '{}' any more", account.name);
  return 0;
}

ledger::KeyScope scope_of(const Values& options) {
  const bool everything = options.text_or("scope", "") == "everything";
  const auto spend_max = options.text("spend-max");
  if (!options.text("scope")) fail_with_hint(ErrorKind::usage, "--scope run --spend-max 5, or --scope everything", "say what the key may do");
  if (everything && spend_max) fail(ErrorKind::usage, "--spend-max is of a key with --scope run");
  if (!everything && !spend_max) {
    fail_with_hint(ErrorKind::usage, "for example: --spend-max 5", "say how much the key may have spent or in escrow at any time");
  }
  return {everything, everything ? Amount() : Amount::parse(*spend_max)};
}

int add(Context& context) {
  const ledger::KeyScope scope = scope_of(context.options);
  const Account& account = context.account();
  const auto file = std::filesystem::absolute(*context.options.text("FILE")).lexically_normal();
  if (repo::Repository::discover(file.parent_path())) {
    fail_with_hint(ErrorKind::usage, "name a place outside of it",
                   "'{}' would lie in a git repository, from where runs and commits could take it along",
                   file.string());
  }
  // Made before it is registered: an attempt that was broken off goes on with the same key.
  const auto key = std::filesystem::exists(file) ? load_key_file(file) : create_key_file(file, account.name);
  const auto known = context.ledger().key(key->public_key());
  if (known && known->account == account.id && known->until_ms == 0 && known->scope == scope) {
    context.out.say("that key is registered already");
  } else {
    context.sender().send(ledger::KeyRegister{key->public_key(), ledger::sign_key_proof(context.network().id(), account.id, *key), scope});
  }
  if (context.out.json()) {
    context.out.document({{"key", key->public_key().openssh()}, {"fingerprint", key->public_key().fingerprint()}, {"key_file", file.string()},
                          {"account", account.id.text()}, {"scope", scope.everything ? "everything" : "run"},
                          {"spend_max", scope.everything ? Json() : Json(scope.spend_max.micro())}});
    return 0;
  }
  context.out.line("{}", key->public_key().fingerprint());
  context.out.say("where it is to be used: ain account create NAME --key FILE --of {}", account.id.text());
  return 0;
}

void declare_keys(Declaration& options) { options.positional("NAME", "the account (default: the current one)", false); }
void declare_rotate(Declaration& options) {
  options.value("key", 0, "PATH", "take this Ed25519 OpenSSH key instead of making one")
      .flag("now", 0, "even while runs are under way, which then end by their deadlines");
}
void declare_revoke(Declaration& options) {
  options.positionals("KEY", "its fingerprint (SHA256:…), 'ssh-ed25519 AAAA…', or its file", true);
}
void declare_add(Declaration& options) {
  options.positional("FILE", "where the key is, or is to be made")
      .choice("scope", 0, {"run", "everything"}, "what it may do")
      .value("spend-max", 0, "AIN", "what a key for runs may have spent or in escrow at any time");
}

}  // namespace

extern const Command account_keys_command, account_rotate_command, account_revoke_command, account_key_add_command;
const Command account_keys_command = {.name = "account keys",
                                      .group = Group::places,
                                      .summary = "List the keys that may sign for an account on the network's ledger",
                                      .needs = {.network = true},
                                      .declare = declare_keys,
                                      .run = keys,
                                      .json_lines = true};
const Command account_rotate_command = {.name = "account rotate",
                                        .group = Group::places,
                                        .summary = "Put a new key in the place of the account's key",
                                        .needs = {.account = true, .network = true},
                                        .declare = declare_rotate,
                                        .run = rotate};
const Command account_revoke_command = {.name = "account revoke",
                                        .group = Group::places,
                                        .summary = "Take a key of the account out of force, for good",
                                        .needs = {.account = true, .network = true},
                                        .declare = declare_revoke,
                                        .run = revoke};
const Command account_key_add_command = {.name = "account key add",
                                         .group = Group::places,
                                         .summary = "Let one more key sign for the account, for everything or for runs only",
                                         .needs = {.account = true, .network = true},
                                         .declare = declare_add,
                                         .run = add};

}  // namespace ain::cli
