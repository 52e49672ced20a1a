#include "remote/http/worker_pool.h"

#include <utility>

namespace ain::remote {

bool WorkerPool::try_post(std::function<void()> task) {
  const std::lock_guard lock(mutex_);
  if (stopped_) return false;
  const bool one_is_free = idle_ > waiting_.size();
  const bool can_grow = threads_.size() < threads_max_;
  if (!one_is_free && !can_grow && waiting_.size() >= waiting_max_ + idle_) return false;
  waiting_.push_back(std::move(task));
  if (!one_is_free && can_grow) threads_.emplace_back([this] { work(); });
  changed_.notify_one();
  return true;
}

void WorkerPool::work() {
  std::unique_lock lock(mutex_);
  while (true) {
    ++idle_;
    changed_.wait(lock, [this] { return stopped_ || !waiting_.empty(); });
    --idle_;
    if (stopped_) return;
    std::function<void()> task = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    task();
    task = nullptr;  // what it holds goes before the thread counts as free
    lock.lock();
  }
}

void WorkerPool::stop() {
  std::vector<std::thread> threads;
  std::deque<std::function<void()>> dropped;
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    threads.swap(threads_);
    dropped.swap(waiting_);
  }
  changed_.notify_all();
  for (std::thread& thread : threads) thread.join();
}

}  // namespace ain::remote
