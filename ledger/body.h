// The bodies of transactions as JSON, as transactions, records and proposals carry them.
#pragma once

#include <string_view>
#include <vector>

#include "ledger/transaction.h"

namespace ain::ledger {

inline constexpr std::string_view kBatchType = "batch";

// Throws `failed` for a body that does not hold, RefusedError for a type that this version does not know or an attribution that does not
// hold. A batch in a batch is such an unknown type.
Body body_from_json(std::string_view type, const Json& value);
std::vector<Body> batch_from_json(const Json& value);
Json batch_json(const std::vector<Body>& bodies);

}  // namespace ain::ledger
