#include "cli/publishing.h"

#include <algorithm>
#include <set>

#include "repo/copies/winnow.h"

namespace ain::cli {
namespace {

static_assert(repo::kLeafBytesMax <= ledger::kLeafBytesMax);

// Of the bodies in one transaction, whose envelope is a third longer and holds more.
constexpr size_t kBatchBytesMax = ledger::kEnvelopeBytesMax / 2;

// Rising.
std::vector<uint64_t> fingerprints_of(std::string_view packed) {
  const auto leaf = repo::unpack_leaf(packed);
  return leaf ? repo::fingerprint_hashes(leaf->tokens) : std::vector<uint64_t>();
}

// Of these fingerprints those of which more from this repository would say nothing new, by what is published.
std::set<uint64_t> known_of(Context& context, const std::string& repository, const std::vector<std::string>& leaves) {
  std::set<uint64_t> asked, known;
  for (const std::string& leaf : leaves) {
    for (const uint64_t hash : fingerprints_of(leaf)) asked.insert(hash);
  }
  const repo::Publications published = remote::seen_on(context.ledger()).published;
  if (published.newest == 0) return known;
  const std::vector<uint64_t> list(asked.begin(), asked.end());
  const repo::Holders holders = published.holders(list);
  for (size_t i = 0; i < list.size(); ++i) {
    const auto is_own = [&](uint32_t number) { return holders.publications[number].repository == repository; };
    if (std::any_of(holders.of[i].begin(), holders.of[i].end(), is_own) || holders.is_commons(i)) known.insert(list[i]);
  }
  return known;
}

}  // namespace

Unpublished unpublished(Context& context, const repo::Identity& identity, const repo::ObjectId& commit, const repo::ClaimTree& claim,
                        size_t bytes_max) {
  Unpublished result;
  const std::vector<std::string>& leaves = claim.leaves();
  const std::set<uint64_t> known = known_of(context, identity.id.text(), leaves);
  const std::vector<int64_t> there = context.ledger().published_places(identity.id, commit);
  size_t bytes = 0;
  for (size_t i = 0; i < leaves.size(); ++i) {
    const auto place = static_cast<int64_t>(i);
    const std::vector<uint64_t> hashes = fingerprints_of(leaves[i]);
    const bool says_new = !std::all_of(hashes.begin(), hashes.end(), [&](uint64_t hash) { return known.contains(hash); });
    if (!says_new || std::binary_search(there.begin(), there.end(), place)) continue;
    if (bytes + leaves[i].size() > bytes_max) {
      ++result.left;
      continue;
    }
    bytes += leaves[i].size();
    result.leaves.push_back({identity.id, commit, leaves[i], place, claim.path(i)});
  }
  return result;
}

void send_bodies(Context& context, const std::vector<ledger::Body>& bodies) {
  for (size_t begin = 0; begin < bodies.size();) {
    ledger::Batch batch;
    size_t bytes = 0, end = begin;
    while (end < bodies.size() && batch.items.size() < ledger::kBatchItemsMax) {
      bytes += canonical(ledger::body_json(bodies[end])).size();
      if (end > begin && bytes > kBatchBytesMax) break;
      batch.items.push_back(bodies[end++]);
    }
    const ledger::Applied applied = batch.items.size() == 1 ? context.author().try_send(batch.items.front()) : context.author().try_send(batch);
    if (applied.refusal != ledger::Refusal::none) remote::fail_refused(applied);
    begin = end;
  }
}

}  // namespace ain::cli
