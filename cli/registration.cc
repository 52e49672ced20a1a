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

repo::ClaimTree tree_of(Context& context, const repo::Identity& identity, const repo::ObjectId& head) {
  WalkProgress progress(context.out);
  repo::ClaimTree tree = repo::claim_of(context.repository(), identity, head, progress.report());
  if (context.out.verbose()) {
    context.out.say("{} leaves, root {}, specification {}", tree.claim().count, to_hex(tree.claim().root), to_hex(tree.claim().specification));
  }
  return tree;
}

void send_and_tell(Context& context, std::vector<Item> items) {
  std::vector<ledger::Body> bodies;
  std::vector<std::string> whats;
  for (Item& item : items) {
    if (whats.empty() || whats.back() != item.what) whats.push_back(std::move(item.what));
    bodies.push_back(std::move(item.body));
  }
  if (bodies.empty()) return;
  send_bodies(context, bodies);
  context.out.say("registered on network '{}': {}", context.network().name, join(whats, ", "));
}

// In transactions of their own: one that somebody else has published meanwhile keeps nothing else back.
void publish(Context& context, const repo::Identity& identity, const repo::ObjectId& head, const repo::ClaimTree& tree) {
  const Unpublished rest = unpublished(context, identity, head, tree, kPublishedAPushBytesMax);
  if (!rest.leaves.empty()) {
    send_bodies(context, {rest.leaves.begin(), rest.leaves.end()});
    context.out.say("published by what code copies are found: {} {}", rest.leaves.size(), rest.leaves.size() == 1 ? "piece" : "pieces");
  }
  if (rest.left > 0) {
    context.out.say("{} of its pieces are not published yet; whoever copies them is paid for them until: ain ledger publish", rest.left);
  }
}

bool speaks_for(Context& context, const repo::Identity& identity) { return identity.is_delegate(account_of(context.signer()->public_key())); }

}  // namespace

std::optional<repo::ClaimTree> register_root(Context& context, const repo::Identity& identity, const repo::ObjectId& head) {
  if (!speaks_for(context, identity)) return std::nullopt;
  std::optional<repo::ClaimTree> tree;
  try {
    if (context.ledger().fingerprints(identity.id, head)) return tree;
    tree = tree_of(context, identity, head);
    const repo::FingerprintClaim& claim = tree->claim();
    if (claim.count == 0) return tree;
    std::vector<Item> items;
    add_identity(context, identity, context.ledger().repository(identity.id), items);
    items.push_back({ledger::FingerprintRegister{identity.id, head, claim.specification, claim.root, static_cast<int64_t>(claim.count)},
                     "the fingerprints of " + head.substr(0, 7)});
    send_and_tell(context, std::move(items));
  } catch (const Error& error) {
    context.out.say("its fingerprints are not registered on the ledger: {}", error.message());
  }
  return tree;
}

void register_on_ledger(Context& context, const repo::Identity& identity, const Pushed& pushed, const std::optional<repo::ClaimTree>& tree) {
  if (!speaks_for(context, identity)) return;
  try {
    const auto known = context.ledger().repository(identity.id);
    std::vector<Item> items;
    add_identity(context, identity, known, items);
    add_attribution(context, identity, pushed.head, items);
    add_anchor(context, identity, known, pushed, items);
    send_and_tell(context, std::move(items));
    if (!context.ledger().fingerprints(identity.id, pushed.head)) return;
    publish(context, identity, pushed.head, tree ? *tree : tree_of(context, identity, pushed.head));
  } catch (const Error& error) {
    context.out.say("not registered on the ledger: {}", error.message());
  }
}

}  // namespace ain::cli
