#include "cli/walk_progress.h"

namespace ain::cli {
namespace {

constexpr auto kQuietAtFirst = std::chrono::milliseconds(500);  // what is done by then needs no progress
constexpr auto kEstimateAfter = std::chrono::seconds(3);         // the first commits say little of the others
constexpr auto kPause = std::chrono::milliseconds(100);
constexpr const char* kClearLine = "\r\x1b[K";

std::string left_text(int64_t seconds) {
  if (seconds >= 90) return fmt::format("about {} min left", (seconds + 30) / 60);
  return fmt::format("about {} s left", seconds);
}

}  // namespace

WalkProgress::WalkProgress(Output& out) : out_(out) {}

WalkProgress::~WalkProgress() {
  if (is_shown_) out_.write_talk(kClearLine);
}

repo::WalkReport WalkProgress::report() {
  repo::WalkReport report;
  report.stop = [this] { return signals_.stop(); };
  if (out_.stderr_is_terminal() && !out_.quiet()) {
    report.progress = [this](int64_t done, int64_t total) { show(done, total); };
  }
  return report;
}

void WalkProgress::show(int64_t done, int64_t total) {
  const auto now = Clock::now();
  if (now - started_ < kQuietAtFirst || now - shown_ < kPause || done == 0) return;
  shown_ = now;
  is_shown_ = true;
  const auto elapsed = std::chrono::duration_cast<std::chrono::milliseconds>(now - started_).count();
  const bool early = now - started_ < kEstimateAfter;
  out_.write_talk(fmt::format("{}reading history: {} of {} commits{}", kClearLine, done, total,
                              early ? "" : ", " + left_text(elapsed * (total - done) / done / 1000)));
}

}  // namespace ain::cli
