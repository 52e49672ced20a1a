#include "cli/registration.h"

#include "base/encoding.h"
#include "base/text.h"
#include "cli/publishing.h"
#include "cli/walk_progress.h"
#include "exec/attribution.h"
#include "repo/authorship.h"

namespace ain::cli {
namespace {

// Something to register, and what it is to people.
struct Item {
  ledger::Body body;
  std::string what;
};

void add_identity(Context& context, const repo::Identity& identity, const std::optional<ledger::RepositoryState>& known,
                  std::vector<Item>& items) {
  const int64_t from = known ? known->revision + 1 : 0;
  if (from > identity.revision) return;
  for (repo::SignedRevision& revision : repo::identity_revisions(context.repository(), from)) {
    items.push_back({ledger::RepositoryRegister{std::move(revision.document), std::move(revision.signatures)}, "the identity"});
  }
}

// The author's word about who wrote what, against which executor and provider hold their own reckoning.
void add_attribution(Context& context, const repo::Identity& identity, const repo::ObjectId& head, std::vector<Item>& items) {
  WalkProgress progress(context.out);
  const Attribution attribution = exec::attribution_of(context.repository(), identity, head, context.network().genesis.royalty_ppm,
                                                       remote::seen_on(context.ledger()), progress.report());
  if (attribution.payees.empty() || context.ledger().attribution(attribution.digest())) return;
  items.push_back({ledger::AttributionRegister{attribution}, fmt::format("who wrote {}", head.substr(0, 7))});
}

void add_anchor(Context& context, const repo::Identity& identity, const std::optional<ledger::RepositoryState>& known, const Pushed& pushed,
                std::vector<Item>& items) {
  if (!pushed.is_default_branch || (known && known->commit == pushed.head)) return;
  items.push_back({ledger::Anchor{identity.id, (known ? known->anchors : 0) + 1, pushed.head, context.repository().tree_of(pushed.head)},
                   "where the branch stands"});
}

// The root of what was shown, so that it is known who was first, and what fits of it.
size_t add_fingerprints(Context& context, const repo::Identity& identity, const Pushed& pushed, std::vector<Item>& items) {
  WalkProgress progress(context.out);
  const repo::ClaimTree tree = repo::claim_of(context.repository(), identity, pushed.head, progress.report());
  const repo::FingerprintClaim& claim = tree.claim();
  if (claim.count == 0) return 0;
  if (context.out.verbose()) {
    context.out.say("{} leaves, root {}, specification {}", claim.count, to_hex(claim.root), to_hex(claim.specification));
  }
  if (!context.ledger().fingerprints(identity.id, pushed.head)) {
    items.push_back({ledger::FingerprintRegister{identity.id, pushed.head, claim.specification, claim.root, static_cast<int64_t>(claim.count)},
                     "its fingerprints"});
  }
  Unpublished rest = unpublished(context, identity, pushed.head, tree, kPublishedAPushBytesMax);
  for (ledger::FingerprintPublish& leaf : rest.leaves) items.push_back({std::move(leaf), "the code by which copies are found"});
  return rest.left;
}

}  // namespace

void register_on_ledger(Context& context, const repo::Identity& identity, const Pushed& pushed) {
  if (!identity.is_delegate(account_of(context.signer()->public_key()))) return;
  try {
    const auto known = context.ledger().repository(identity.id);
    std::vector<Item> items;
    add_identity(context, identity, known, items);
    add_attribution(context, identity, pushed.head, items);
    add_anchor(context, identity, known, pushed, items);
    const size_t left = add_fingerprints(context, identity, pushed, items);
    std::vector<ledger::Body> bodies;
    std::vector<std::string> whats;
    for (Item& item : items) {
      if (whats.empty() || whats.back() != item.what) whats.push_back(item.what);
      bodies.push_back(std::move(item.body));
    }
    send_bodies(context, bodies);
    if (!items.empty()) context.out.say("registered on network '{}': {}", context.network().name, join(whats, ", "));
    if (left > 0) {
      context.out.say("{} of its pieces are not published yet; whoever copies them is paid for them until: ain ledger publish", left);
    }
  } catch (const Error& error) {
    context.out.say("not registered on the ledger: {}", error.message());
  }
}

}  // namespace ain::cli
