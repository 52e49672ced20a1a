#include "remote/publications.h"

#include "base/encoding.h"
#include "base/ids.h"
#include "ledger/wire.h"
#include "repo/copies/leaf_index.h"

namespace ain::remote {
namespace {

constexpr size_t kHashBytes = 8;

std::string bytes_of(const std::vector<uint64_t>& hashes) {
  std::string bytes;
  bytes.reserve(hashes.size() * kHashBytes);
  for (const uint64_t hash : hashes) {
    for (int shift = 56; shift >= 0; shift -= 8) bytes.push_back(static_cast<char>(hash >> shift & 0xff));
  }
  return bytes;
}

uint64_t hash_at(std::string_view bytes) {
  uint64_t hash = 0;
  for (size_t i = 0; i < kHashBytes; ++i) hash = hash << 8 | static_cast<unsigned char>(bytes[i]);
  return hash;
}

// Items of one size, one after the other.
std::string read_items(ObjectReader& reader, const char* name, size_t item_bytes, size_t items_max) {
  const auto bytes = base64url_decode(reader.string(name, (item_bytes * items_max * 4 + 2) / 3));
  if (!bytes || bytes->size() % item_bytes != 0) reader.fail_member(name, fmt::format("is not at most {} items of {} bytes", items_max, item_bytes));
  return *bytes;
}

}  // namespace

Json to_json(const PublishedQuery& query) {
  std::string held;
  for (const Digest& digest : query.held) held += as_view(digest);
  return {{"fingerprints", base64url_encode(bytes_of(query.fingerprints))}, {"held", base64url_encode(held)}, {"until_ms", query.until_ms}};
}

PublishedQuery published_query_from_json(const Json& value) {
  ObjectReader reader(value, "the question");
  PublishedQuery query;
  const std::string hashes = read_items(reader, "fingerprints", kHashBytes, repo::kAskedFingerprintsMax);
  for (size_t at = 0; at < hashes.size(); at += kHashBytes) query.fingerprints.push_back(hash_at(std::string_view(hashes).substr(at)));
  const std::string held = read_items(reader, "held", sizeof(Digest), repo::kHeldLeavesMax);
  for (size_t at = 0; at < held.size(); at += sizeof(Digest)) query.held.push_back(*to_array<32>(held.substr(at, sizeof(Digest))));
  query.until_ms = reader.integer("until_ms", 0, INT64_MAX);
  reader.finish();
  return query;
}

Json to_json(const repo::Publication& publication) {
  return {{"repository", publication.repository}, {"lineage", publication.lineage},           {"commit", publication.commit},
          {"since_ms", publication.since_ms},     {"published_ms", publication.published_ms}, {"digest", to_hex(publication.digest)},
          {"leaf", base64url_encode(publication.leaf)}};
}

repo::Publication publication_from_json(const Json& value) {
  ObjectReader reader(value, "a publication");
  repo::Publication publication;
  publication.repository = ledger::read_repository(reader, "repository").text();
  publication.lineage = ledger::read_account(reader, "lineage").text();
  publication.commit = ledger::read_object_id(reader, "commit");
  publication.since_ms = reader.integer("since_ms", 0, INT64_MAX);
  publication.published_ms = reader.integer("published_ms", 0, INT64_MAX);
  publication.digest = ledger::read_digest(reader, "digest");
  publication.leaf = read_items(reader, "leaf", 1, repo::kLeafBytesMax);
  reader.finish();
  if (!publication.leaf.empty() && sha256(publication.leaf) != publication.digest) reader.fail_member("leaf", "is another one than its digest says");
  return publication;
}

}  // namespace ain::remote
