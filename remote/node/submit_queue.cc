#include "remote/node/submit_queue.h"

#include <algorithm>

#include "base/time.h"
#include "remote/node/ledger_limits.h"

namespace ain::remote {

SubmitQueue::SubmitQueue(ledger::Ledger& ledger) : ledger_(ledger), thread_([this] { run(); }) {}

SubmitQueue::~SubmitQueue() {
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    changed_.notify_one();
  }
  thread_.join();
}

bool SubmitQueue::post(std::string envelope) {
  const std::lock_guard lock(mutex_);
  if (waiting_.size() >= kQueuedMax || bytes_ + envelope.size() > kQueuedBytesMax) return false;
  bytes_ += envelope.size();
  waiting_.push_back(std::move(envelope));
  changed_.notify_one();
  return true;
}

void SubmitQueue::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return stopped_ || !waiting_.empty(); });
    if (waiting_.empty()) return;
    const auto end = waiting_.begin() + static_cast<std::ptrdiff_t>(std::min(waiting_.size(), ledger::kBlockTransactionsMax));
    const std::vector<std::string> block(waiting_.begin(), end);
    waiting_.erase(waiting_.begin(), end);
    lock.unlock();
    try {
      ledger_.submit(block, now_ms());
    } catch (const std::exception&) {
      // Of a full disk its sender hears when it asks for the transaction, which is not there.
    }
    lock.lock();
    for (const std::string& envelope : block) bytes_ -= envelope.size();
  }
}

}  // namespace ain::remote
