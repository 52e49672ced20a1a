// What transactions did to people's money, added to the ledger's entries.
#pragma once

#include "base/ids.h"
#include "base/json.h"
#include "ledger/genesis.h"
#include "remote/ledger_client.h"

namespace ain::cli {

// `amount` in each of `entries`: the µAIN that it brought to `account`, or took (negative).
void add_amounts(Json& entries, const AccountId& account);
// `paid` in a transaction that closed an escrow: {total, provider, authors[], refund}.
void add_split(Json& entry, remote::LedgerClient& ledger);

}  // namespace ain::cli
