#include "remote/http/stream_pump.h"

#include <utility>

namespace ain::remote {
namespace {

constexpr std::chrono::milliseconds kPause{10};  // after a stream that had nothing and did not wait itself

}  // namespace

StreamPump::StreamPump(HttpResponse response, std::chrono::duration<double> keep_alive, Output output)
    : response_(std::move(response)),
      keep_alive_(keep_alive),
      output_(std::move(output)),
      is_events_(response_.headers.get("content-type").starts_with("text/event-stream")) {}

void StreamPump::run() {
  last_sent_ = std::chrono::steady_clock::now();
  bool whole = false;
  try {
    whole = produce();
    if (whole && response_.stream_size && sent_ != *response_.stream_size) {
      fail(ErrorKind::bug, "a stream of {} bytes ended after {}", *response_.stream_size, sent_);
    }
  } catch (const std::exception& error) {
    whole = false;
    if (output_.log) output_.log(fmt::format("a response broke off: {}", error.what()));
  }
  response_.stream = nullptr;  // here, as it may hold a process or a file
  wait_written();
  output_.finish(whole);
}

// To the end of the stream; false when the reader is gone.
bool StreamPump::produce() {
  while (true) {
    std::string chunk;
    const bool more = response_.stream(chunk);
    const bool silent = is_events_ && std::chrono::steady_clock::now() - last_sent_ >= keep_alive_;
    if (chunk.empty() && more && silent) chunk = ": keep-alive\n\n";
    if (chunk.empty() && more && !pause()) return false;
    if (!chunk.empty() && !send(std::move(chunk))) return false;
    if (!more) return true;
    const std::lock_guard lock(mutex_);
    if (cancelled_) return false;
    if (end_ && is_events_) return true;
  }
}

bool StreamPump::send(std::string chunk) {
  sent_ += static_cast<int64_t>(chunk.size());
  if (response_.stream_size && sent_ > *response_.stream_size) {
    fail(ErrorKind::bug, "a stream is longer than its {} bytes", *response_.stream_size);
  }
  last_sent_ = std::chrono::steady_clock::now();
  for (size_t at = 0; at < chunk.size(); at += kStreamPieceMax) {
    if (!wait_written()) return false;
    {
      const std::lock_guard lock(mutex_);
      writing_ = true;
    }
    output_.write(chunk.size() <= kStreamPieceMax ? std::move(chunk) : chunk.substr(at, kStreamPieceMax));
  }
  return true;
}

bool StreamPump::wait_written() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return cancelled_ || !writing_; });
  return !cancelled_;
}

bool StreamPump::pause() {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, kPause, [this] { return cancelled_; });
  return !cancelled_;
}

void StreamPump::written() {
  const std::lock_guard lock(mutex_);
  writing_ = false;
  changed_.notify_all();
}

void StreamPump::cancel() {
  const std::lock_guard lock(mutex_);
  cancelled_ = true;
  changed_.notify_all();
}

void StreamPump::end() {
  const std::lock_guard lock(mutex_);
  end_ = true;
}

}  // namespace ain::remote
