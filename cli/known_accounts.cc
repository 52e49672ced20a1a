#include "cli/known_accounts.h"

#include "repo/commits.h"
#include "repo/identity.h"

namespace ain::cli {

KnownAccounts::KnownAccounts(Context& context) : repository_(context.repository()) {
  // One's own names come first: they are what one calls oneself.
  for (const Account& account : context.accounts().list()) {
    for (const AccountId& id : {account.id, account_of(account.key)}) names_.emplace(id.text(), account.name);
  }
  if (const auto identity = repo::read_identity(repository_)) {
    for (const repo::Delegate& delegate : identity->delegates) names_.emplace(account_of(delegate.key).text(), delegate.name);
  }
}

std::optional<std::string> KnownAccounts::signer_of(const repo::ObjectId& commit) const {
  if (names_.empty()) return std::nullopt;
  const auto key = repo::commit_signer(repository_, commit);
  return key ? name_of(account_of(*key).text()) : std::nullopt;
}

std::optional<std::string> KnownAccounts::name_of(const std::string& account) const {
  const auto known = names_.find(account);
  return known != names_.end() ? std::optional(known->second) : std::nullopt;
}

}  // namespace ain::cli
