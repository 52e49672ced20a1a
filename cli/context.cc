#include "cli/context.h"

#include "base/error.h"
#include "base/process.h"
#include "base/text.h"
#include "cli/account_keys.h"

namespace ain::cli {

Context::Context(const Command& command_, Values options_, Output output, Paths paths_, Config config_)
    : command(command_),
      options(std::move(options_)),
      out(std::move(output)),
      paths(std::move(paths_)),
      config(std::move(config_)) {}

std::optional<repo::Repository>& Context::repository_if_any() {
  if (!repository_) repository_.emplace(repo::Repository::discover(std::filesystem::current_path()));
  return *repository_;
}

repo::Repository& Context::repository() {
  auto& found = repository_if_any();
  if (!found) {
    fail_with_hint(ErrorKind::failed, "make it one: ain init", "'{}' is not in a git repository",
                   std::filesystem::current_path().string());
  }
  return *found;
}

std::optional<Account> Context::account_if_any() const {
  if (account_) return account_;
  return accounts().current(options.text("account"));
}

const Account& Context::account() {
  if (account_) return *account_;
  account_ = account_if_any();
  if (account_) return *account_;
  if (network_name() != remote::kLocalNetwork) {
    fail_with_hint(ErrorKind::usage, "make one: ain account create NAME", "there is no account here yet");
  }
  account_ = accounts().first(account_name_of_user(environment_variable("USER").value_or("")));
  out.say("made your first account: '{}', {}", account_->name, account_->id.text());
  return *account_;
}

std::shared_ptr<const Signer> Context::signer() {
  if (!signer_) signer_ = signer_of(account());
  return signer_;
}

void Context::use_next_key() {
  account_ = accounts().promote_next_key(account().name);
  signer_.reset();
}

bool Context::finish_rotation() {
  const auto next = account().next_key_file;
  if (!next || !remote::speaks_for(ledger(), load_public_key(*next), account().id)) return false;
  // Of a rotation that came through, the other one has left force.
  if (remote::speaks_for(ledger(), account().key, account().id)) return false;
  use_next_key();
  out.say("the rotation of the key of '{}' had reached the ledger: it signs with '{}' from now on", account_->name,
          account_->key_file.string());
  return true;
}

std::shared_ptr<const Signer> Context::ledger_signer() {
  if (ledger_signer_) return ledger_signer_;
  if (!account().has_one_key()) finish_rotation();
  ledger_signer_ = signer_on_ledger(account(), [this]() -> remote::LedgerClient& { return ledger(); });
  return ledger_signer_;
}

std::string Context::network_name() const { return options.text_or("network", remote::kLocalNetwork); }

const remote::Network& Context::network() {
  if (!network_) network_ = remote::load_network(paths, network_name());
  return *network_;
}

const remote::Endpoint& Context::node() {
  if (!node_) node_ = remote::reach_node(paths, network());
  return *node_;
}

remote::LedgerClient& Context::ledger() {
  if (!ledger_) ledger_ = remote::http_ledger(node());
  return *ledger_;
}

remote::AccountSender& Context::sender() {
  if (sender_) return *sender_;
  // A rotation that another command sent may arrive between the look at the ledger and the transaction: then it is looked at again.
  auto used = std::make_shared<std::vector<std::shared_ptr<const Signer>>>();
  sender_ = std::make_unique<remote::AccountSender>(ledger(), network().id(), account().id, [this, used]() -> const Signer& {
    ledger_signer_.reset();
    used->push_back(ledger_signer());
    return *used->back();
  });
  return *sender_;
}

remote::AccountSender& Context::author() {
  if (!author_) {
    author_ = std::make_unique<remote::AccountSender>(ledger(), network().id(), account_of(signer()->public_key()), *signer());
  }
  return *author_;
}

remote::RunContext Context::run_context() {
  return {paths, network(), account().name, account().id, ledger_signer()};
}

}  // namespace ain::cli
