// The ledger's history for those who wait for what comes next: long polls and event streams.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "ledger/ledger.h"
#include "remote/http/message.h"

namespace ain::remote {

class HistoryStreams {
 public:
  explicit HistoryStreams(const ledger::Ledger& ledger) : ledger_(ledger) {}

  // A list of entries as soon as there is one, or empty after `wait_ms`. Both answer 503 when kWaitersMax wait already, or from this place
  // kWaitersPerAddressMax. A place is an address; empty: this home itself, which has kWaitersMax seats of its own.
  HttpResponse long_poll(ledger::HistoryQuery query, int64_t wait_ms, const std::string& place);
  // Server-sent events `transaction`, one an entry, id = its index, without end.
  HttpResponse events(ledger::HistoryQuery query, const std::string& place);

 private:
  using Seat = std::shared_ptr<void>;
  struct Taken {
    std::mutex mutex;
    std::map<std::string, int> by_place;
    int strangers = 0;  // of all places but this home
  };
  Seat take_seat(const std::string& place);  // nothing: all are taken

  const ledger::Ledger& ledger_;
  std::shared_ptr<Taken> taken_ = std::make_shared<Taken>();  // seats outlive this
};

}  // namespace ain::remote
