#include <algorithm>

#include "base/encoding.h"
#include "base/error.h"
#include "base/merkle.h"
#include "cli/context.h"
#include "cli/money_view.h"
#include "cli/repository_setup.h"
#include "cli/walk_progress.h"
#include "exec/attribution.h"

namespace ain::cli {
namespace {

std::string payee_named(Context& context) {
  const auto text = context.options.text("PAYEE");
  if (!text) return context.account().id.text();
  if (is_payee_id(*text)) return *text;
  return text->find('@') != text->npos ? unclaimed_payee(*text) : account_named(context.accounts(), *text).text();
}

// The tree with its commits says who is in the pool, and where: the ledger has only its root.
ledger::PoolDraw draw_of(const exec::Pooled& pooled, const std::string& payee) {
  const auto& payees = pooled.payees;
  const auto found = std::find_if(payees.begin(), payees.end(), [&](const Payee& each) { return each.id == payee; });
  if (found == payees.end()) {
    const auto& direct = pooled.attribution.payees;
    const bool paid_directly = std::any_of(direct.begin(), direct.end(), [&](const Payee& each) { return each.id == payee; });
    fail_with_hint(ErrorKind::refused, "see who is paid: ain authors", "'{}' {}", payee,
                   paid_directly ? "is paid directly: there is nothing to draw" : "is none of those who are paid from a pool for that commit");
  }
  std::vector<Digest> leaves;
  for (const Payee& each : payees) leaves.push_back(pool_leaf(each));
  const auto index = found - payees.begin();
  return {pooled.attribution.digest(), *found, index, merkle_path(leaves, static_cast<uint64_t>(index))};
}

// As it comes out now, or came out when a delegate registered it: what others publish later makes another attribution, and another pool.
exec::Pooled registered_pool(Context& context, const repo::Identity& identity, const repo::ObjectId& commit) {
  WalkProgress progress(context.out);
  remote::LedgerClient& ledger = context.ledger();
  const auto pooled = [&](int64_t until) {
    return exec::pooled_attribution_of(context.repository(), identity, commit, context.network().genesis.royalty_ppm,
                                       remote::seen_on(ledger, until), progress.report());
  };
  if (const auto until = context.options.integer("as-of", 0, ledger::kTimeMaxMs)) return pooled(*until);
  const exec::Pooled now = pooled(ledger::kTimeMaxMs);
  if (ledger.attribution(now.attribution.digest())) return now;
  for (const repo::Delegate& delegate : identity.delegates) {
    for (const auto& theirs : ledger.attributions_by(account_of(delegate.key), now.attribution.repository, now.attribution.tree)) {
      exec::Pooled then = pooled(remote::log_size_before(ledger, theirs.registered_ms));
      if (then.attribution.digest() == theirs.attribution.digest()) return then;
    }
  }
  return now;
}

int run(Context& context) {
  repo::Repository& repository = context.repository();
  const repo::Identity identity = need_identity(context);
  const std::string payee = payee_named(context);
  const repo::ObjectId commit = repository.resolve_commit(context.options.text_or("commit", "HEAD"));
  const ledger::Applied applied = context.sender().send(draw_of(registered_pool(context, identity, commit), payee));
  print_applied(context.out, applied);
  context.out.say("'{}' has what the pool owed it by now: ain ledger show {}", payee, to_hex(applied.txid).substr(0, 12));
  return 0;
}

void declare(Declaration& options) {
  options.positional("PAYEE", "whose part: an account, or an e-mail that nobody has claimed (default: yours)", false)
      .value("commit", 0, "COMMIT", "of the attribution of this commit (default: HEAD)")
      .value("as-of", 0, "INDEX", "as the attribution came out when the ledger's log was so long: at the 'index' of the run's escrow");
}

}  // namespace

extern const Command ledger_draw_command;
const Command ledger_draw_command = {.name = "ledger draw",
                                     .group = Group::money,
                                     .summary = "Take what the pool of a repository with many authors owes you",
                                     .needs = {.repository = true, .account = true, .network = true},
                                     .declare = declare,
                                     .run = run};

}  // namespace ain::cli
