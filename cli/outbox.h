// Money is sent once: a transaction is written down before it goes out, and one whose answer was lost is asked about before the next.
#pragma once

#include "cli/context.h"

namespace ain::cli {

// Sends `body` as the account. Where the answer to the last one was lost and that one said the same, its very envelope is sent again, which does
// nothing where it had arrived. Throws as AccountSender::send.
ledger::Applied send_once(Context& context, const ledger::Body& body);

}  // namespace ain::cli
