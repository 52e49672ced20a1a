// What the ledger remembers of keys, bonds, repositories and e-mails' hashes, as the role's pages:
//   /v1/ledger/accounts/ID/keys      every key but the first one, oldest first: {key, account, scope, spent, since_ms, until_ms}
//   /v1/ledger/accounts/ID/bond      {locked, unbonding[]}
//   /v1/ledger/keys/KEY              one key's record; 404: it is at most the first key of its own account, in force
//   /v1/ledger/repositories/ID       and below it fingerprints/COMMIT, claims/PAYEE
//   /v1/ledger/unclaimed             ?repository=ID&after=HOLDER: {holder, repository, payee, amount}, a page of them
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ledger/ledger.h"
#include "remote/http/message.h"

namespace ain::remote {

// `parts`: the path without its first '/', split. Nothing when it is none of these pages.
std::optional<HttpResponse> record_page(const ledger::Ledger& ledger, const HttpRequest& request, const std::vector<std::string>& parts);

}  // namespace ain::remote
