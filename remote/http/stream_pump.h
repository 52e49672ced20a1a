// Carries a response's stream from the thread that produces it to the connection that sends it: one piece is
// on its way while the next one is made, no more. It begins when the response's header is written.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>

#include "remote/http/message.h"

namespace ain::remote {

inline constexpr size_t kStreamPieceMax = 256 << 10;

class StreamPump {
 public:
  struct Output {
    std::function<void(std::string piece)> write;  // answered by written() or cancel()
    std::function<void(bool whole)> finish;        // the last call; not whole: break the connection
    std::function<void(std::string_view)> log;
  };

  StreamPump(HttpResponse response, std::chrono::duration<double> keep_alive, Output output);

  void run();      // on the stream's thread, to the end of the stream
  void written();  // any thread, as the next two
  void cancel();   // the reader is gone
  void end();      // for an event stream: finish after the piece at hand
  bool is_events() const { return is_events_; }

 private:
  bool produce();
  bool send(std::string chunk);
  bool wait_written();
  bool pause();

  HttpResponse response_;
  const std::chrono::duration<double> keep_alive_;
  Output output_;
  const bool is_events_;
  int64_t sent_ = 0;
  std::chrono::steady_clock::time_point last_sent_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool writing_ = true;  // the header; written() says when the stream may begin
  bool cancelled_ = false, end_ = false;
};

}  // namespace ain::remote
