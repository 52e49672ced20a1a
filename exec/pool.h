// Who is paid from an attribution's pool: those beyond the heaviest kPayeesMax, whom the ledger knows by a Merkle root only.
#pragma once

#include <vector>

#include "exec/attribution.h"

namespace ain::exec {

struct Pooled {
  Attribution attribution;     // as attribution_of() gives it
  std::vector<Payee> payees;   // of its pool, by id; empty: everybody is paid directly
};
// What attribution_of() leaves out of the table; takes and throws the same.
Pooled pooled_attribution_of(const repo::Repository& repository, const repo::Identity& identity, const repo::ObjectId& commit,
                             int64_t network_default_ppm, const RegisteredAttribution& registered, const repo::WalkReport& report = {});

}  // namespace ain::exec
