// Names for keys: the delegates' of the repository, and those of one's own accounts.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "cli/context.h"

namespace ain::cli {

class KnownAccounts {
 public:
  explicit KnownAccounts(Context& context);
  // Of an account by its id; nothing for a stranger's.
  std::optional<std::string> name_of(const std::string& account) const;
  // Of the account whose key signed the commit; nothing for what is unsigned or signed by a stranger.
  std::optional<std::string> signer_of(const repo::ObjectId& commit) const;

 private:
  repo::Repository& repository_;
  std::map<std::string, std::string> names_;  // by account id
};

}  // namespace ain::cli
