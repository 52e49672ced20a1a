#include "cli/registration.h"

#include "base/text.h"
#include "cli/walk_progress.h"
#include "exec/attribution.h"

namespace ain::cli {
namespace {

// Of the bodies in one transaction, whose envelope is a third longer and holds more.
constexpr size_t kBatchBytesMax = ledger::kEnvelopeBytesMax / 2;

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
                                                       remote::registered_in(context.ledger()), progress.report());
  if (attribution.payees.empty() || context.ledger().attribution(attribution.digest())) return;
  items.push_back({ledger::AttributionRegister{attribution}, fmt::format("who wrote {}", head.substr(0, 7))});
}

void add_anchor(Context& context, const repo::Identity& identity, const std::optional<ledger::RepositoryState>& known, const Pushed& pushed,
                std::vector<Item>& items) {
  if (!pushed.is_default_branch || (known && known->commit == pushed.head)) return;
  items.push_back({ledger::Anchor{identity.id, (known ? known->anchors : 0) + 1, pushed.head, context.repository().tree_of(pushed.head)},
                   "where the branch stands"});
}

void add_fingerprints(Context& context, const repo::Identity& identity, const Pushed& pushed, std::vector<Item>& items) {
  if (!pushed.fingerprints || pushed.fingerprints->count == 0) return;
  if (context.ledger().fingerprints(identity.id, pushed.head)) return;
  const repo::FingerprintClaim& claim = *pushed.fingerprints;
  items.push_back({ledger::FingerprintRegister{identity.id, pushed.head, claim.specification, claim.root, static_cast<int64_t>(claim.count)},
                   "its fingerprints"});
}

void send(Context& context, const std::vector<Item>& items) {
  for (size_t begin = 0; begin < items.size();) {
    ledger::Batch batch;
    size_t bytes = 0, end = begin;
    while (end < items.size() && batch.items.size() < ledger::kBatchItemsMax) {
      bytes += canonical(ledger::body_json(items[end].body)).size();
      if (end > begin && bytes > kBatchBytesMax) break;
      batch.items.push_back(items[end++].body);
    }
    const ledger::Applied applied = batch.items.size() == 1 ? context.author().try_send(batch.items.front()) : context.author().try_send(batch);
    if (applied.refusal != ledger::Refusal::none) remote::fail_refused(applied);
    begin = end;
  }
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
    add_fingerprints(context, identity, pushed, items);
    if (items.empty()) return;
    send(context, items);
    std::vector<std::string> whats;
    for (const Item& item : items) {
      if (whats.empty() || whats.back() != item.what) whats.push_back(item.what);
    }
    context.out.say("registered on network '{}': {}", context.network().name, join(whats, ", "));
  } catch (const Error& error) {
    context.out.say("not registered on the ledger: {}", error.message());
  }
}

}  // namespace ain::cli
