#include "base/error.h"
#include "cli/context.h"

namespace ain::cli {
namespace {

Json to_json(const Account& account, bool is_current) {
  return {{"name", account.name},
          {"account", account.id.text()},
          {"key", account.key.openssh()},
          {"fingerprint", account.key.fingerprint()},
          {"key_file", account.key_file.string()},
          {"current", is_current}};
}

// The account that commands act as; nothing when that is not settled.
std::optional<std::string> current_name(Context& context) {
  const auto chosen = context.options.text("account");
  if (chosen) return *chosen;
  if (const auto configured = context.config.find("account")) return configured->front();
  const auto all = context.accounts().list();
  return all.size() == 1 ? std::optional(all.front().name) : std::nullopt;
}

int create(Context& context) {
  const std::string name = *context.options.text("NAME");
  const auto key = context.options.text("key");
  const auto earlier = context.accounts().list();
  const Account account = key ? context.accounts().adopt(name, *key) : context.accounts().create(name);
  // A second one must not leave every command asking which.
  const bool first_stays = earlier.size() == 1 && !context.config.find("account");
  if (first_stays) {
    context.config.set("account", {earlier.front().name});
    context.config.save();
  }
  if (context.out.json()) {
    context.out.document(to_json(account, current_name(context) == name));
    return 0;
  }
  context.out.line("{}", account.id.text());
  context.out.say("'{}' is the account of the key '{}'{}", name, account.key_file.string(),
                  key ? "" : "; keep a copy of that file: who has it has the money");
  if (first_stays) context.out.say("commands go on acting as '{}'; to change that: ain config account {}", earlier.front().name, name);
  return 0;
}

int list(Context& context) {
  const auto current = current_name(context);
  std::vector<std::vector<std::string>> rows;
  for (const Account& account : context.accounts().list()) {
    const bool is_current = account.name == current;
    if (context.out.json()) context.out.document(to_json(account, is_current));
    rows.push_back({is_current ? "*" : "", account.name, account.id.text(), account.key.fingerprint()});
  }
  if (context.out.json()) return 0;
  if (rows.empty()) context.out.say("there is no account here yet; make one: ain account create NAME");
  else context.out.write(table({"", "name", "account", "key"}, rows));
  return 0;
}

int show(Context& context) {
  const auto named = context.options.text("NAME");
  const Account account = named ? context.accounts().get(*named) : context.account();
  if (context.out.json()) {
    context.out.document(to_json(account, account.name == current_name(context)));
    return 0;
  }
  context.out.write(table({"", ""}, {{"name", account.name},
                                     {"account", account.id.text()},
                                     {"key", account.key.openssh(account.name)},
                                     {"fingerprint", account.key.fingerprint()},
                                     {"key file", account.key_file.string()}}));
  return 0;
}

void declare_create(Declaration& options) {
  options.positional("NAME", "what to call it on this machine")
      .value("key", 0, "PATH", "adopt this Ed25519 OpenSSH key instead of making one");
}
void declare_show(Declaration& options) { options.positional("NAME", "the account (default: the current one)", false); }

}  // namespace

extern const Command account_create_command, account_list_command, account_show_command;
const Command account_create_command = {.name = "account create",
                                        .group = Group::places,
                                        .summary = "Make an account, with a key of its own or one you have",
                                        .needs = {},
                                        .declare = declare_create,
                                        .run = create};
const Command account_list_command = {.name = "account list",
                                      .group = Group::places,
                                      .summary = "List the accounts of this home",
                                      .needs = {},
                                      .declare = nullptr,
                                      .run = list,
                                      .json_lines = true};
const Command account_show_command = {.name = "account show",
                                      .group = Group::places,
                                      .summary = "Show an account and its public key",
                                      .needs = {},
                                      .declare = declare_show,
                                      .run = show};

}  // namespace ain::cli
