// Transactions whose sender does not wait for what comes of them. What is in the queue is not yet written: after a crash it is as if it had
// never been sent.
#pragma once

#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "ledger/ledger.h"

namespace ain::remote {

class SubmitQueue {
 public:
  explicit SubmitQueue(ledger::Ledger& ledger);
  ~SubmitQueue();  // writes what is left

  bool post(std::string envelope);  // false: it is full

 private:
  void run();

  ledger::Ledger& ledger_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> waiting_;
  size_t bytes_ = 0;  // of those, and of the block that is being written
  bool stopped_ = false;
  std::thread thread_;
};

}  // namespace ain::remote
