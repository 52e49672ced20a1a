#include "base/error.h"
#include "cli/context.h"

namespace ain::cli {
namespace {

Json texts(const std::vector<std::filesystem::path>& files) {
  Json list = Json::array();
  for (const auto& file : files) list.push_back(file.string());
  return list;
}

Json to_json(const Account& account, bool is_current) {
  return {{"name", account.name},
          {"account", account.id.text()},
          {"key", account.key.openssh()},
          {"fingerprint", account.key.fingerprint()},
          {"key_file", account.key_file.string()},
          {"next_key_file", account.next_key_file ? Json(account.next_key_file->string()) : Json()},
          {"earlier_key_files", texts(account.earlier_key_files)},
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
  const auto of = context.options.text("of");
  if (of && !key) fail_with_hint(ErrorKind::usage, "--key FILE", "an account that exists needs a key that it has registered");
  const Account account = key ? context.accounts().adopt(name, *key, of ? std::optional(AccountId::parse(*of)) : std::nullopt)
                              : context.accounts().create(name);
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
  else context.out.write_table({"", "name", "account", "key"}, rows);
  return 0;
}

int show(Context& context) {
  const auto named = context.options.text("NAME");
  const Account account = named ? context.accounts().get(*named) : context.account();
  if (context.out.json()) {
    context.out.document(to_json(account, account.name == current_name(context)));
    return 0;
  }
  std::vector<std::vector<std::string>> rows = {{"name", account.name},
                                                {"account", account.id.text()},
                                                {"key", account.key.openssh(account.name)},
                                                {"fingerprint", account.key.fingerprint()},
                                                {"key file", account.key_file.string()}};
  if (account.next_key_file) {
    rows.push_back({"next key file", account.next_key_file->string() + ", rotation not confirmed yet: ain account rotate"});
  }
  for (const auto& file : account.earlier_key_files) rows.push_back({"earlier key file", file.string()});
  context.out.write(table({"", ""}, rows));
  context.out.say("which keys are in force on network '{}': ain account keys", context.network_name());
  return 0;
}

void declare_create(Declaration& options) {
  options.positional("NAME", "what to call it on this machine")
      .value("key", 0, "PATH", "adopt this Ed25519 OpenSSH key instead of making one")
      .value("of", 0, "ACCOUNT", "with --key: the account that has registered the key (ain account key add)");
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
