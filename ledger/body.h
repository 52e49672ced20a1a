// The bodies of transactions as JSON: one reader and one writer a type, every member bounded. Internal to the ledger.
#pragma once

#include <string_view>

#include "ledger/transaction.h"

namespace ain::ledger {

// Throws `failed` for a body that does not hold, RefusedError(unknown_type) for a type that this version does not know.
Body body_from_json(std::string_view type, const Json& value);

}  // namespace ain::ledger
