#include "base/error.h"
#include "cli/context.h"
#include "cli/publishing.h"
#include "cli/repository_setup.h"
#include "cli/walk_progress.h"
#include "repo/authorship.h"

namespace ain::cli {
namespace {

int run(Context& context) {
  const repo::Identity identity = need_identity(context);
  const repo::ObjectId commit = context.repository().resolve_commit(context.options.text_or("REV", "HEAD"));
  const auto registered = context.ledger().fingerprints(identity.id, commit);
  if (!registered) {
    fail_with_hint(ErrorKind::refused, "a delegate registers them: ain push", "no fingerprints of commit '{}' are registered on network '{}'",
                   commit.substr(0, 12), context.network().name);
  }
  std::optional<repo::ClaimTree> tree;
  {
    WalkProgress progress(context.out);
    tree = repo::claim_of(context.repository(), identity, commit, progress.report());
  }
  if (tree->claim().root != registered->registered.root) {
    fail_with_hint(ErrorKind::verification, "fetch the whole history and the identity: ain fetch",
                   "the code of commit '{}' comes out as another than what is registered", commit.substr(0, 12));
  }
  const Unpublished rest = unpublished(context, identity, commit, *tree, SIZE_MAX);
  std::vector<ledger::Body> bodies(rest.leaves.begin(), rest.leaves.end());
  send_bodies(context, bodies);
  const uint64_t count = tree->claim().count;
  if (context.out.json()) context.out.document({{"commit", commit}, {"leaves", count}, {"published", bodies.size()}});
  else if (bodies.empty()) context.out.line("all of commit {} is published already", commit.substr(0, 12));
  else context.out.line("{} of {} pieces of commit {} were not published yet, and are now", bodies.size(), count, commit.substr(0, 12));
  return 0;
}

void declare(Declaration& options) {
  options.positional("REV", "a commit whose fingerprints a push has registered (default: HEAD)", false);
}

}  // namespace

extern const Command ledger_publish_command;
const Command ledger_publish_command = {.name = "ledger publish",
                                        .group = Group::money,
                                        .summary = "Publish by what code copies are found, so that runs of them pay its authors",
                                        .needs = {.repository = true, .account = true, .network = true},
                                        .declare = declare,
                                        .run = run};

}  // namespace ain::cli
