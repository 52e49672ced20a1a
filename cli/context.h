// What a command works with: its options, and the repository, account, network and ledger, each found when first asked for.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/paths.h"
#include "cli/accounts.h"
#include "cli/command.h"
#include "cli/config.h"
#include "cli/options.h"
#include "cli/output.h"
#include "remote/ledger_client.h"
#include "remote/network.h"
#include "remote/run/run.h"
#include "repo/repository.h"

namespace ain::cli {

class Context {
 public:
  Context(const Command& command, Values options, Output output, Paths paths, Config config);

  const Command& command;
  const Values options;
  Output out;
  const Paths paths;
  Config config;
  std::vector<std::string> git_arguments;  // of a command that goes to git

  Accounts accounts() const { return Accounts(paths); }
  std::optional<repo::Repository>& repository_if_any();
  repo::Repository& repository();  // throws `failed` with the hint `ain init`

  // The account that is chosen, or the only one. account() makes one where the network is `local` and there is none yet.
  std::optional<Account> account_if_any() const;
  const Account& account();
  std::shared_ptr<const Signer> signer();         // its key, for commits and identities
  std::shared_ptr<const Signer> ledger_signer();  // the key that speaks for it on the network's ledger
  // Asks the ledger about a rotation whose answer was lost; true when it turns out to have happened.
  bool finish_rotation();
  void use_next_key();  // the account's next key is its key from now on

  std::string network_name() const;
  const remote::Network& network();
  const remote::Endpoint& node();  // that answers for the network's ledger; started when the network is `local`
  remote::LedgerClient& ledger();
  remote::AccountSender& sender();
  // Speaks for the key that signs commits: a repository's delegates are keys, whatever account one was registered with later.
  remote::AccountSender& author();
  remote::RunContext run_context();

 private:
  std::optional<std::optional<repo::Repository>> repository_;
  std::optional<Account> account_;
  std::shared_ptr<const Signer> signer_, ledger_signer_;
  std::optional<remote::Network> network_;
  std::optional<remote::Endpoint> node_;
  std::unique_ptr<remote::LedgerClient> ledger_;
  std::unique_ptr<remote::AccountSender> sender_, author_;
};

}  // namespace ain::cli
