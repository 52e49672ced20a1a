#include "cli/repository_setup.h"

#include <algorithm>
#include <cctype>

#include "base/error.h"
#include "cli/git.h"
#include "repo/commits.h"

namespace ain::cli {
namespace {

constexpr size_t kRepositoryNameMax = 64;
constexpr const char* kIdentityRefspec = "refs/ain/identity:refs/ain/identity";

}  // namespace

std::string repository_name_of(const std::filesystem::path& folder) {
  std::string name;
  for (const char c : folder.filename().string()) {
    const bool fits = std::isalnum(static_cast<unsigned char>(c)) || c == '.' || c == '_' || c == '-';
    if (fits) name += c;
    else if (!name.empty() && name.back() != '-') name += '-';
  }
  while (!name.empty() && (name.front() == '.' || name.front() == '-')) name.erase(0, 1);
  name.resize(std::min(name.size(), kRepositoryNameMax));
  while (!name.empty() && name.back() == '-') name.pop_back();
  return name.empty() ? "repository" : name;
}

void set_up_signing(repo::Repository& repository, const Account& account) {
  repository.set_config("gpg.format", "ssh");
  repository.set_config("user.signingkey", account.key_file.string());
  repository.set_config("commit.gpgsign", "true");
  repo::allow_signer(repository, account.key, account.name);
}

void allow_delegates(repo::Repository& repository, const repo::Identity& identity) {
  for (const repo::Delegate& delegate : identity.delegates) {
    // A name that a stranger chose is taken only when it cannot be anything but a name.
    const bool plain = is_account_name(delegate.name);
    repo::allow_signer(repository, delegate.key, plain ? delegate.name : account_of(delegate.key).text());
  }
}

void set_up_origin(repo::Repository& repository, const RepositoryId& id) {
  if (repository.config("remote.origin.url")) return;
  const auto folder = repository.git_folder();
  git_output({"remote", "add", "origin", repo::repository_url(id)}, folder);
  git_output({"config", "--add", "remote.origin.fetch", kIdentityRefspec}, folder);
}

std::string theirs_reference(const std::string& remote) { return fmt::format("refs/ain/remotes/{}/identity", remote); }

std::optional<repo::Identity> find_identity(Context& context) {
  repo::Repository& repository = context.repository();
  if (auto identity = repo::read_identity(repository)) return identity;
  const auto origin = repository.config("remote.origin.url");
  const auto id = origin ? repo::parse_repository_url(*origin) : std::nullopt;
  if (!id) return std::nullopt;
  context.out.say("fetching the repository's identity from 'origin'");
  git_output({"fetch", "--quiet", "origin", kIdentityRefspec}, repository.git_folder());
  auto identity = repo::read_identity(repository);
  if (!identity || identity->id != *id) {
    fail(ErrorKind::bad_signature, "what 'origin' calls '{}' has another identity", *origin);
  }
  return identity;
}

repo::Identity need_identity(Context& context) {
  if (auto identity = find_identity(context)) return *identity;
  repo::Repository& repository = context.repository();
  const Account& account = context.account();
  const auto folder = repository.work_folder().empty() ? repository.git_folder() : repository.work_folder();
  // work_folder() may end in a slash, whose filename() is empty.
  const auto named = folder.filename().empty() ? folder.parent_path() : folder;
  repo::Identity identity = repo::create_identity(repository, repository_name_of(named),
                                                  {account.name, account.key}, *context.signer());
  context.out.say("this repository is now '{}', {}", identity.name, repo::repository_url(identity.id));
  return identity;
}

}  // namespace ain::cli
