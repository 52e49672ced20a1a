// The ledger role of a node: /v1/ledger/*, /v1/offers, /v1/network, and what log_pages.h has.
#pragma once

#include "ledger/ledger.h"
#include "remote/http/message.h"

namespace ain::remote {

class LogFollower;

class LedgerRole {
 public:
  // With a follower it takes no transactions, as another node keeps the ledger.
  explicit LedgerRole(ledger::Ledger& ledger, const LogFollower* follower = nullptr) : ledger_(ledger), follower_(follower) {}

  // `rest` is the path; nothing when it is none of this role's.
  std::optional<HttpResponse> handle(const HttpRequest& request);

 private:
  HttpResponse submit(const HttpRequest& request);
  HttpResponse account(const std::string& id, const std::string& what);
  HttpResponse attributions(const HttpRequest& request);
  HttpResponse history(const HttpRequest& request);

  ledger::Ledger& ledger_;
  const LogFollower* follower_;
};

}  // namespace ain::remote
