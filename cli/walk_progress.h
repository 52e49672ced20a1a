// How far a walk over history is, on a terminal; Ctrl-C stops it, and what was done is kept.
#pragma once

#include <chrono>

#include "cli/interrupts.h"
#include "cli/output.h"
#include "repo/walk_report.h"

namespace ain::cli {

class WalkProgress {
 public:
  explicit WalkProgress(Output& out);
  ~WalkProgress();
  WalkProgress(const WalkProgress&) = delete;
  WalkProgress& operator=(const WalkProgress&) = delete;

  // Holds as long as this lives.
  repo::WalkReport report();

 private:
  using Clock = std::chrono::steady_clock;
  void show(int64_t done, int64_t total);

  Output& out_;
  StopSignals signals_;
  Clock::time_point started_ = Clock::now();
  Clock::time_point shown_ = started_;
  bool is_shown_ = false;
};

}  // namespace ain::cli
