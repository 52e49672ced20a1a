#include "cli/progress.h"

#include <csignal>

#include "base/time.h"

namespace ain::cli {
namespace {

constexpr int64_t kQuietMs = 500;   // shorter work shows nothing
constexpr int64_t kRefreshMs = 100;
constexpr int64_t kEstimateMs = 2000;
constexpr const char* kClearLine = "\r\x1b[K";

volatile std::sig_atomic_t interrupts = 0;

void on_interrupt(int) { interrupts = interrupts + 1; }

}  // namespace

Progress::Progress(Output& out, std::string what, std::string unit)
    : out_(out), what_(std::move(what)), unit_(std::move(unit)), started_ms_(now_ms()) {
  interrupts = 0;
  struct sigaction action {};
  action.sa_handler = on_interrupt;
  action.sa_flags = SA_RESTART | static_cast<int>(SA_RESETHAND);  // a second Ctrl-C ends the program
  sigaction(SIGINT, &action, nullptr);
}

Progress::~Progress() {
  std::signal(SIGINT, SIG_DFL);
  if (on_screen_) out_.write_talk(kClearLine);
}

bool Progress::interrupted() { return interrupts > 0; }

void Progress::show(int64_t done, int64_t total) {
  if (!out_.stderr_is_terminal() || out_.quiet()) return;
  const int64_t now = now_ms();
  const int64_t elapsed = now - started_ms_;
  if (elapsed < kQuietMs || now - shown_ms_ < kRefreshMs) return;
  shown_ms_ = now;
  std::string line = fmt::format("{}{}: {} of {} {}", kClearLine, what_, done, total, unit_);
  if (elapsed >= kEstimateMs && done > 0) line += fmt::format(", some {} s left", elapsed * (total - done) / done / 1000 + 1);
  out_.write_talk(line);
  on_screen_ = true;
}

repo::WalkReport Progress::report() {
  return {.progress = [this](int64_t done, int64_t total) { show(done, total); }, .stop = [] { return interrupted(); }};
}

}  // namespace ain::cli
