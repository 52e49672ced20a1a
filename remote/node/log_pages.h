// The ledger's log for those who check it: /checkpoint, /tile/… (C2SP), receipts and consistency proofs.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ledger/ledger.h"
#include "remote/http/message.h"

namespace ain::remote {

// Nothing when the path, in its parts, is none of these.
std::optional<HttpResponse> log_page(const ledger::Ledger& ledger, const HttpRequest& request, const std::vector<std::string>& parts);

// Of a request to the ledger; both throw `usage`.
Digest digest_of(const std::string& text);
int64_t number(const HttpRequest& request, const char* name, int64_t fallback, int64_t max);

}  // namespace ain::remote
