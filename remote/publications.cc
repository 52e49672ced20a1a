#include "remote/publications.h"

#include "base/encoding.h"
#include "base/ids.h"
#include "ledger/limits.h"
#include "ledger/wire.h"
#include "repo/copies/leaf_index.h"

namespace ain::remote {
namespace {

constexpr size_t kHashBytes = 8, kNumberBytes = 4;
constexpr size_t kPlacesMax = repo::kPlacesPerLineageMax * repo::kCommonsLineages;  // of one fingerprint

void put_big_endian(std::string& bytes, uint64_t number, size_t count) {
  for (size_t i = count; i-- > 0;) bytes.push_back(static_cast<char>(number >> 8 * i & 0xff));
}

uint64_t big_endian(std::string_view bytes) {
  uint64_t number = 0;
  for (const char byte : bytes) number = number << 8 | static_cast<unsigned char>(byte);
  return number;
}

// Items of one size, one after the other.
std::string read_items(ObjectReader& reader, const char* name, size_t item_bytes, size_t items_max) {
  const auto bytes = base64url_decode(reader.string(name, (item_bytes * items_max * 4 + 2) / 3));
  if (!bytes || bytes->size() % item_bytes != 0) reader.fail_member(name, fmt::format("is not at most {} items of {} bytes", items_max, item_bytes));
  return *bytes;
}

Json to_json(const repo::Publication& publication) {
  return {{"repository", publication.repository}, {"lineage", publication.lineage},     {"commit", publication.commit},
          {"since_ms", publication.since_ms},     {"published", publication.published}, {"digest", to_hex(publication.digest)}};
}

repo::Publication publication_from_json(const Json& value) {
  ObjectReader reader(value, "a publication");
  repo::Publication publication;
  publication.repository = ledger::read_repository(reader, "repository").text();
  publication.lineage = ledger::read_account(reader, "lineage").text();
  publication.commit = ledger::read_object_id(reader, "commit");
  publication.since_ms = reader.integer("since_ms", 0, ledger::kTimeMaxMs);
  publication.published = reader.integer("published", 1, ledger::kTimeMaxMs);
  publication.digest = ledger::read_digest(reader, "digest");
  reader.finish();
  return publication;
}

// Pairs: the number of a fingerprint in the question, and of a publication in the answer.
std::string pairs_of(const std::vector<std::vector<uint32_t>>& of) {
  std::string bytes;
  for (uint32_t fingerprint = 0; fingerprint < of.size(); ++fingerprint) {
    for (const uint32_t publication : of[fingerprint]) {
      put_big_endian(bytes, fingerprint, kNumberBytes);
      put_big_endian(bytes, publication, kNumberBytes);
    }
  }
  return bytes;
}

}  // namespace

Json to_json(const HoldersQuery& query) {
  std::string bytes;
  for (const uint64_t hash : query.fingerprints) put_big_endian(bytes, hash, kHashBytes);
  return {{"fingerprints", base64url_encode(bytes)}, {"until", query.until}};
}

HoldersQuery holders_query_from_json(const Json& value) {
  ObjectReader reader(value, "the question");
  HoldersQuery query;
  const std::string hashes = read_items(reader, "fingerprints", kHashBytes, repo::kAskedFingerprintsMax);
  for (size_t at = 0; at < hashes.size(); at += kHashBytes) query.fingerprints.push_back(big_endian(std::string_view(hashes).substr(at, kHashBytes)));
  query.until = reader.integer("until", 0, ledger::kTimeMaxMs);
  reader.finish();
  return query;
}

Json to_json(const std::optional<repo::Holders>& answer) {
  if (!answer) return {{"ask_for_fewer", true}};
  Json publications = Json::array();
  for (const repo::Publication& one : answer->publications) publications.push_back(to_json(one));
  return {{"publications", std::move(publications)}, {"holders", base64url_encode(pairs_of(answer->of))}};
}

std::optional<repo::Holders> holders_from_json(const Json& value, const HoldersQuery& query) {
  ObjectReader reader(value, "the ledger's answer");
  if (reader.has("ask_for_fewer")) return std::nullopt;
  repo::Holders holders;
  for (const Json& item : reader.array("publications", repo::kAnsweredPublicationsMax + kPlacesMax)) {
    holders.publications.push_back(publication_from_json(item));
    if (holders.publications.back().published > query.until) reader.fail_member("publications", "were not there by then");
  }
  const std::string pairs = read_items(reader, "holders", 2 * kNumberBytes, query.fingerprints.size() * kPlacesMax);
  holders.of.resize(query.fingerprints.size());
  for (size_t at = 0; at < pairs.size(); at += 2 * kNumberBytes) {
    const uint64_t fingerprint = big_endian(std::string_view(pairs).substr(at, kNumberBytes));
    const uint64_t publication = big_endian(std::string_view(pairs).substr(at + kNumberBytes, kNumberBytes));
    if (fingerprint >= holders.of.size() || publication >= holders.publications.size()) reader.fail_member("holders", "name what is not there");
    holders.of[fingerprint].push_back(static_cast<uint32_t>(publication));
  }
  reader.finish();
  return holders;
}

Json digests_json(std::span<const Digest> digests) {
  std::string bytes;
  for (const Digest& digest : digests) bytes += as_view(digest);
  return {{"digests", base64url_encode(bytes)}};
}

std::vector<Digest> digests_from_json(const Json& value) {
  ObjectReader reader(value, "the question");
  const std::string bytes = read_items(reader, "digests", sizeof(Digest), repo::kAskedLeavesMax);
  reader.finish();
  std::vector<Digest> digests;
  for (size_t at = 0; at < bytes.size(); at += sizeof(Digest)) digests.push_back(*to_array<32>(bytes.substr(at, sizeof(Digest))));
  return digests;
}

Json leaves_json(const std::vector<std::string>& leaves) {
  Json list = Json::array();
  for (const std::string& leaf : leaves) list.push_back(base64url_encode(leaf));
  return {{"leaves", std::move(list)}};
}

std::vector<std::string> leaves_from_json(const Json& value, std::span<const Digest> digests) {
  ObjectReader reader(value, "the ledger's answer");
  std::vector<std::string> leaves;
  for (const Json& item : reader.array("leaves", digests.size())) {
    const auto leaf = item.is_string() ? base64url_decode(item.get_ref<const std::string&>()) : std::nullopt;
    if (!leaf || sha256(*leaf) != digests[leaves.size()]) reader.fail_member("leaves", "holds another than was asked for");
    leaves.push_back(*leaf);
  }
  reader.finish();
  if (leaves.size() != digests.size()) reader.fail_member("leaves", "lacks some");
  return leaves;
}

}  // namespace ain::remote
