// What transactions did to people's money, added to the ledger's entries.
#pragma once

#include <functional>

#include "base/ids.h"
#include "base/json.h"
#include "cli/output.h"
#include "ledger/genesis.h"
#include "remote/ledger_client.h"

namespace ain::cli {

// The entries of the ledger's history that `query` asks for, page by page, query.limit of them at most.
void each_transaction(remote::LedgerClient& ledger, ledger::HistoryQuery query, const std::function<void(Json&)>& tell);
// Of those the newest `query.limit`, in the same order. True: there are older ones.
bool newest_transactions(remote::LedgerClient& ledger, ledger::HistoryQuery query, const std::function<void(Json&)>& tell);
// `amount` in `entry`: the µAIN that it brought to `account`, or took (negative).
void add_amount(Json& entry, const AccountId& account);
// `paid` in a transaction that closed an escrow: {total, provider, authors[], fee, refund, slashed}.
void add_split(Json& entry, remote::LedgerClient& ledger);
// What was sent: its id, or as JSON all that came of it.
void print_applied(Output& out, const ledger::Applied& applied);

}  // namespace ain::cli
