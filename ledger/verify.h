// Replays a stored log and compares everything it left behind. Internal to the ledger.
#pragma once

#include <functional>

#include "base/sqlite.h"
#include "ledger/ledger.h"
#include "ledger/log.h"

namespace ain::ledger {

struct Verified {
  VerifyReport report;  // without its checkpoint
  LogTree log;          // of the replayed transactions
  std::optional<Digest> earlier_log_root;  // when it had `earlier` transactions
};
// Reads one snapshot of `stored`; throws nothing that damage in the store can cause.
Verified verify_store(Database& stored, const Genesis& genesis, int64_t earlier,
                      const std::function<void(int64_t, int64_t)>& progress);

}  // namespace ain::ledger
