// A run as people watch it, and as JSON lines.
#pragma once

#include <map>
#include <string>

#include "cli/interrupts.h"
#include "cli/output.h"
#include "remote/run/run.h"

namespace ain::cli {

class RunView {
 public:
  // `names`: what people call accounts, by account text.
  // `stopping`: to end by being stopped is what the caller wants.
  RunView(Output& out, std::map<std::string, std::string> names, bool stopping = false)
      : out_(out), names_(std::move(names)), stopping_(stopping) {}

  void quoted(const remote::RunPlan& plan);
  void on_event(const Json& event);
  // A run that broke off by an error has a last event, too; before the error itself is told.
  void broke_off(const Error& error, const std::string& run);
  remote::Follow follow(Interrupts& interrupts);

 private:
  void log(const Json& event);
  void settled(const Json& event);
  void failed(const Json& event);
  void say_paid(const Json& paid);
  void paid(const Json& paid, int64_t run_us, const std::string& provider);
  std::string shown_account(const std::string& id) const;

  Output& out_;
  std::map<std::string, std::string> names_;
  bool stopping_ = false;
  bool ended_ = false;
};

}  // namespace ain::cli
