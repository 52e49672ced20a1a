#include "remote/http/worker_pool.h"

#include <utility>

namespace ain::remote {

bool WorkerPool::try_post(std::function<void()> task) {
  const std::lock_guard lock(mutex_);
  if (stopped_) return false;
  if (waiting_.size() >= threads_max_ - running_ + waiting_max_) return false;
  waiting_.push_back(std::move(task));
  const size_t free = threads_.size() - running_;
  if (waiting_.size() > free && threads_.size() < threads_max_) threads_.emplace_back([this] { work(); });
  changed_.notify_one();
  return true;
}

void WorkerPool::work() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return stopped_ || !waiting_.empty(); });
    if (stopped_) return;
    ++running_;
    std::function<void()> task = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    task();
    task = nullptr;  // what it holds goes before the thread counts as free
    lock.lock();
    --running_;
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
  dropped.clear();
  for (std::thread& thread : threads) thread.join();
}

}  // namespace ain::remote
