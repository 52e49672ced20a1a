// Threads that are started when they are first needed, and a queue that is never longer than its limit.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace ain::remote {

class WorkerPool {
 public:
  // At most `threads_max` tasks run and `waiting_max` wait. A task must not throw.
  WorkerPool(size_t threads_max, size_t waiting_max) : threads_max_(threads_max), waiting_max_(waiting_max) {}
  ~WorkerPool() { stop(); }
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  bool try_post(std::function<void()> task);  // false when it is full or stopped; the task is dropped then
  void stop();                                // drops what waits, waits for what runs

 private:
  void work();

  const size_t threads_max_, waiting_max_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> waiting_;
  std::vector<std::thread> threads_;
  size_t running_ = 0;
  bool stopped_ = false;
};

}  // namespace ain::remote
