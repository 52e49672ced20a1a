// The ledger role of a node: /v1/ledger/*, /v1/offers, /v1/network, and what log_pages.h and record_pages.h have.
#pragma once

#include "ledger/ledger.h"
#include "remote/http/message.h"

namespace ain::remote {

class LedgerRole {
 public:
  explicit LedgerRole(ledger::Ledger& ledger) : ledger_(ledger) {}

  // `rest` is the path; nothing when it is none of this role's.
  std::optional<HttpResponse> handle(const HttpRequest& request);

 private:
  HttpResponse submit(const HttpRequest& request);
  HttpResponse account(const std::string& id, const std::string& what);
  HttpResponse attributions(const HttpRequest& request);
  HttpResponse history(const HttpRequest& request);

  ledger::Ledger& ledger_;
};

}  // namespace ain::remote
