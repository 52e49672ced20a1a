#include "repo/copies/first_seen.h"

#include <algorithm>
#include <set>
#include <tuple>

#include "repo/copies/seen_tables.h"

namespace ain::repo {

std::span<const SeenAt> SeenTables::seen_at(uint64_t hash) const {
  const auto found = fingerprints.find(hash);
  return found == fingerprints.end() ? std::span<const SeenAt>() : found->second;
}

bool SeenTables::is_commons(std::span<const SeenAt> seen) const {
  std::set<std::string_view> lineages;
  for (const SeenAt& one : seen) lineages.insert(places[one.place].lineage);
  return lineages.size() >= kCommonsLineages;
}

// What its repository has shown before keeps its older place, in whatever file and commit that is.
void SeenTables::add(SeenPlace place) {
  const auto number = static_cast<uint32_t>(places.size());
  const SeenPlace& added = places.emplace_back(std::move(place));
  for (const Fingerprint& fingerprint : added.fingerprints) {
    std::vector<SeenAt>& seen = fingerprints[fingerprint.hash];
    const auto count = [&](auto is_it) { return std::count_if(seen.begin(), seen.end(), [&](const SeenAt& one) { return is_it(places[one.place]); }); };
    if (count([&](const SeenPlace& one) { return one.repository == added.repository; }) > 0) continue;
    if (count([&](const SeenPlace& one) { return one.lineage == added.lineage; }) >= kPlacesPerLineageMax || is_commons(seen)) continue;
    seen.push_back({number, fingerprint.at});
  }
}

FirstSeen::FirstSeen(std::vector<Publication> publications) : tables_(std::make_unique<SeenTables>()) {
  std::stable_sort(publications.begin(), publications.end(), [](const Publication& a, const Publication& b) {
    return std::tie(a.since_ms, a.published_ms) < std::tie(b.since_ms, b.published_ms);
  });
  for (Publication& one : publications) {
    auto leaf = unpack_leaf(one.leaf);
    if (!leaf) continue;
    std::vector<Fingerprint> fingerprints = winnow(leaf->tokens);
    tables_->add({std::move(one.repository), std::move(one.lineage), std::move(one.commit), *std::move(leaf), std::move(fingerprints)});
  }
}

FirstSeen::~FirstSeen() = default;
FirstSeen::FirstSeen(FirstSeen&&) noexcept = default;
FirstSeen& FirstSeen::operator=(FirstSeen&&) noexcept = default;

}  // namespace ain::repo
