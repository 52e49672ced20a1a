// Between those who send transactions and the one thread that writes them: what arrives while a block is written goes into the next one together.
// Internal to the ledger.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "ledger/block_writer.h"

namespace ain::ledger {

class WriteQueue {
 public:
  using WriteBlock = std::function<void(const std::vector<Waiting*>&)>;
  // `write` is called on the queue's own thread, with at most kBlockTransactionsMax at a time.
  explicit WriteQueue(WriteBlock write);
  ~WriteQueue();  // when nobody waits any more
  WriteQueue(const WriteQueue&) = delete;
  WriteQueue& operator=(const WriteQueue&) = delete;

  // Returns when all of them are done; those that are already go by.
  void write(std::vector<Waiting>& all);

 private:
  void run();

  const WriteBlock write_;
  std::mutex mutex_;
  std::condition_variable arrived_, written_;
  std::deque<Waiting*> waiting_;
  bool stopped_ = false;
  std::thread thread_;
};

}  // namespace ain::ledger
