// What ain leaves in a repository's own git config, so that plain git signs and verifies as ain does.
#pragma once

#include <string>

#include "cli/context.h"
#include "repo/identity.h"

namespace ain::cli {

// Signing by the current account, and its key and the delegates' among the allowed signers.
void set_up_signing(repo::Repository& repository, const Account& account);
void allow_delegates(repo::Repository& repository, const repo::Identity& identity);
// The remote `origin`, unless there is one.
void set_up_origin(repo::Repository& repository, const RepositoryId& id);

// Where the identity that `remote` had last is kept.
std::string theirs_reference(const std::string& remote);

// The repository's identity; fetched from `origin` when that is an ain:// URL and plain git cloned it without. Nothing: it has none.
std::optional<repo::Identity> find_identity(Context& context);
// The same, founded by the current account when there is none; says so.
repo::Identity need_identity(Context& context);

// A folder's name as a repository's: "my project!" -> "my-project".
std::string repository_name_of(const std::filesystem::path& folder);

}  // namespace ain::cli
