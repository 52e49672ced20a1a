#include "base/error.h"
#include "cli/context.h"
#include "cli/first_seen.h"
#include "cli/git.h"
#include "cli/walk_progress.h"
#include "cli/repository_setup.h"
#include "exec/attribution.h"

namespace ain::cli {
namespace {

constexpr const char* kIdentityRefspec = "refs/ain/identity:refs/ain/identity";

// The author's word on the ledger about who wrote what, against which executor and provider hold their own reckoning. The push stands
// without it.
void register_authorship(Context& context, const repo::Identity& identity) {
  repo::Repository& repository = context.repository();
  const auto head = repository.head_commit();
  if (!head || !identity.is_delegate(account_of(context.signer()->public_key()))) return;
  try {
    WalkProgress progress(context.out);
    const Attribution attribution = exec::attribution_of(repository, identity, *head, context.network().genesis.royalty_ppm,
                                                         remote::registered_in(context.ledger()), progress.report());
    if (attribution.payees.empty() || context.ledger().attribution(attribution.digest())) return;
    const ledger::Applied applied = context.sender().try_send(ledger::AttributionRegister{attribution});
    if (applied.refusal != ledger::Refusal::none && applied.refusal != ledger::Refusal::exists) remote::fail_refused(applied);
    context.out.say("registered who wrote {} on network '{}'", head->substr(0, 7), context.network().name);
  } catch (const Error& error) {
    context.out.say("not registered on the ledger: {}", error.message());
  }
}

bool git_succeeds(const std::vector<std::string>& arguments) {
  try {
    git_output(arguments);
    return true;
  } catch (const Error&) {
    return false;
  }
}

// True when our identity holds revisions that the host lacks. When it is the host's that is newer, ours follows it.
bool identity_to_push(repo::Repository& repository, const std::string& remote) {
  const auto ours = repository.reference(repo::kIdentityRef);
  if (!ours) return false;
  const std::string theirs_name = theirs_reference(remote);
  if (!git_succeeds({"fetch", "--quiet", remote, fmt::format("+{}:{}", repo::kIdentityRef, theirs_name)})) {
    return true;  // nothing there yet: the first push brings it
  }
  const auto theirs = repository.reference(theirs_name);
  if (!theirs) return true;
  if (*ours == *theirs) return false;
  if (!git_succeeds({"merge-base", "--is-ancestor", *ours, *theirs})) return true;
  const auto newer = repo::read_identity_at(repository, *theirs);
  const auto known = repo::read_identity(repository);
  if (!newer || !known || newer->id != known->id) {
    fail(ErrorKind::bad_signature, "the identity at '{}' is another repository's", remote);
  }
  repository.set_reference(repo::kIdentityRef, *theirs, "from " + remote);
  allow_delegates(repository, *newer);
  return false;
}

int run(Context& context) {
  repo::Repository& repository = context.repository();
  const Values& options = context.options;
  const std::string remote = options.text_or("REMOTE", "origin");
  const auto url = repository.config(fmt::format("remote.{}.url", remote)).value_or(remote);
  std::vector<std::string> refspecs = options.texts("REFSPEC");
  std::vector<std::string> arguments = {"push"};
  for (const char* flag : {"force", "tags", "all", "dry-run", "delete", "quiet"}) {
    if (options.flag(flag)) arguments.push_back(fmt::format("--{}", flag));
  }
  if (refspecs.empty() && !options.flag("all")) {
    if (!repository.head_commit()) {
      fail_with_hint(ErrorKind::failed, "ain add --all && ain commit -m 'first'", "there is no commit to push yet");
    }
    const std::string branch = repository.head_name();
    if (!repository.reference("refs/heads/" + branch)) {
      fail_with_hint(ErrorKind::usage, fmt::format("ain push {} HEAD:refs/heads/NAME", remote), "there is no branch checked out to push");
    }
    refspecs.push_back(fmt::format("refs/heads/{0}:refs/heads/{0}", branch));
  }
  if (!options.flag("delete")) arguments.emplace_back("--set-upstream");
  if (repo::parse_repository_url(url) && !options.flag("delete")) {
    context.account();
    if (identity_to_push(repository, remote)) refspecs.emplace_back(kIdentityRefspec);
  }
  arguments.push_back(remote);
  arguments.insert(arguments.end(), refspecs.begin(), refspecs.end());
  if (run_git(context, arguments) != 0) return static_cast<int>(ErrorKind::failed);
  const auto identity = repo::read_identity(repository);
  const bool published = repo::parse_repository_url(url) && !options.flag("delete") && !options.flag("dry-run");
  if (published && identity) {
    register_authorship(context, *identity);
    if (const auto head = repository.head_commit()) register_first_seen(context, repository, *identity, *head);
  }
  return 0;
}

void declare(Declaration& options) {
  options.positional("REMOTE", "where to (default: origin)", false)
      .positionals("REFSPEC", "what (default: the branch, and the repository's identity)")
      .flag("force", 'f', "overwrite what is there")
      .flag("tags", 0, "all tags as well")
      .flag("all", 0, "all branches")
      .flag("delete", 'd', "delete the named references there")
      .flag("dry-run", 'n', "only say what would be done");
}

}  // namespace

extern const Command push_command;
const Command push_command = {.name = "push",
                              .group = Group::repository,
                              .summary = "Publish commits on a node that hosts the repository",
                              .needs = {.repository = true},
                              .declare = declare,
                              .run = run};

}  // namespace ain::cli
