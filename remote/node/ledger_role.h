// The ledger role of a node: /v1/ledger/*, /v1/offers, /v1/network, and what log_pages.h and record_pages.h have.
#pragma once

#include <functional>
#include <memory>
#include <set>

#include "ledger/ledger.h"
#include "remote/http/message.h"
#include "remote/published_index.h"
#include "remote/node/history_stream.h"
#include "remote/node/ledger_limits.h"
#include "remote/node/rate_limiter.h"
#include "remote/node/submit_queue.h"
#include "remote/node/witness.h"

namespace ain::remote {

class LedgerRole {
 public:
  struct Config {
    std::string leader_url;        // of a follower, which takes no transactions; empty: this node keeps the ledger
    Witness* witness = nullptr;    // of a follower
    PublishedIndex* published = nullptr;
    std::set<NodeId> witnesses;    // whose cosignatures are published; of who keeps the ledger
    LedgerRates rates;
    std::function<void(const std::string& line)> log;  // for who runs the node; may be empty
  };

  // The ledger, the witness and the index must outlive it.
  LedgerRole(ledger::Ledger& ledger, Config config);

  // Whether the answer is a row or two of the store.
  static bool is_quick(const HttpRequest& request);

  // Nothing when the path is none of this role's.
  std::optional<HttpResponse> handle(const HttpRequest& request);

 private:
  std::optional<HttpResponse> route(const HttpRequest& request, const std::vector<std::string>& parts);
  HttpResponse submit(const HttpRequest& request);
  std::vector<ledger::Applied> write(const Peer& peer, const std::vector<std::string>& envelopes);
  HttpResponse submit_and_return(const std::string& envelope, bool limited);
  std::optional<HttpResponse> too_fast(const Peer& peer, const std::vector<std::optional<std::string>>& accounts);
  void charge(const std::vector<ledger::Applied>& all, const std::vector<std::optional<std::string>>& accounts);
  void refuse_of_follower() const;
  HttpResponse cosigned();
  HttpResponse take_cosignatures(const HttpRequest& request);
  HttpResponse account(const std::string& id, const std::string& what);
  HttpResponse attributions(const HttpRequest& request);
  HttpResponse history(const HttpRequest& request);
  HttpResponse published(const HttpRequest& request);
  HttpResponse published_places(const std::string& repository, const std::string& commit);

  ledger::Ledger& ledger_;
  const Config config_;
  HistoryStreams streams_;
  RateLimiter reads_, sends_, address_sends_;
  std::mutex cosigned_mutex_;
  std::unique_ptr<SubmitQueue> queue_;  // of who keeps the ledger
};

}  // namespace ain::remote
