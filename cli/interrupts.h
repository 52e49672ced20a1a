// Ctrl-C and its like while a run is followed: asks on a terminal whether to stop or detach, stops without one.
#pragma once

#include "cli/output.h"
#include "remote/run/run.h"

namespace ain::cli {

// Holds the signals for as long as it lives; one at a time. SIGHUP, which says that the terminal is gone, detaches; SIGTERM stops.
class Interrupts {
 public:
  explicit Interrupts(Output& out);
  ~Interrupts();
  Interrupts(const Interrupts&) = delete;
  Interrupts& operator=(const Interrupts&) = delete;

  // Never waits, as the run must go on being paid meanwhile. Asked often.
  remote::Wish wish();

 private:
  remote::Wish answer();
  remote::Wish decide(std::string_view answer);

  Output& out_;
  int seen_ = 0;       // Ctrl-Cs answered so far
  bool asking_ = false;
  remote::Wish decided_ = remote::Wish::go_on;
};

// The exit code for what Runner::follow() returned: a run that the caller left before its end has none of its own.
int exit_code_of(int followed);

// Ctrl-C, SIGTERM and SIGHUP while something works that can stop and go on another time. Not beside Interrupts.
class StopSignals {
 public:
  StopSignals();
  ~StopSignals();
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;

  bool stop() const;  // asked often
};

}  // namespace ain::cli
