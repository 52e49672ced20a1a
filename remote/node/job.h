// One job at its provider, from the order to the settlement, on a thread of its own. Every step is written down first and can be taken
// again after a crash.
#pragma once

#include <atomic>
#include <condition_variable>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "exec/backend.h"
#include "remote/ledger_client.h"
#include "remote/node/capacity.h"
#include "remote/node/code.h"
#include "remote/node/jobs.h"

namespace ain::remote {

// What all jobs of a node share. Outlives them.
struct JobServices {
  LedgerClient& ledger;
  AccountSender& sender;             // the provider's account
  exec::Backend& backend;
  CodeCache& code;
  JobTable& table;
  Capacity& capacity;
  std::string network;               // id
  int64_t royalty_default_ppm = 0;
  std::filesystem::path environments;
  int64_t payer_wait_ms = 60'000;    // after the job's end, for the final voucher
  std::function<void(const std::string&)> log;
  std::atomic<bool> leaving = false; // the node goes: threads end, shims stay
};

class Job {
 public:
  Job(JobServices& services, JobRow row, std::filesystem::path folder);

  void run();  // to its end, or until the node leaves

  // For other threads:
  JobRow row() const;
  const std::filesystem::path& folder() const { return folder_; }
  const JobEvents& events() const { return events_; }
  void objects_arrived();
  // Checks and keeps the voucher when it is higher than the one before; throws `bad_signature`. Waits up to `wait_ms` for the
  // settlement when it covers the final note. Returns the row after that.
  JobRow take_voucher(const std::string& voucher, int64_t wait_ms);
  void ask_stop();
  void hand_back(const std::string& why);  // before it runs: released; later: nothing
  void payer_seen();                       // the payer is still there: its time to sign starts anew
  void wake();

 private:
  class Leaving {};

  void until_it_has_run();
  void prepare();      // pulling -> building: attribution checked, lease accepted
  void launch();       // building -> running
  exec::Observation watch();                     // until the payload has ended
  void publish(const exec::Observation& end);    // running -> publishing
  void finish();       // publishing -> settled or released
  void release(Failure failure);                 // -> released: the deposit goes back
  void check_time_left();
  void throw_if_stopped();
  void complete_events();
  template <typename Step>
  void stubbornly(Step step);
  void clean_up();

  void wait_for_objects();
  void check_attribution(const ledger::EscrowState& escrow);
  int64_t opened_at(const Digest& escrow);
  void accept_lease(const ledger::EscrowState& escrow);
  void write_note(int64_t run_us, bool final);
  bool settle();       // true when the escrow is closed
  ledger::EscrowState escrow();
  void advance(JobState next);
  void event(const char* name, Json members = Json::object());
  // Calls `step` until it does not throw `unreachable`, with growing pauses; throws Leaving.
  template <typename Step>
  auto patiently(Step step);
  // Waits until woken or `ms` have passed; throws Leaving when the node leaves.
  void pause(int64_t ms);

  JobServices& services_;
  std::filesystem::path folder_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  JobRow row_;
  JobEvents events_;
  bool stop_asked_ = false;
  bool unpaid_ = false;
  std::string hand_back_;
  int64_t payer_seen_ms_ = 0;
  std::string last_note_;
};

}  // namespace ain::remote
