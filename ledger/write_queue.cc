#include "ledger/write_queue.h"

#include <algorithm>

namespace ain::ledger {

WriteQueue::WriteQueue(WriteBlock write) : write_(std::move(write)), thread_([this] { run(); }) {}

WriteQueue::~WriteQueue() {
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
  }
  arrived_.notify_one();
  thread_.join();
}

void WriteQueue::write(std::vector<Waiting>& all) {
  std::unique_lock lock(mutex_);
  for (Waiting& each : all) {
    if (!each.done) waiting_.push_back(&each);
  }
  arrived_.notify_one();
  for (const Waiting& each : all) written_.wait(lock, [&] { return each.done; });
}

void WriteQueue::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    arrived_.wait(lock, [this] { return stopped_ || !waiting_.empty(); });
    if (waiting_.empty()) return;
    const auto end = waiting_.begin() + static_cast<std::ptrdiff_t>(std::min(waiting_.size(), kBlockTransactionsMax));
    const std::vector<Waiting*> block(waiting_.begin(), end);
    waiting_.erase(waiting_.begin(), end);
    lock.unlock();
    try {
      write_(block);
    } catch (...) {
      for (Waiting* each : block) each->error = std::current_exception();
    }
    lock.lock();
    for (Waiting* each : block) each->done = true;
    written_.notify_all();
  }
}

}  // namespace ain::ledger
