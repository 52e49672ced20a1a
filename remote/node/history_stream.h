// The ledger's history for those who wait for what comes next: long polls and event streams.
#pragma once

#include <atomic>
#include <memory>

#include "ledger/ledger.h"
#include "remote/http/message.h"

namespace ain::remote {

class HistoryStreams {
 public:
  explicit HistoryStreams(const ledger::Ledger& ledger) : ledger_(ledger) {}

  // A list of entries as soon as there is one, or empty after `wait_ms`. Both answer 503 when kWaitersMax wait already.
  HttpResponse long_poll(ledger::HistoryQuery query, int64_t wait_ms);
  // Server-sent events `transaction`, one an entry, id = its index, without end.
  HttpResponse events(ledger::HistoryQuery query);

 private:
  using Seat = std::shared_ptr<void>;
  Seat take_seat();  // nothing: all are taken

  const ledger::Ledger& ledger_;
  std::shared_ptr<std::atomic<int>> taken_ = std::make_shared<std::atomic<int>>(0);
};

}  // namespace ain::remote
