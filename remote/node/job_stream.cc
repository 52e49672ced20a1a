#include "remote/node/job_stream.h"

#include "base/encoding.h"
#include "base/text.h"
#include "base/time.h"

namespace ain::remote {
namespace {

constexpr size_t kLogBytesAChunk = 256 << 10;
constexpr int64_t kLogPollMs = 10;     // while the job runs its log may grow at any time
constexpr int64_t kSilenceMaxMs = 1000;

std::string message(const Json& event) { return "data: " + canonical(event) + "\n\n"; }

class Reader {
 public:
  Reader(std::shared_ptr<Job> job, size_t from, int64_t log, bool follow)
      : job_(std::move(job)), next_(from), log_(log), follow_(follow) {
    // A reader that comes back in the middle of the run is still owed the log.
    for (size_t i = 0; i < from; ++i) {
      const auto event = job_->events().get(i);
      if (!event) break;  // a stranger's number may be anything
      if (event->value("event", "") == "state") running_ = event->value("state", "") == "running";
    }
  }

  // Appends what is new; waits for it up to kSilenceMaxMs. False at the end of the stream.
  bool read(std::string& chunk) {
    for (const int64_t until = now_ms() + kSilenceMaxMs;;) {
      take_events(chunk);
      if (ended_) return false;
      if (!chunk.empty()) return true;
      if (!follow_) return false;
      if (now_ms() >= until) return true;
      job_->events().wait_for(next_, running_ ? kLogPollMs : kSilenceMaxMs);
    }
  }

 private:
  void take_events(std::string& chunk) {
    while (const auto event = job_->events().get(next_)) {
      const std::string name = event->value("event", "");
      const std::string state = name == "state" ? event->value("state", "") : "";
      if (state == "running") running_ = true;
      // The whole log goes out before the word that the job has ended.
      if (running_ && (state == "publishing" || state == "released") && take_log(chunk)) return;
      if (state == "publishing") running_ = false;
      chunk += message(*event);
      ++next_;
      if (name == "settled" || name == "released") {
        ended_ = true;
        return;
      }
    }
    if (running_) take_log(chunk);
  }

  // True when there may be more right away.
  bool take_log(std::string& chunk) {
    const auto frames = exec::read_log(job_->folder(), log_, kLogBytesAChunk);
    for (const exec::LogChunk& frame : frames) {
      log_ = frame.offset;
      Json event = {{"event", "log"},
                    {"run", job_->row().order.run},
                    {"time", frame.time_ms},
                    {"stream", frame.is_stderr ? "stderr" : "stdout"},
                    {"offset", frame.offset}};
      if (is_utf8(frame.data)) {
        event["data"] = frame.data;
      } else {
        event["data"] = base64_encode(frame.data);
        event["encoding"] = "base64";
      }
      chunk += message(event);
    }
    return !frames.empty();
  }

  std::shared_ptr<Job> job_;
  size_t next_;
  int64_t log_;
  bool follow_;
  bool running_ = false;
  bool ended_ = false;
};

}  // namespace

BodyStream job_stream(std::shared_ptr<Job> job, size_t from, int64_t log, bool follow) {
  auto reader = std::make_shared<Reader>(std::move(job), from, log, follow);
  return [reader](std::string& chunk) { return reader->read(chunk); };
}

}  // namespace ain::remote
