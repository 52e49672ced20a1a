#include "cli/publishing.h"

#include <algorithm>
#include <map>
#include <set>

#include "repo/copies/winnow.h"

namespace ain::cli {
namespace {

static_assert(repo::kLeafBytesMax <= ledger::kLeafBytesMax);

// Of the bodies in one transaction, whose envelope is a third longer and holds more.
constexpr size_t kBatchBytesMax = ledger::kEnvelopeBytesMax / 2;

std::set<uint64_t> fingerprints_of(std::string_view packed) {
  std::set<uint64_t> hashes;
  const auto leaf = repo::unpack_leaf(packed);
  if (!leaf) return hashes;
  for (const repo::Fingerprint& one : repo::winnow(leaf->tokens)) hashes.insert(one.hash);
  return hashes;
}

// What the repository has published already, of the code that these leaves have.
std::set<uint64_t> published_by(Context& context, const repo::Identity& identity, const std::vector<std::string>& leaves) {
  std::set<uint64_t> asked;
  std::vector<Digest> held;
  std::map<Digest, const std::string*> here;
  for (const std::string& leaf : leaves) {
    asked.merge(fingerprints_of(leaf));
    held.push_back(sha256(leaf));
    here.emplace(held.back(), &leaf);
  }
  const repo::Publications published = remote::seen_on(context.ledger()).published;
  std::set<uint64_t> known;
  if (published.newest_ms == 0) return known;
  const std::vector<uint64_t> list(asked.begin(), asked.end());
  for (const repo::Publication& one : published.holding(list, held)) {
    if (one.repository != identity.id.text()) continue;
    const auto found = here.find(one.digest);
    known.merge(fingerprints_of(found == here.end() ? std::string_view(one.leaf) : *found->second));
  }
  return known;
}

}  // namespace

Unpublished unpublished(Context& context, const repo::Identity& identity, const repo::ObjectId& commit, const repo::ClaimTree& claim,
                        size_t bytes_max) {
  Unpublished result;
  const std::vector<std::string>& leaves = claim.leaves();
  const std::set<uint64_t> known = published_by(context, identity, leaves);
  size_t bytes = 0;
  for (size_t i = 0; i < leaves.size(); ++i) {
    const std::set<uint64_t> hashes = fingerprints_of(leaves[i]);
    if (std::all_of(hashes.begin(), hashes.end(), [&](uint64_t hash) { return known.contains(hash); })) continue;
    if (bytes + leaves[i].size() > bytes_max) {
      ++result.left;
      continue;
    }
    bytes += leaves[i].size();
    result.leaves.push_back({identity.id, commit, leaves[i], static_cast<int64_t>(i), claim.path(i)});
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
