// How far long work has come: one line that is written over on a terminal, with an estimate; nothing elsewhere, as it says how long it
// will take only while somebody looks.
#pragma once

#include <string>

#include "cli/output.h"
#include "repo/walk_report.h"

namespace ain::cli {

// Ctrl-C asks the work to stop: what was done is kept. Holds the signal for as long as it lives.
class Progress {
 public:
  // "reading history", "commits"
  Progress(Output& out, std::string what, std::string unit);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void show(int64_t done, int64_t total);
  static bool interrupted();
  // For repo/: calls show(), stops when interrupted. The progress must outlive it.
  repo::WalkReport report();

 private:
  Output& out_;
  std::string what_, unit_;
  int64_t started_ms_ = 0, shown_ms_ = 0;
  bool on_screen_ = false;
};

}  // namespace ain::cli
