#include "remote/node/service_stream.h"

#include <condition_variable>
#include <exception>
#include <mutex>
#include <thread>

#include "base/error.h"

namespace ain::remote {
namespace {

constexpr auto kPatience = std::chrono::milliseconds(500);

class ServiceStream {
 public:
  using Write = std::function<void(std::string_view)>;

  ServiceStream(std::function<void(const Write&)> work, bool hold) : hold_(hold) {
    thread_ = std::thread([this, work = std::move(work)] { run(work); });
  }
  ~ServiceStream() {
    {
      const std::lock_guard guard(mutex_);
      cancelled_ = true;
    }
    changed_.notify_all();
    thread_.join();
  }
  ServiceStream(const ServiceStream&) = delete;
  ServiceStream& operator=(const ServiceStream&) = delete;

  bool read(std::string& chunk) {
    std::unique_lock guard(mutex_);
    changed_.wait_for(guard, kPatience, [this] { return done_ || (!hold_ && !queue_.empty()); });
    if (done_ && failure_) std::rethrow_exception(failure_);
    if (!hold_ || done_) chunk = std::exchange(queue_, {});
    changed_.notify_all();
    return !done_;
  }

 private:
  void run(const std::function<void(const Write&)>& work) {
    std::exception_ptr failure;
    try {
      work([this](std::string_view bytes) { write(bytes); });
    } catch (...) {
      failure = std::current_exception();
    }
    const std::lock_guard guard(mutex_);
    failure_ = failure;
    done_ = true;
    changed_.notify_all();
  }

  void write(std::string_view bytes) {
    std::unique_lock guard(mutex_);
    if (hold_ && queue_.size() + bytes.size() > kServiceHeldBytesMax) {
      fail(ErrorKind::exhausted, "git's answer is larger than {} bytes", kServiceHeldBytesMax);
    }
    changed_.wait(guard, [this] { return cancelled_ || hold_ || queue_.size() < kServiceQueueBytesMax; });
    if (cancelled_) fail(ErrorKind::stopped, "the reader has gone");
    queue_ += bytes;
    changed_.notify_all();
  }

  const bool hold_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::string queue_;
  std::exception_ptr failure_;
  bool done_ = false, cancelled_ = false;
  std::thread thread_;
};

}  // namespace

BodyStream service_stream(std::function<void(const std::function<void(std::string_view)>&)> work, bool hold) {
  auto stream = std::make_shared<ServiceStream>(std::move(work), hold);
  return [stream](std::string& chunk) { return stream->read(chunk); };
}

}  // namespace ain::remote
