// Published leaves as they are asked for over HTTP: what was published by a moment, and has a fingerprint of the asker's code.
#pragma once

#include <cstdint>
#include <vector>

#include "base/json.h"
#include "repo/copies/publication.h"

namespace ain::remote {

struct PublishedQuery {
  std::vector<uint64_t> fingerprints;   // at most repo::kAskedFingerprintsMax
  std::vector<Digest> held;             // leaves that the asker has: at most repo::kHeldLeavesMax
  int64_t until_ms = 0;
};

Json to_json(const PublishedQuery& query);
PublishedQuery published_query_from_json(const Json& value);      // throws `failed`
Json to_json(const repo::Publication& publication);
repo::Publication publication_from_json(const Json& value);       // throws `failed`

}  // namespace ain::remote
