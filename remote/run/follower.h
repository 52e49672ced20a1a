// Following one run at its provider to the end: events out, vouchers in, outputs home, settlement checked on the ledger.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "ledger/voucher.h"
#include "remote/run/provider_client.h"
#include "remote/run/run.h"

namespace ain::remote {

class Follower {
 public:
  Follower(const RunContext& context, LedgerClient& ledger, AccountSender& sender, RunStore& store, RunRow row,
           const Follow& follow);

  int to_the_end();    // exit code for `ain run`; kDetached when the wish was to detach
  void ask_stop();     // told to the provider with the next chance
  // Finishes what can be finished without waiting for a job that still runs; true when the row is terminal afterwards.
  bool as_far_as_it_goes();
  // Allows the provider's meter the whole compute price, so that nobody needs to follow.
  void sign_everything();

 private:
  void read_events();
  void connect();
  void look_at_the_ledger();
  [[noreturn]] void fail_lost();
  bool on_event(const Json& event);          // false: the stream has said all
  void on_state(JobState state, int64_t told_ms);
  void on_note(const std::string& jws);
  void on_exit(const ExitReport& report);
  void on_release(const Json& event);
  void obey_wish();
  bool is_plausible(const ledger::DebitNote& note) const;
  void fetch_outputs(const ExitReport& report);
  void pay(const ExitReport& report);
  [[noreturn]] void fail_unsigned(std::string_view why) const;
  void give_what_is_due();
  ledger::EscrowState closed_escrow(const ExitReport* report);
  int end_settled(const ExitReport& report, const ledger::EscrowState& escrow);
  int end_failed(const Failure& failure, const Json& paid, RunState state = RunState::failed);
  int end_by_ledger(const ledger::EscrowState& escrow);
  int end(RunState state, int exit_code, Json event);
  std::string voucher(int64_t run_us, bool final);
  void emit(Json event);

  const RunContext& context_;
  LedgerClient& ledger_;
  AccountSender& sender_;
  RunStore& store_;
  RunRow row_;
  Follow follow_;
  exec::JobSpec spec_;
  std::optional<ProviderClient> stream_;      // busy with the events all the time
  std::optional<ProviderClient> provider_;    // for everything else, from within them
  ledger::EscrowState escrow_;
  size_t next_event_ = 0;
  int64_t log_offset_ = 0;
  int64_t voucher_sequence_ = 0;
  std::optional<int64_t> due_us_;  // of the final voucher, until the provider has it
  int64_t running_since_us_ = 0;
  bool stop_asked_ = false, stop_told_ = false;
  bool live_ = false;          // we saw the job begin
  bool detached_ = false;
  std::optional<int> exit_code_;
};

// Not an exit code: follow() ended because the caller wished to detach.
inline constexpr int kDetached = -1;

// {total, provider, authors[]{account, amount}, fee, refund, slashed} of a closed escrow, in µAIN.
Json paid_json(const ledger::EscrowState& escrow);

}  // namespace ain::remote
