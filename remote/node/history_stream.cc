#include "remote/node/history_stream.h"

#include <algorithm>
#include <thread>

#include "base/time.h"
#include "remote/http/sse.h"
#include "remote/node/ledger_limits.h"

namespace ain::remote {
namespace {

constexpr int64_t kSilenceMaxMs = 1000;  // a stopping server and a reader that is gone are noticed in between

HttpResponse all_seats_taken() {
  return later_response(503, "too many wait for what comes next", "try again, or ask without waiting");
}

// Looks for what is new: at once when the log has grown, and never oftener than every kWaiterPauseMs.
class Watcher {
 public:
  Watcher(const ledger::Ledger& ledger, ledger::HistoryQuery query) : ledger_(ledger), query_(std::move(query)) {}

  // What has come; empty after `wait_ms` without.
  std::vector<ledger::HistoryEntry> next(int64_t wait_ms) {
    const int64_t until_us = monotonic_us() + 1000 * wait_ms;
    for (;;) {
      const int64_t pause_us = looked_us_ + 1000 * kWaiterPauseMs - monotonic_us();
      if (pause_us > 0) std::this_thread::sleep_for(std::chrono::microseconds(pause_us));
      const int64_t size = ledger_.wait_beyond(seen_, std::max<int64_t>(0, (until_us - monotonic_us()) / 1000));
      if (size <= seen_) return {};
      // The size first: what is written meanwhile is looked for the next time.
      std::vector<ledger::HistoryEntry> entries = ledger_.history(query_);
      looked_us_ = monotonic_us();
      if (!entries.empty()) query_.from_index = entries.back().index + 1;
      else query_.from_index = std::max(query_.from_index, seen_ = size);
      if (!entries.empty() || looked_us_ >= until_us) return entries;
    }
  }

 private:
  const ledger::Ledger& ledger_;
  ledger::HistoryQuery query_;
  int64_t seen_ = -1;       // how long the log was when nothing more was in it
  int64_t looked_us_ = 0;
};

}  // namespace

HistoryStreams::Seat HistoryStreams::take_seat(const std::string& place) {
  const std::lock_guard lock(taken_->mutex);
  const auto found = taken_->by_place.find(place);
  const int mine = found == taken_->by_place.end() ? 0 : found->second;
  const bool home = place.empty();
  if (home ? mine >= kWaitersMax : mine >= kWaitersPerAddressMax || taken_->strangers >= kWaitersMax) return nullptr;
  ++taken_->by_place[place];
  taken_->strangers += home ? 0 : 1;
  return Seat(taken_.get(), [taken = taken_, place](void*) {
    const std::lock_guard leaving(taken->mutex);
    if (--taken->by_place[place] == 0) taken->by_place.erase(place);
    taken->strangers -= place.empty() ? 0 : 1;
  });
}

HttpResponse HistoryStreams::long_poll(ledger::HistoryQuery query, int64_t wait_ms, const std::string& place) {
  const Seat seat = take_seat(place);
  if (!seat) return all_seats_taken();
  HttpResponse response;
  response.headers.set("content-type", "application/json");
  const int64_t until_us = monotonic_us() + 1000 * wait_ms;
  response.stream = [seat, watcher = std::make_shared<Watcher>(ledger_, std::move(query)), until_us](std::string& chunk) {
    const int64_t left_ms = std::max<int64_t>(0, (until_us - monotonic_us()) / 1000);
    const auto entries = watcher->next(std::min(left_ms, kSilenceMaxMs));
    if (entries.empty() && monotonic_us() < until_us) return true;
    Json list = Json::array();
    for (const ledger::HistoryEntry& entry : entries) list.push_back(ledger::to_json(entry));
    chunk = list.dump();
    return false;
  };
  return response;
}

HttpResponse HistoryStreams::events(ledger::HistoryQuery query, const std::string& place) {
  const Seat seat = take_seat(place);
  if (!seat) return all_seats_taken();
  query.limit = kEventRowsMax;
  HttpResponse response;
  response.headers.set("content-type", "text/event-stream");
  response.headers.set("cache-control", "no-store");
  response.stream = [seat, watcher = std::make_shared<Watcher>(ledger_, std::move(query))](std::string& chunk) {
    for (const ledger::HistoryEntry& entry : watcher->next(kSilenceMaxMs)) {
      chunk += sse_text({"transaction", canonical(ledger::to_json(entry)), std::to_string(entry.index)});
    }
    return true;
  };
  return response;
}

}  // namespace ain::remote
