// Published leaves as they are asked for over HTTP.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/json.h"
#include "repo/copies/publication.h"

namespace ain::remote {

// Who has these fingerprints, of what was published by then: answered by repo::Holders, or by nothing where the answer would be too long.
struct HoldersQuery {
  std::vector<uint64_t> fingerprints;   // at most repo::kAskedFingerprintsMax
  int64_t until = 0;                    // size of the ledger's log
};
Json to_json(const HoldersQuery& query);
HoldersQuery holders_query_from_json(const Json& value);                   // these all throw `failed`
Json to_json(const std::optional<repo::Holders>& answer);
std::optional<repo::Holders> holders_from_json(const Json& value, const HoldersQuery& query);

Json digests_json(std::span<const Digest> digests);
std::vector<Digest> digests_from_json(const Json& value);                  // at most repo::kAskedLeavesMax
Json leaves_json(const std::vector<std::string>& leaves);
std::vector<std::string> leaves_from_json(const Json& value, std::span<const Digest> digests);  // each is what its digest says

}  // namespace ain::remote
