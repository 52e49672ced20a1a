// What a run of a commit pays its authors on top of the provider's price. The terms are the authors' to set: only
// an ain.toml counts that a delegate of the repository has signed, not what an executor changed in it before the run.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/attribution.h"
#include "repo/identity.h"

namespace ain::exec {

inline constexpr size_t kRoyaltyCommitsMax = 10'000;  // looked at for one that a delegate signed

// The largest [royalty] of the nearest commits that delegates of `identity` signed (repo::nearest_signed); where they are of different
// kinds, one by the hour is larger than one by the run, and that larger than a rate. One without a readable royalty counts as a rate of
// `network_default_ppm`, and so does there being none. Author, executor and provider compute it alike.
Royalty royalty_of(const repo::Repository& repository, const repo::Identity& identity, const repo::ObjectId& commit,
                   int64_t network_default_ppm);

}  // namespace ain::exec
