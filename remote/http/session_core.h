// What the connections of a server share: their seats, their threads, and how a handler's answer comes about. For server.cc alone, as
// session.h is.
#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/beast/http/error.hpp>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "remote/http/server.h"
#include "remote/http/worker_pool.h"

namespace ain::remote {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using boost::system::error_code;

inline constexpr int kIoThreads = 2;

class SessionBase {
 public:
  virtual ~SessionBase() = default;
  virtual void stop_softly() = 0;  // any thread, as the next
  virtual void stop_now() = 0;
};

// Counts the connections of one listener, in all and by address.
class Seats {
 public:
  Seats(size_t all, size_t per_address) : all_max_(all), per_address_max_(per_address) {}

  // Nothing when a limit is reached; else the seat, given back with its last owner.
  static std::shared_ptr<void> take(const std::shared_ptr<Seats>& seats, const std::string& address) {
    const std::lock_guard lock(seats->mutex_);
    if (seats->all_ >= seats->all_max_) return nullptr;
    size_t& count = seats->by_address_[address];
    if (!address.empty() && count >= seats->per_address_max_) return nullptr;
    ++count;
    ++seats->all_;
    return std::shared_ptr<void>(seats.get(), [seats, address](void*) { seats->give_back(address); });
  }

 private:
  void give_back(const std::string& address) {
    const std::lock_guard lock(mutex_);
    --all_;
    if (--by_address_[address] == 0) by_address_.erase(address);
  }

  const size_t all_max_, per_address_max_;
  std::mutex mutex_;
  size_t all_ = 0;
  std::map<std::string, size_t> by_address_;
};

// What all sessions share.
struct Core {
  explicit Core(HttpServer::Config given)
      : config(std::move(given)),
        workers(config.limits.workers, config.limits.waiting),
        streams(config.limits.streams, 0) {}

  void add(SessionBase* key, std::weak_ptr<SessionBase> session) {
    const std::lock_guard lock(mutex);
    sessions.emplace(key, std::move(session));
  }
  void remove(SessionBase* key) {
    const std::lock_guard lock(mutex);
    sessions.erase(key);
    if (sessions.empty()) changed.notify_all();
  }
  void for_each(const std::function<void(SessionBase&)>& action) {
    std::vector<std::shared_ptr<SessionBase>> all;
    {
      const std::lock_guard lock(mutex);
      for (const auto& [key, session] : sessions) {
        if (auto alive = session.lock()) all.push_back(std::move(alive));
      }
    }
    for (const auto& session : all) action(*session);
  }
  void log(std::string_view text) const {
    if (config.log) config.log(text);
  }

  const HttpServer::Config config;
  std::atomic<bool> stopping{false};
  std::mutex mutex;
  std::condition_variable changed;
  std::map<SessionBase*, std::weak_ptr<SessionBase>> sessions;
  asio::io_context io{kIoThreads};
  // Last, as they go first: what runs there reaches everything above.
  WorkerPool workers, streams;
};

inline bool is_parse_error(const error_code& error) {
  static const auto& category = http::make_error_code(http::error::bad_method).category();
  return error.category() == category && error != http::error::end_of_stream &&
         error != http::error::partial_message;
}

inline HttpResponse bug_response() {
  return error_response(Error(ErrorKind::bug, "the node failed inside", "its log says why"));
}

// What `call` returns, or the response for what it throws.
template <typename Call>
auto answer(const Core& core, const HttpRequest& request, Call call) -> decltype(call()) {
  try {
    return call();
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::bug) return error_response(error);
    core.log(fmt::format("{} {}: {}", request.method, request.path, error.what()));
  } catch (const std::exception& error) {
    core.log(fmt::format("{} {}: {}", request.method, request.path, error.what()));
  } catch (...) {
    core.log(fmt::format("{} {}: an exception of an unknown type", request.method, request.path));
  }
  return bug_response();
}

}  // namespace ain::remote
